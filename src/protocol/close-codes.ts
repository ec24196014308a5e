/**
 * Whether a client that was closed should come back:
 * `yes` soon (with a growing, jittered delay), `later` when something has changed, `no` never.
 */
export type Retry = 'yes' | 'later' | 'no';

/** A WebSocket close as the relay sends it: RFC 6455 section 7.4, and the relay's own 4000s. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
  readonly retry: Retry;
}

/**
 * Every close the relay sends, each with its reason and what a client should do next.
 *
 * Browsers cannot read the HTTP status of a failed upgrade, so a refusal, too, is an accepted
 * WebSocket that is closed with one of these.
 */
export const CLOSINGS = {
  gameOver: { code: 4000, reason: 'game over', retry: 'no' },
  replaced: { code: 4001, reason: 'replaced by a newer connection', retry: 'no' },
  kicked: { code: 4003, reason: 'kicked', retry: 'no' },
  noSuchRoom: { code: 4004, reason: 'no such room', retry: 'no' },
  roomFull: { code: 4007, reason: 'room full', retry: 'later' },
  tooSlow: { code: 4008, reason: 'too slow', retry: 'yes' },
  alreadyStarted: { code: 4009, reason: 'already started', retry: 'no' },
  hostGone: { code: 4010, reason: 'host gone', retry: 'no' },
  tooManyAttempts: { code: 4029, reason: 'too many attempts', retry: 'later' },
  stopped: { code: 1001, reason: 'The game is done.', retry: 'no' },
  originNotAllowed: { code: 1008, reason: 'origin not allowed', retry: 'no' },
  badToken: { code: 1008, reason: 'wrong or missing token', retry: 'no' },
  badSeatKey: { code: 1008, reason: 'seat: 16 to 64 of A-Z a-z 0-9 _ -', retry: 'no' },
  notPrepared: { code: 1008, reason: 'no prepare in time', retry: 'no' },
  tooBig: { code: 1009, reason: 'message too big', retry: 'no' },
  internalError: { code: 1011, reason: 'internal error', retry: 'yes' },
  restarting: { code: 1012, reason: 'relay restarting', retry: 'yes' },
  relayFull: { code: 1013, reason: 'relay full', retry: 'yes' },
} as const satisfies Record<string, Closing>;

/** A client's own close, empty or normal, and the closes for what it did: it is not coming back. */
const FINAL: ReadonlySet<number> = new Set([1000, 1005, 1008, 1009]);

/** Whether a connection that has ended by this code is not to be waited for. */
export function isFinal(code: number): boolean {
  return FINAL.has(code);
}
