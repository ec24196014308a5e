import type { RelayError } from '../../client/index.js';

/** The most attempts, and the shortest pause between two, in milliseconds. */
const TRIES = 6;
const PAUSE = 1_500;

/**
 * Opens or joins a room, and retries while the relay is busy. An unreachable relay is not retried:
 * the attempt itself has waited long enough.
 *
 * @param waiting called before each pause, with the relay's answer
 */
export async function withRetries<Entry>(
  attempt: () => Promise<Entry>,
  waiting: (error: RelayError) => void,
): Promise<Entry> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const { retry, code } = error as RelayError;
      if (tries === TRIES || retry !== 'yes' || code === 'unreachable') throw error;
      waiting(error as RelayError);
    }
    // Partly random, so that clients that were refused together do not retry together.
    const pause = PAUSE * (1 + Math.random() / 2);
    await new Promise((done) => setTimeout(done, pause));
  }
}
