import type { CodecOption, Room, RoomOptions } from '../api.js';
import { attempt, globals, whenActivated } from '../browser.js';
import { cancellable } from '../cancellable.js';
import { CONNECT_OPTIONS, checkOptions, MAX_UINT32, type OptionTypes } from '../check-options.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolveEnvironment } from '../environment.js';
import { RelayError } from '../errors/relay-error.js';
import { PageStore } from '../storage/page-store.js';
import { readHostUrl } from './host-url.js';
import { type Opening, RoomConnection } from './room-connection.js';
import { readStoredRoom } from './room-store.js';

const DEFAULT_MAX_PLAYERS = 8;
const DEFAULT_HOLD = 120;
const MAX_NAME_BYTES = 1_024;

const OPTIONS: OptionTypes = {
  ...CONNECT_OPTIONS,
  name: 'string',
  maxPlayers: [1, MAX_UINT32],
  hold: [0, MAX_UINT32],
  token: 'string',
  resume: 'boolean',
};

/**
 * Opens a room on a relay, or resumes the room that this page had before it was reloaded. In a
 * prerendered page, this waits until the page is opened.
 *
 * @param url the relay: `wss://relay.example.com`, or `https://`; a path before the code is kept. A
 * program that the relay has started passes `LAUNCH_CREATE_URL` of its environment
 * @throws RelayError if the relay cannot be reached, or refuses to open the room
 * @throws TypeError if `url` is not the URL of a relay, an option does not exist or has another type,
 * or there is no WebSocket
 * @throws RangeError if `name` is too long, or a number is out of bounds
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
  checkOptions('createRoom', OPTIONS, options);
  const { name = '', maxPlayers = DEFAULT_MAX_PLAYERS, hold = DEFAULT_HOLD } = options;
  if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) {
    throw new RangeError(`createRoom: name: expected at most ${MAX_NAME_BYTES} bytes`);
  }
  const { relay, launch } = readHostUrl(url);
  const address = new RelayAddress(relay);
  const activated = whenActivated();
  if (activated !== undefined) await activated;
  const environment = resolveEnvironment(options);
  // Games of one origin may share a relay and a name, but not the path of the page.
  const page = new PageStore(environment, {
    name: () => `room ${address} ${attempt(() => globals.location?.pathname) ?? ''} ${name}`,
    isShared: false,
  });
  const { token, codec, signal, resume = true } = options;
  signal?.throwIfAborted();
  const stored = resume ? await page.find() : undefined;
  const saved = readStoredRoom(stored, { maxPlayers, hold });
  const opening = { environment, address, page, token, launch, name, maxPlayers, hold, codec };
  try {
    return await open({ ...opening, saved }, signal);
  } catch (error) {
    const hasEnded = error instanceof RelayError && error.code === 'noSuchRoom';
    if (saved === undefined || !hasEnded) throw error;
    return open({ ...opening, saved: undefined }, signal);
  }
}

async function open(
  opening: Omit<Opening, 'opened' | 'refused'>,
  signal: AbortSignal | undefined,
): Promise<Room> {
  signal?.throwIfAborted();
  return cancellable<Room>(
    signal,
    (opened, refused) => new RoomConnection({ ...opening, opened, refused }),
  );
}
