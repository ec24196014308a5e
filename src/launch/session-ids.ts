import { randomBytes } from 'node:crypto';

/** The ids of sessions. Those of one run of a relay have the same prefix. */
const SESSION_ID = /^([0-9a-f]{16})-[0-9a-f]{24}$/;

/** Creates the ids of sessions in one run of the relay. */
export class SessionIds {
  readonly run = randomBytes(8).toString('hex');

  next(): string {
    return `${this.run}-${randomBytes(12).toString('hex')}`;
  }
}

/** The run in the id of a session; `undefined` if it is not the id of a relay's session. */
export function runOf(session: string): string | undefined {
  return SESSION_ID.exec(session)?.[1];
}
