import type { CloseReason } from '../close-codes.js';

/** How Bevygap closes the WebSocket of a request that has its answer. */
export const GOODBYE: CloseReason = { code: 1000, reason: 'Goodbye', retry: 'no' };
