import type { CodecOption, JoinOptions, ListedRoom, Seat } from '../api.js';
import { whenActivated } from '../browser.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolveEnvironment } from '../environment.js';
import { NO_SUCH_ROOM } from '../errors/closes.js';
import type { RelayError } from '../errors/relay-error.js';
import { checkJoinOptions } from '../player/join-options.js';
import { PageStore } from '../storage/page-store.js';
import { checkListName } from './list-name.js';
import type { ListsContext } from './lists-context.js';
import { requestRooms } from './request-rooms.js';

/** How many rooms are tried. */
const MAX_ROOMS = 5;

/** Does what `quickJoin` promises, and throws the same errors. */
export async function joinListed(
  context: ListsContext,
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
  async function* codes(): AsyncGenerator<string> {
    if (typeof earlier === 'string') yield earlier;
    yield* fullestFirst(await requestRooms(context, url, list));
  }
  const seat = await joinFirst(context, codes(), (code) =>
    context.join(url, code, options, (error) => page.closed(error)),
  );
  page.store({ code: seat.code });
  return seat;
}

/** The codes of the rooms to try. Of rooms that are equally full, the oldest is first. */
function fullestFirst(rooms: readonly ListedRoom[]): readonly string[] {
  return rooms
    .filter(({ password }) => !password)
    .reverse()
    .sort((one, other) => fullness(other) - fullness(one))
    .slice(0, MAX_ROOMS)
    .map(({ code }) => code);
}

/** The share of the seats that are taken. */
function fullness({ players, maxPlayers }: ListedRoom): number {
  return players / maxPlayers;
}

async function joinFirst(
  { RelayError }: ListsContext,
  codes: AsyncIterable<string>,
  join: (code: string) => Promise<Seat>,
): Promise<Seat> {
  let error: unknown = new RelayError(NO_SUCH_ROOM, 'no room in the list');
  for await (const code of codes) {
    try {
      return await join(code);
    } catch (reason) {
      if (!(reason instanceof RelayError && isOfRoom(reason))) throw reason;
      error = reason;
    }
  }
  throw error;
}

/** Whether another room may be joined in spite of this error. */
function isOfRoom({ closeCode }: RelayError): boolean {
  return closeCode >= 4000 && closeCode <= 4012;
}
