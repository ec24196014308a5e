import type { Clock } from '../api.js';
import type { ReliableSession } from './reliable-session.js';
import type { SessionEffects } from './session-effects.js';

/** How long an acknowledgement waits for a message to travel with, in milliseconds. */
const ACKNOWLEDGE_DELAY = 1_000;

/** How long a session pauses when it has retransmitted or answered too much, in milliseconds. */
const PAUSE = 1_000;

/**
 * The effects of a session that need time.
 *
 * @param session the session, which is only looked up later
 */
export function sessionTimers(
  clock: Clock,
  session: () => ReliableSession,
): Pick<SessionEffects, 'acknowledgeLater' | 'pause' | 'now'> {
  return {
    now: () => clock.now(),
    acknowledgeLater: () => void clock.after(ACKNOWLEDGE_DELAY, () => session().acknowledge()),
    pause: () => void clock.after(PAUSE, () => session().pauseEnded()),
  };
}
