import { randomBytes } from 'node:crypto';

/** Ids that a relay gives to sessions: those of one run have the same start. */
const SESSION_ID = /^([0-9a-f]{16})-[0-9a-f]{24}$/;

/** Draws the ids of the sessions of one run of the relay. */
export class SessionIds {
  readonly run = randomBytes(8).toString('hex');

  next(): string {
    return `${this.run}-${randomBytes(12).toString('hex')}`;
  }
}

/** The run that a session is of; `undefined` if no relay gave it this id. */
export function runOf(session: string): string | undefined {
  return SESSION_ID.exec(session)?.[1];
}
