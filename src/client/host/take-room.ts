import type { CodecOption, GivenRoom, Room, TakeOptions } from '../api.js';
import { whenActivated } from '../browser.js';
import { CONNECT_OPTIONS, checkOptions } from '../check-options.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolveEnvironment } from '../environment.js';
import { PageStore } from '../storage/page-store.js';
import { openRoom } from './open-room.js';
import { readStoredRoom } from './room-store.js';

/**
 * Takes a room that its host has handed over, or left to this page: this page is the host from now on.
 * An earlier host that is still connected gets a `close` event with `replaced`. After a reload, call it
 * again with the same `given`.
 *
 * @param url the relay, as for `joinRoom`
 * @param given from the event `heir` of this page's seat
 * @throws RelayError if the relay cannot be reached; `noSuchRoom` if the room has ended
 * @throws TypeError if `url` is not the URL of a relay, `given` is not from a host, an option does not
 * exist or has another type, or there is no WebSocket
 * @throws RangeError if a number is out of bounds
 * @throws the reason of `signal`, if it is aborted
 */
export function takeRoom<Up, Down>(
  url: string | URL,
  given: GivenRoom,
  options: TakeOptions & CodecOption,
): Promise<Room<Up, Down>>;
export function takeRoom(url: string | URL, given: GivenRoom, options?: TakeOptions): Promise<Room>;
export async function takeRoom(
  url: string | URL,
  given: GivenRoom,
  options: TakeOptions & Partial<CodecOption> = {},
): Promise<Room> {
  checkOptions('takeRoom', CONNECT_OPTIONS, options);
  const { signal, codec } = options;
  const room = readStoredRoom(given, Object(given));
  if (room === undefined) throw new TypeError('takeRoom: expected what the event `heir` contains');
  const address = new RelayAddress(url);
  await whenActivated();
  const environment = resolveEnvironment(options);
  const { code, token, maxPlayers, hold, features } = room;
  const settings = { maxPlayers, hold, features };
  const page = new PageStore(environment, {
    name: () => `taken ${address}${code}`,
    isShared: false,
  });
  signal?.throwIfAborted();
  // After a reload, the stored room lists more players.
  const stored = readStoredRoom(await page.find(), settings);
  const saved = stored?.token === token ? stored : room;
  const requested = { name: '', maxPlayers, hold, features: {} };
  const secrets = { token: undefined, launch: undefined };
  const opening = { ...requested, ...secrets, environment, address, page, settings, saved, codec };
  return openRoom(opening, signal);
}
