/**
 * Whether a client should reconnect after a close: `yes` soon, with a growing and jittered delay;
 * `later` when something has changed; `no` never.
 */
export type Retry = 'yes' | 'later' | 'no';

/** A close code with its reason: from RFC 6455 section 7.4, or the relay's own from 4000. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
  readonly retry: Retry;
}

/**
 * Every close that the relay sends, with its reason and whether a client should reconnect.
 *
 * Browsers cannot read the HTTP status of a failed upgrade, so a refused WebSocket is accepted, too,
 * and then closed.
 */
export const CLOSE_REASONS = {
  gameOver: { code: 4000, reason: 'game over', retry: 'no' },
  replaced: { code: 4001, reason: 'replaced by a newer connection', retry: 'no' },
  kicked: { code: 4003, reason: 'kicked', retry: 'no' },
  noSuchRoom: { code: 4004, reason: 'no such room', retry: 'no' },
  roomFull: { code: 4007, reason: 'room full', retry: 'later' },
  tooManyAsking: { code: 4007, reason: 'too many players are asking to join', retry: 'later' },
  notAdmitted: { code: 4007, reason: 'the host has not answered', retry: 'later' },
  tooSlow: { code: 4008, reason: 'too slow', retry: 'yes' },
  alreadyStarted: { code: 4009, reason: 'already started', retry: 'no' },
  hostGone: { code: 4010, reason: 'host gone', retry: 'no' },
  wrongPassword: { code: 4011, reason: 'wrong password', retry: 'no' },
  hostBusy: { code: 4012, reason: 'host busy', retry: 'yes' },
  hostDisconnected: { code: 4012, reason: 'host disconnected', retry: 'yes' },
  elsewhere: { code: 4302, reason: 'the URL of the relay with the room', retry: 'yes' },
  tooManyAttempts: { code: 4029, reason: 'too many attempts', retry: 'later' },
  left: { code: 1000, reason: 'left', retry: 'no' },
  stopped: { code: 1001, reason: 'The game is done.', retry: 'no' },
  textOnly: { code: 1003, reason: 'expected text', retry: 'no' },
  originNotAllowed: { code: 1008, reason: 'origin not allowed', retry: 'no' },
  badToken: { code: 1008, reason: 'wrong or missing token', retry: 'no' },
  badSeatKey: {
    code: 1008,
    reason: 'invalid seat key: expected 16 to 64 characters of A-Z a-z 0-9 _ -',
    retry: 'no',
  },
  badAbout: {
    code: 1008,
    reason: 'invalid about: expected at most 1,024 bytes of text',
    retry: 'no',
  },
  notPrepared: { code: 1008, reason: 'no prepare command in time', retry: 'no' },
  tooBig: { code: 1009, reason: 'message too big', retry: 'no' },
  internalError: { code: 1011, reason: 'internal error', retry: 'yes' },
  restarting: { code: 1012, reason: 'relay restarting', retry: 'yes' },
  relayFull: { code: 1013, reason: 'relay full', retry: 'yes' },
} as const satisfies Record<string, CloseReason>;

/** Codes by which clients, the network and WebSocket libraries end connections (RFC 6455, 7.4.1). */
const STANDARD_CODES = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011];

/** Every code that has a meaning here; clients may close with any other code. */
export const KNOWN_CODES: ReadonlySet<number> = new Set([
  ...STANDARD_CODES,
  ...Object.values(CLOSE_REASONS).map(({ code }) => code),
]);

/** A normal or empty close by the client, and closes because of invalid input. */
const FINAL: ReadonlySet<number> = new Set([1000, 1005, 1008, 1009]);

/** Whether a client whose connection ended with this code is not expected to reconnect. */
export function isFinal(code: number): boolean {
  return FINAL.has(code);
}
