/** How long JetStream may not answer, in milliseconds. A cluster of servers elects a leader in up to 9 s. */
const PATIENCE = 15_000;

/** The time between two attempts, in milliseconds. */
const PAUSE = 100;

/**
 * Repeats a request to JetStream as long as its error is temporary, for 15 s. A cluster of servers does not
 * answer before it has elected a leader, and nats-server 2.9 leaves the first requests after its start
 * unanswered if several clients send them at the same moment.
 *
 * @throws the last error
 */
export async function retry<T>(
  request: () => Promise<T>,
  isTemporary: (error: unknown) => boolean,
): Promise<T> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (performance.now() > end || !isTemporary(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
