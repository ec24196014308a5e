import { randomBytes } from 'node:crypto';
import { createTokenCheck } from '../limits/create-token.js';

/** What a token allows: reading the context, ending the server, reporting, opening its room. */
export type ServerRight = 'context' | 'delete' | 'report' | 'create';

const RIGHTS: readonly ServerRight[] = ['context', 'delete', 'report', 'create'];

/** 128 random bits in base64url: no character of them needs escaping. */
const TOKEN_BYTES = 16;

/** A server's id for order, path and variables: 120 random bits as letters and digits. */
export function newServerId(): string {
  return randomBytes(15).toString('hex');
}

/** The tokens of one server, one for each right, so that a URL that leaks gives nothing else away. */
export class ServerKeys {
  readonly tokens: Readonly<Record<ServerRight, string>>;
  readonly #checks: ReadonlyMap<ServerRight, (token: string | undefined) => boolean>;

  constructor() {
    const drawn = RIGHTS.map((right) => [right, randomBytes(TOKEN_BYTES).toString('base64url')]);
    this.tokens = Object.fromEntries(drawn) as Record<ServerRight, string>;
    this.#checks = new Map(RIGHTS.map((right) => [right, createTokenCheck(this.tokens[right])]));
  }

  /** Whether this token gives this right. The time does not depend on how much of it is right. */
  allows(right: ServerRight, token: string | undefined): boolean {
    return this.#checks.get(right)?.(token) ?? false;
  }
}
