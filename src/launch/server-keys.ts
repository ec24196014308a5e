import { randomBytes } from 'node:crypto';
import { createTokenCheck } from '../limits/create-token.js';

/** The right that a token gives: to read the context, end the server, send reports, or open its room. */
export type ServerRight = 'context' | 'delete' | 'report' | 'create';

const RIGHTS: readonly ServerRight[] = ['context', 'delete', 'report', 'create'];

/** 128 random bits, as base64url, which needs no escaping in URLs. */
const TOKEN_BYTES = 16;

/** Creates the id of a server: 120 random bits in hex. */
export function newServerId(): string {
  return randomBytes(15).toString('hex');
}

/** The tokens of a server, one for each right, so that a leaked URL gives no other right. */
export class ServerKeys {
  readonly tokens: Readonly<Record<ServerRight, string>>;
  readonly #checks: ReadonlyMap<ServerRight, (token: string | undefined) => boolean>;

  constructor() {
    const tokens = RIGHTS.map((right) => [right, randomBytes(TOKEN_BYTES).toString('base64url')]);
    this.tokens = Object.fromEntries(tokens) as Record<ServerRight, string>;
    this.#checks = new Map(RIGHTS.map((right) => [right, createTokenCheck(this.tokens[right])]));
  }

  /** Whether this token gives this right. Compares in constant time. */
  allows(right: ServerRight, token: string | undefined): boolean {
    return this.#checks.get(right)?.(token) ?? false;
  }
}
