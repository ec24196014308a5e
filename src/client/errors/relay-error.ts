import type { Retry } from '../../protocol/close-codes.js';
import { lookUp, type RelayErrorName } from './closes.js';

export type { RelayErrorName } from './closes.js';

/** Why a room or a seat has ended, or why it could not be opened or joined. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
  /** The reason, for programs: `noSuchRoom`, `roomFull`, `kicked`, … */
  readonly code: RelayErrorName;
  /** The WebSocket close code; 1006 if there was no answer. */
  readonly closeCode: number;
  /** The reason in English, from the relay or the browser; the same as `code` if neither gives one. */
  readonly reason: string;
  /** Whether to call again: `yes` soon, `later` when the situation has changed, `no` never. */
  readonly retry: Retry;

  constructor(closeCode: number, reason: string) {
    const [code, retry] = lookUp(closeCode, reason);
    const text = reason || code;
    super(`${text} (${closeCode})`);
    this.code = code;
    this.closeCode = closeCode;
    this.reason = text;
    this.retry = retry;
  }

  /** The former name of `code`, for programs that still use it. */
  get what(): RelayErrorName {
    return this.code;
  }
}
