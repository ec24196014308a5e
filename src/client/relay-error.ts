import { CLOSINGS, type Closing, type Retry } from '../protocol/close-codes.js';

/** The names of the closes that the relay sends, and `unreachable` and `closed` for all others. */
export type RelayErrorName = keyof typeof CLOSINGS | 'unreachable' | 'closed';

/** No close frame came: the line is cut, or nobody answers (RFC 6455 section 7.1.5). */
export const ABNORMAL = 1006;

/** Codes that tell of a mistake on this side (RFC 6455 section 7.4.1): it would be made again. */
const FOR_GOOD = [1000, 1002, 1003, 1007, 1008, 1009, 1010];

/** A connection to a relay that is over, or that never came to be, with the reason. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
  /** What happened, for programs: `noSuchRoom`, `roomFull`, `kicked`, … */
  readonly what: RelayErrorName;
  /** The WebSocket close code; 1006 if there was no answer at all. */
  readonly code: number;
  /** The relay's words for it, or the browser's, for people who know English. */
  readonly reason: string;
  /** Whether to come back: `yes` soon, `later` when something has changed, `no` never. */
  readonly retry: Retry;

  constructor(code: number, reason: string) {
    const [what, closing] = lookUp(code, reason);
    const said = reason || closing.reason;
    super(`${said} (${code})`);
    this.what = what;
    this.code = code;
    this.reason = said;
    this.retry = closing.retry;
  }
}

/** The relay's table decides by code, and by reason where reasons share a code. */
function lookUp(code: number, reason: string): [RelayErrorName, Omit<Closing, 'code'>] {
  const names = Object.keys(CLOSINGS) as (keyof typeof CLOSINGS)[];
  const known = names.filter((name) => CLOSINGS[name].code === code);
  const name = known.find((each) => CLOSINGS[each].reason === reason);
  if (name !== undefined) return [name, CLOSINGS[name]];
  // 1001 without the relay's own words is a proxy or a browser that goes away. Where closes share a
  // code, other words may mean anything.
  const [only, another] = known;
  const isClear = another === undefined && only !== 'stopped';
  if (only !== undefined && isClear) return [only, CLOSINGS[only]];
  if (code === ABNORMAL) return ['unreachable', { reason: 'no answer', retry: 'yes' }];
  return ['closed', { reason: 'closed', retry: FOR_GOOD.includes(code) ? 'no' : 'yes' }];
}
