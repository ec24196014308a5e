import type { CloseReason } from '../protocol/close-codes.js';
import type { Room } from './room.js';

/** The result of an attempt to open a room. */
export type OpenResult =
  | { readonly is: 'opened'; readonly room: Room }
  | { readonly is: 'refused'; readonly reason: CloseReason };
