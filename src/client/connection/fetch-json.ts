export interface Answer {
  readonly status: number;
  /** The JSON object in the body; empty if the body is something else. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Requests a JSON object from the relay.
 *
 * @param milliseconds how long it may take
 * @param options as for `fetch`
 * @throws Error if there is no answer in time, or the request is not possible
 */
export function fetchJson(url: string, milliseconds: number, options?: object): Promise<Answer> {
  // A browser may reject the request at once, or never settle it.
  return new Promise((answered, failed) => {
    const timer = setTimeout(() => failed(new Error('no answer')), milliseconds);
    const answer = request(url, options);
    answer.then(answered, failed).finally(() => clearTimeout(timer));
  });
}

async function request(url: string, options?: object): Promise<Answer> {
  const answer = await fetch(url, options);
  return { status: answer.status, body: Object(await answer.json().catch(() => ({}))) };
}
