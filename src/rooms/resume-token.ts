import { nanoid } from 'nanoid';
import { hashSecret, isSecret, type SecretHash } from './secret.js';

/** Characters of 6 bits: 144, where 128 are beyond guessing. */
const LENGTH = 24;

/** By what a host that comes back is known to be a room's. It is the same for the room's life. */
export class ResumeToken {
  readonly hash: SecretHash;
  /** The token itself, known while a host is there that knows it, too. */
  #text: string | undefined;

  constructor(hash: SecretHash, text?: string) {
    this.hash = hash;
    this.#text = text;
  }

  static draw(): ResumeToken {
    const text = nanoid(LENGTH);
    return new ResumeToken(hashSecret(text), text);
  }

  get text(): string | undefined {
    return this.#text;
  }

  is(token: string): boolean {
    return isSecret(token, this.hash);
  }

  /** A host has brought it. */
  known(text: string): void {
    this.#text = text;
  }

  /** Nobody is there that needs to be told it. */
  forget(): void {
    this.#text = undefined;
  }
}
