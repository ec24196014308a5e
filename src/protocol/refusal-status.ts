import { CLOSE_REASONS, type CloseReason } from './close-codes.js';

/** The status of HTTP for what the relay refuses, where there is no close code. */
export function refusalStatus(reason: CloseReason): 403 | 429 | 500 | 503 {
  switch (reason) {
    case CLOSE_REASONS.originNotAllowed:
    case CLOSE_REASONS.badToken:
      return 403;
    case CLOSE_REASONS.tooManyAttempts:
      return 429;
    case CLOSE_REASONS.internalError:
      return 500;
    default:
      return 503;
  }
}
