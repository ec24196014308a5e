import type { Retry } from '../../protocol/close-codes.js';

/** A request for a place in a game has failed. */
export class PlayError extends Error {
  override readonly name = 'PlayError';
  /**
   * The reason as an HTTP status: 404 the relay does not serve this game, 408 no server was
   * ready in time, 409 all servers are full, 429 too many requests, 503 the relay is full or shutting down;
   * 0 if there was no answer.
   */
  readonly code: number;
  /** The relay's reason, in English. */
  readonly reason: string;
  /** Whether to call again: `yes` soon, `later` when the situation has changed, `no` never. */
  readonly retry: Retry;

  constructor(code: number, reason: string, options?: ErrorOptions) {
    super(`${reason} (${code})`, options);
    this.code = code;
    this.reason = reason;
    this.retry = [409, 429].includes(code) ? 'later' : code >= 400 && code < 408 ? 'no' : 'yes';
  }
}
