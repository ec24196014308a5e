import type { CLOSE_REASONS, Retry } from '../../protocol/close-codes.js';

type Closings = typeof CLOSE_REASONS;

/** The closes that the relay sends to this SDK. The others are for clients that make mistakes. */
type CloseName = Exclude<
  keyof Closings,
  'badSeatKey' | 'badAbout' | 'elsewhere' | 'left' | 'notPrepared' | 'textOnly'
>;

/** The names of the closes that the relay sends, and those of other closes. */
export type RelayErrorName = CloseName | 'unreachable' | 'unsupported' | 'closed';

/** There was no close frame: the connection broke, or there is no answer (RFC 6455 section 7.1.5). */
export const ABNORMAL = 1006;

/** The relay does not have what this end needs (RFC 6455 section 7.4.1). */
export const UNSUPPORTED = 1010;

/** What the SDK knows without a close of the relay: the same codes as in the table below. */
export const NO_SUCH_ROOM = 4004;
export const TOO_MANY_ATTEMPTS = 4029;

/** Codes for errors of this end (RFC 6455 section 7.4.1), which would occur again. */
const FINAL_CODES = [1000, 1002, 1003, 1007, 1008, 1009];

/**
 * The relay's table without the reasons, which are half of its size and arrive with each close. The
 * type checks every name, code and `retry` against the relay's table.
 */
const CODES: {
  readonly [When in Retry]: {
    readonly [Name in CloseName as Closings[Name]['retry'] extends When
      ? Name
      : never]: Closings[Name]['code'];
  };
} = {
  yes: {
    tooSlow: 4008,
    hostBusy: 4012,
    hostDisconnected: 4012,
    internalError: 1011,
    restarting: 1012,
    relayFull: 1013,
  },
  later: {
    tooManyAsking: 4007,
    notAdmitted: 4007,
    roomFull: 4007,
    tooManyAttempts: TOO_MANY_ATTEMPTS,
  },
  no: {
    gameOver: 4000,
    replaced: 4001,
    kicked: 4003,
    noSuchRoom: NO_SUCH_ROOM,
    alreadyStarted: 4009,
    hostGone: 4010,
    wrongPassword: 4011,
    stopped: 1001,
    originNotAllowed: 1008,
    badToken: 1008,
    tooBig: 1009,
  },
};

/** The reasons of closes that the code alone does not identify. */
const REASONS: { readonly [Name in CloseName]?: Closings[Name]['reason'] } = {
  tooManyAsking: 'too many players are asking to join',
  notAdmitted: 'the host has not answered',
  hostBusy: 'host busy',
  hostDisconnected: 'host disconnected',
  stopped: 'The game is done.',
  originNotAllowed: 'origin not allowed',
  badToken: 'wrong or missing token',
};

/** Returns the name of a close, and whether to call again. */
export function lookUp(code: number, reason: string): readonly [RelayErrorName, Retry] {
  for (const [retry, codes] of Object.entries(CODES)) {
    for (const [name, each] of Object.entries(codes) as [CloseName, number][]) {
      if (each === code && (REASONS[name] ?? reason) === reason) return [name, retry as Retry];
    }
  }
  if (code === ABNORMAL) return ['unreachable', 'yes'];
  if (code === UNSUPPORTED) return ['unsupported', 'no'];
  return ['closed', FINAL_CODES.includes(code) ? 'no' : 'yes'];
}
