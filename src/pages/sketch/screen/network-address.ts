import { fetchJson } from '../../../client/connection/fetch-json.js';

/** How long the relay may take to answer, in milliseconds. */
const ANSWER_TIME = 5_000;

/** Names that mean the machine itself (RFC 6761, RFC 5735), wherever they are opened. */
export function isThisMachine(host: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(host);
}

/**
 * Asks the relay for an address at which phones in its network reach it.
 *
 * @returns `undefined` if the relay knows none, or does not answer
 */
export async function networkAddress(relay: URL): Promise<URL | undefined> {
  try {
    const { body } = await fetchJson(new URL('address', relay).href, ANSWER_TIME);
    const [url] = body['urls'] as readonly string[];
    return new URL(relay.pathname, url);
  } catch {
    return undefined;
  }
}
