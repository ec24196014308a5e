import type { Retry } from '../../protocol/close-codes.js';
import { lookUp, type RelayErrorName } from './closes.js';

export type { RelayErrorName } from './closes.js';

/** Why a room or a seat has ended, or could not be had. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
  /** What happened, for programs: `noSuchRoom`, `roomFull`, `kicked`, … */
  readonly code: RelayErrorName;
  /** The WebSocket close code; 1006 if there was no answer at all. */
  readonly closeCode: number;
  /** The reason in English, by the relay or the browser; the same as `code` if neither gives one. */
  readonly reason: string;
  /** Whether to call again: `yes` soon, `later` when the situation has changed, `no` never. */
  readonly retry: Retry;

  constructor(closeCode: number, reason: string) {
    const [code, retry] = lookUp(closeCode, reason);
    const said = reason || code;
    super(`${said} (${closeCode})`);
    this.code = code;
    this.closeCode = closeCode;
    this.reason = said;
    this.retry = retry;
  }

  /** The earlier name of `code`, for programs that were written with it. */
  get what(): RelayErrorName {
    return this.code;
  }
}
