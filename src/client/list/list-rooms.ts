import type { ListedRoom, ListOptions } from '../api.js';
import { attempt } from '../browser.js';
import { checkOptions } from '../check-options.js';
import { fetchJson } from '../connection/fetch-json.js';
import { RelayAddress } from '../connection/relay-address.js';
import { ABNORMAL, TOO_MANY_ATTEMPTS, UNSUPPORTED } from '../errors/closes.js';
import { RelayError } from '../errors/relay-error.js';
import { checkListName } from './list-name.js';

/** How long the relay may take to answer, in milliseconds. */
const TIMEOUT = 10_000;

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
export async function listRooms(
  url: string | URL,
  list: string,
  options: ListOptions = {},
): Promise<readonly ListedRoom[]> {
  checkOptions('listRooms', { after: 'string' }, options);
  checkListName('listRooms', list);
  const { after } = options;
  const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
  const page = new RelayAddress(url).page(`rooms/${list}${query}`);
  const { status, body } = await fetchJson(page, TIMEOUT).catch(() => ({ status: 0, body: {} }));
  if (status === 404) throw new RelayError(UNSUPPORTED, 'this relay has no lists');
  if (status === 429) throw new RelayError(TOO_MANY_ATTEMPTS, 'too many attempts');
  // Something else may answer, such as a proxy.
  if (!Array.isArray(body)) throw new RelayError(ABNORMAL, '');
  return body.map(toRoom);
}

function toRoom(room: {
  readonly code: string;
  readonly name: string;
  readonly players: number;
  readonly max_players: number;
  readonly password?: true;
  readonly listing?: string;
}): ListedRoom {
  const { code, name, players, max_players: maxPlayers, password = false, listing = '' } = room;
  return { code, name, players, maxPlayers, password, listing: attempt(() => JSON.parse(listing)) };
}
