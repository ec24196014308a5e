import type { CloseReason } from '../close-codes.js';

/** The reason with which Bevygap closes a WebSocket after the answer to its request. */
export const GOODBYE: CloseReason = { code: 1000, reason: 'Goodbye', retry: 'no' };
