import type { CodecOption, JoinOptions, Seat } from '../api.js';
import { whenActivated } from '../browser.js';
import { cancellable } from '../cancellable.js';
import { CONNECT_OPTIONS, checkOptions } from '../check-options.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolve } from '../environment.js';
import { RelayError } from '../errors/relay-error.js';
import { parseCode } from '../room-code.js';
import { PageMemory } from '../storage/page-memory.js';
import { SeatConnection } from './seat-connection.js';
import { readSeat } from './seat-memory.js';

/**
 * Joins a room, in the seat that this page, or a closed tab on this device, had in it before. In a
 * prerendered page, this waits until the page is opened.
 *
 * @param url the relay: `wss://relay.example.com`, or `https://`; a path before the code is kept
 * @param code the room's four letters, in any case, with or without white space around them
 * @throws RelayError if the relay cannot be reached, or the room cannot be joined. For an impossible
 * code, `code` is `noSuchRoom`, and nothing is sent
 * @throws TypeError if `url` is not the URL of a relay, an option does not exist or is of another type, or there
 * is no WebSocket
 * @throws RangeError if a number is out of bounds
 * @throws the reason of `signal`, if that is aborted
 */
export function joinRoom<Up, Down>(
  url: string | URL,
  code: string,
  options: JoinOptions & CodecOption,
): Promise<Seat<Up, Down>>;
export function joinRoom(url: string | URL, code: string, options?: JoinOptions): Promise<Seat>;
export async function joinRoom(
  url: string | URL,
  code: string,
  options: JoinOptions & Partial<CodecOption> = {},
): Promise<Seat> {
  checkOptions('joinRoom', { ...CONNECT_OPTIONS, plain: 'boolean' }, options);
  const { signal, codec, plain = false } = options;
  const address = new RelayAddress(url);
  const room = parseCode(code);
  if (room === undefined) throw new RelayError(4004, 'no such room');
  const activated = whenActivated();
  if (activated !== undefined) await activated;
  const environment = resolve(options);
  const page = new PageMemory(environment, {
    name: () => `seat ${address}${room}`,
    isForDevice: true,
  });
  signal?.throwIfAborted();
  const memory = readSeat(await page.find());
  signal?.throwIfAborted();
  page.keep(memory);
  const joining = { environment, address, page, code: room, memory, plain, codec };
  return cancellable<Seat>(
    signal,
    (joined, refused) => new SeatConnection({ ...joining, joined, refused }),
  );
}
