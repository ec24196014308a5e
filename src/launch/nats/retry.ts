/** The number of attempts. */
const MAX_ATTEMPTS = 3;

/**
 * Repeats a request to JetStream as long as its error is temporary. nats-server 2.9 leaves the first
 * requests after its start unanswered if several clients send them at the same moment.
 *
 * @throws the last error
 */
export async function retry<T>(
  request: () => Promise<T>,
  isTemporary: (error: unknown) => boolean,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isTemporary(error)) throw error;
    }
  }
}
