import type { RelayError } from '../../client/index.js';

/** How often the relay is asked at most, and for how long it is left alone between, in milliseconds. */
const TRIES = 6;
const PAUSE = 1_500;

/**
 * Opens a room, or joins one. A relay that has too much to do for a moment is asked again; one that
 * does not answer at all has been waited for long enough.
 *
 * @param waiting called before each pause
 */
export async function patiently<Entry>(
  attempt: () => Promise<Entry>,
  waiting: () => void,
): Promise<Entry> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const { retry, what } = error as RelayError;
      if (tries === TRIES || retry !== 'yes' || what === 'unreachable') throw error;
    }
    waiting();
    // Half of it random: whoever was turned away together is not to come back together.
    const pause = PAUSE * (1 + Math.random() / 2);
    await new Promise((done) => setTimeout(done, pause));
  }
}
