import type { CodecOption, Room, RoomOptions } from '../api.js';
import { attempt, globals, whenActivated } from '../browser.js';
import { cancellable } from '../cancellable.js';
import { CONNECT_OPTIONS, checkOptions, MOST, type OptionKinds } from '../check-options.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolve } from '../environment.js';
import { RelayError } from '../errors/relay-error.js';
import { PageMemory } from '../storage/page-memory.js';
import { type Opening, RoomConnection } from './room-connection.js';
import { readRoom } from './room-memory.js';

const MAX_PLAYERS = 8;
const HOLD = 120;
const MOST_NAME_BYTES = 1_024;

const OPTIONS: OptionKinds = {
  ...CONNECT_OPTIONS,
  name: 'string',
  maxPlayers: [1, MOST],
  hold: [0, MOST],
  token: 'string',
  resume: 'boolean',
};

/**
 * Opens a room on a relay, or resumes the room that this page had before it was reloaded. In a
 * prerendered page, this waits until the page is opened.
 *
 * @param url the relay: `wss://relay.example.com`, or `https://`; a path before the code is kept
 * @throws RelayError if the relay cannot be reached, or refuses
 * @throws TypeError if `url` is not the URL of a relay, an option does not exist or is of another type, or there
 * is no WebSocket
 * @throws RangeError if `name` is too long, or a number is out of bounds
 * @throws the reason of `signal`, if that is aborted
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
  const { name = '', maxPlayers = MAX_PLAYERS, hold = HOLD } = options;
  if (new TextEncoder().encode(name).length > MOST_NAME_BYTES) {
    throw new RangeError(`createRoom: name: expected at most ${MOST_NAME_BYTES} bytes`);
  }
  const address = new RelayAddress(url);
  const activated = whenActivated();
  if (activated !== undefined) await activated;
  const environment = resolve(options);
  // Games of one origin may share a relay, and even a name, but not a page.
  const page = new PageMemory(environment, {
    name: () => `room ${address} ${attempt(() => globals.location?.pathname) ?? ''} ${name}`,
    isForDevice: false,
  });
  const { token, codec, signal, resume = true } = options;
  signal?.throwIfAborted();
  const stored = resume ? await page.find() : undefined;
  const saved = readRoom(stored, { maxPlayers, hold });
  const opening = { environment, address, page, token, name, maxPlayers, hold, codec };
  try {
    return await open({ ...opening, saved }, signal);
  } catch (error) {
    const isGone = error instanceof RelayError && error.code === 'noSuchRoom';
    if (saved === undefined || !isGone) throw error;
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
