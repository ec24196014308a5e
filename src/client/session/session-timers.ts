import type { Clock } from '../api.js';
import type { ReliableSession } from './reliable-session.js';
import type { SessionEffects } from './session-effects.js';

/** How long an acknowledgement is delayed, so that a message can carry it; in milliseconds. */
const ACKNOWLEDGE_DELAY = 1_000;

/** How long a session pauses after it has retransmitted or answered too much, in milliseconds. */
const PAUSE_TIME = 1_000;

/**
 * The effects of a session that need time.
 *
 * @param session returns the session; is not called before a timer fires
 */
export function sessionTimers(
  clock: Clock,
  session: () => ReliableSession,
): Pick<SessionEffects, 'acknowledgeLater' | 'pause' | 'now'> {
  return {
    now: () => clock.now(),
    acknowledgeLater: () => void clock.after(ACKNOWLEDGE_DELAY, () => session().acknowledge()),
    pause: () => void clock.after(PAUSE_TIME, () => session().pauseEnded()),
  };
}
