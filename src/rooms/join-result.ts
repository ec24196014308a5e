import type { CloseReason } from '../protocol/close-codes.js';
import type { Seat } from './seat.js';

/** The result of an attempt to join. The seat is pending if the host is asked first. */
export type JoinResult =
  | { readonly is: 'seated'; readonly seat: Seat }
  | { readonly is: 'refused'; readonly reason: CloseReason };

export function seated(seat: Seat): JoinResult {
  return { is: 'seated', seat };
}

export function refused(reason: CloseReason): JoinResult {
  return { is: 'refused', reason };
}
