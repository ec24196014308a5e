import { nanoid } from 'nanoid';
import { hashSecret, isSecret, type SecretHash } from './secret.js';

/** In characters of 6 bits: 144 bits, where 128 cannot be guessed. */
const LENGTH = 24;

/** The token with which a host resumes its room. It is valid for the life of the room. */
export class ResumeToken {
  readonly hash: SecretHash;
  /** The token itself. It is in memory only while the host is connected. */
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
    // A text of another length is not hashed, because hashing a long text takes long.
    return token.length === LENGTH && isSecret(token, this.hash);
  }

  /** Stores the token itself: the host has connected with it. */
  remember(text: string): void {
    this.#text = text;
  }

  /** Deletes the token itself: the host has disconnected. The hash stays. */
  forget(): void {
    this.#text = undefined;
  }
}

/** If there is no room, tokens are compared with this one, which nobody has. */
export const UNKNOWN_TOKEN = ResumeToken.draw();
