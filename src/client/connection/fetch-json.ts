/** The relay's response to a request. */
export interface JsonResponse {
  readonly status: number;
  /** The JSON object in the body; empty if the body is something else. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Requests a JSON object from the relay.
 *
 * @param milliseconds how long it may take
 * @param options as for `fetch`
 * @throws Error if there is no response in time, or the request cannot be sent
 */
export function fetchJson(
  url: string,
  milliseconds: number,
  options?: object,
): Promise<JsonResponse> {
  // A browser may reject the request at once, or never settle it.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), milliseconds);
    const response = request(url, options);
    response.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function request(url: string, options?: object): Promise<JsonResponse> {
  const response = await fetch(url, options);
  return { status: response.status, body: Object(await response.json().catch(() => ({}))) };
}
