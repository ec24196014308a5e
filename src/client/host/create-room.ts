import type { CodecOption, Room, RoomOptions } from '../api.js';
import { attempt, globals, whenActivated } from '../browser.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolveEnvironment } from '../environment.js';
import { RelayError } from '../errors/relay-error.js';
import { PageStore } from '../storage/page-store.js';
import { readHostUrl } from './host-url.js';
import { openRoom } from './open-room.js';
import { readRoomOptions } from './room-options.js';
import { readStoredRoom, toSettings } from './room-store.js';

/**
 * Opens a room on a relay, or resumes the room that this page had before it was reloaded. In a
 * prerendered page, this waits until the page is opened.
 *
 * @param url the relay: `wss://relay.example.com`, or `https://`; a path before the code is kept. A
 * program that the relay has started passes `LAUNCH_CREATE_URL` of its environment
 * @throws RelayError if the relay cannot be reached, or refuses to open the room; `unsupported` if it is
 * too old for `ask` or `password`
 * @throws TypeError if `url` is not the URL of a relay, an option does not exist or has another type,
 * or there is no WebSocket
 * @throws RangeError if an option is too long or too short, or a number is out of bounds
 * @throws the reason of `signal`, if it is aborted
 */
export function createRoom<Up, Down>(
  url: string | URL,
  options: RoomOptions & CodecOption,
): Promise<Room<Up, Down>>;
export function createRoom(url: string | URL, options?: RoomOptions): Promise<Room>;
export async function createRoom(
  url: string | URL,
  options: RoomOptions & Partial<CodecOption> = {},
): Promise<Room> {
  const requested = readRoomOptions(options);
  const { relay, launch } = readHostUrl(url);
  const address = new RelayAddress(relay);
  const activated = whenActivated();
  if (activated !== undefined) await activated;
  const environment = resolveEnvironment(options);
  // Games of one origin may share a relay and a name, but not the path of the page.
  const page = new PageStore(environment, {
    name: () =>
      `room ${address} ${attempt(() => globals.location?.pathname) ?? ''} ${requested.name}`,
    isShared: false,
  });
  const { token, codec, signal, resume = true } = options;
  signal?.throwIfAborted();
  const stored = resume ? await page.find() : undefined;
  const settings = toSettings(requested);
  const saved = readStoredRoom(stored, settings);
  const opening = { ...requested, environment, address, page, token, launch, settings, codec };
  try {
    return await openRoom({ ...opening, saved }, signal);
  } catch (error) {
    const hasEnded = error instanceof RelayError && error.code === 'noSuchRoom';
    if (saved === undefined || !hasEnded) throw error;
    return openRoom({ ...opening, saved: undefined }, signal);
  }
}
