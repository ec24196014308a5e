import type { ListedRoom, ListOptions } from '../api.js';
import { attempt } from '../browser.js';
import { checkOptions } from '../check-options.js';
import { fetchJson } from '../connection/fetch-json.js';
import { RelayAddress } from '../connection/relay-address.js';
import { ABNORMAL, TOO_MANY_ATTEMPTS, UNSUPPORTED } from '../errors/closes.js';
import { checkListName } from './list-name.js';
import type { ListsContext } from './lists-context.js';

/** How long the relay may take to answer, in milliseconds. */
const TIMEOUT = 10_000;

/** @throws as `listRooms` does */
export async function requestRooms(
  { RelayError }: Pick<ListsContext, 'RelayError'>,
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
