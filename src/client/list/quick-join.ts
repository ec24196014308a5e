import type { CodecOption, JoinOptions, ListedRoom, Seat } from '../api.js';
import { whenActivated } from '../browser.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolveEnvironment } from '../environment.js';
import { NO_SUCH_ROOM } from '../errors/closes.js';
import { RelayError } from '../errors/relay-error.js';
import { checkJoinOptions, join } from '../player/join-room.js';
import { PageStore } from '../storage/page-store.js';
import { checkListName } from './list-name.js';
import { listRooms } from './list-rooms.js';

/** How many rooms are tried. */
const MAX_ROOMS = 5;

/**
 * Joins the fullest room of a public list that can be joined and has no password, or the room in which
 * this page, or a closed tab on this device, has a seat already.
 *
 * @param url the relay, as for `joinRoom`
 * @param list the list's name, as in `createRoom`
 * @param options as for `joinRoom`
 * @throws RelayError as `joinRoom` and `listRooms` do; `noSuchRoom` if no room can be joined
 * @throws TypeError and RangeError as `joinRoom` and `listRooms` do
 */
export function quickJoin<Up, Down>(
  url: string | URL,
  list: string,
  options: JoinOptions & CodecOption,
): Promise<Seat<Up, Down>>;
export function quickJoin(url: string | URL, list: string, options?: JoinOptions): Promise<Seat>;
export async function quickJoin(
  url: string | URL,
  list: string,
  options: JoinOptions & Partial<CodecOption> = {},
): Promise<Seat> {
  checkJoinOptions('quickJoin', options);
  checkListName('quickJoin', list);
  const address = new RelayAddress(url);
  await whenActivated();
  const environment = resolveEnvironment(options);
  const page = new PageStore(environment, { name: () => `list ${address}${list}`, isShared: true });
  const { code: earlier } = Object(await page.find());
  const request = { url, options, closed: (error: RelayError) => page.closed(error) };
  const seat = await joinFirst(request, list, typeof earlier === 'string' ? [earlier] : []);
  page.store({ code: seat.code });
  return seat;
}

interface JoinRequest {
  readonly url: string | URL;
  readonly options: JoinOptions & Partial<CodecOption>;
  /** The seat has ended. */
  closed(error: RelayError): void;
}

/** @param first rooms to try before those in the list */
async function joinFirst(
  { url, options, closed }: JoinRequest,
  list: string,
  first: readonly string[],
): Promise<Seat> {
  let error: unknown = new RelayError(NO_SUCH_ROOM, 'no room in the list');
  async function* codes(): AsyncGenerator<string> {
    yield* first;
    const rooms = await listRooms(url, list);
    const open = rooms.filter(({ password }) => !password);
    // Of rooms that are equally full, the oldest is first.
    const sorted = open.reverse().sort((one, other) => fullness(other) - fullness(one));
    yield* sorted.slice(0, MAX_ROOMS).map(({ code }) => code);
  }
  for await (const code of codes()) {
    try {
      return await join(url, code, options, closed);
    } catch (reason) {
      if (!isOfRoom(reason)) throw reason;
      error = reason;
    }
  }
  throw error;
}

/** The share of the seats that are taken. */
function fullness({ players, maxPlayers }: ListedRoom): number {
  return players / maxPlayers;
}

/** Whether another room may be joined in spite of this error. */
function isOfRoom(error: unknown): boolean {
  return error instanceof RelayError && error.closeCode >= 4000 && error.closeCode <= 4012;
}
