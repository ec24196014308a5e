import type { ListedRoom, ListOptions } from '../api.js';
import { RelayError } from '../errors/relay-error.js';
import { requestRooms } from './request-rooms.js';

/**
 * Requests a public list of rooms from a relay with `--list`: those that can be joined now, the newest
 * first, up to 100.
 *
 * @param url the relay, as for `joinRoom`
 * @param list the list's name, as in `createRoom`
 * @throws RelayError if the relay cannot be reached; `unsupported` if it has no lists
 * @throws TypeError if `url` is not the URL of a relay, or an option does not exist or has another type
 * @throws RangeError if no list can have this name
 */
export function listRooms(
  url: string | URL,
  list: string,
  options?: ListOptions,
): Promise<readonly ListedRoom[]> {
  return requestRooms({ RelayError }, url, list, options);
}
