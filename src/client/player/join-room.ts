import type { CodecOption, Data, JoinOptions, Seat, Sendable } from '../api.js';
import { whenActivated } from '../browser.js';
import { cancellable } from '../cancellable.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolveEnvironment } from '../environment.js';
import { NO_SUCH_ROOM } from '../errors/closes.js';
import { RelayError } from '../errors/relay-error.js';
import { parseCode } from '../room-code.js';
import { shortJson } from '../short-json.js';
import { PageStore } from '../storage/page-store.js';
import { checkJoinOptions } from './join-options.js';
import { SeatConnection } from './seat-connection.js';
import { readStoredSeat } from './stored-seat.js';

/**
 * Joins a room, in the seat that this page, or a closed tab on this device, had in it before. In a
 * prerendered page, this waits until the page is opened.
 *
 * @param url the relay: `wss://relay.example.com`, or `https://`; a path before the code is kept
 * @param code the room's letters, in any case, with or without white space around them
 * @throws RelayError if the relay cannot be reached, or the room cannot be joined. If no room can have
 * this code, the error's `code` is `noSuchRoom`, and nothing is sent
 * @throws TypeError if `url` is not the URL of a relay, an option does not exist or has another type,
 * or there is no WebSocket
 * @throws RangeError if a number is out of bounds, or `about` is too long
 * @throws the reason of `signal`, if it is aborted
 */
export function joinRoom<Up, Down, State = unknown>(
  url: string | URL,
  code: string,
  options: JoinOptions & CodecOption,
): Promise<Seat<Up, Down, State>>;
export function joinRoom<State = unknown>(
  url: string | URL,
  code: string,
  options?: JoinOptions,
): Promise<Seat<Sendable, Data, State>>;
export async function joinRoom(
  url: string | URL,
  code: string,
  options: JoinOptions & Partial<CodecOption> = {},
): Promise<Seat> {
  return join(url, code, options);
}

/** @param closed is called when the seat has ended */
export async function join(
  url: string | URL,
  code: string,
  options: JoinOptions & Partial<CodecOption>,
  closed = (_error: RelayError): void => {},
): Promise<Seat> {
  checkJoinOptions('joinRoom', options);
  const { signal, codec, password, plain = false } = options;
  const about = shortJson('joinRoom: about', options.about);
  const address = new RelayAddress(url);
  const room = parseCode(code);
  if (room === undefined) throw new RelayError(NO_SUCH_ROOM, 'no such room');
  const activated = whenActivated();
  if (activated !== undefined) await activated;
  const environment = resolveEnvironment(options);
  const page = new PageStore(environment, {
    name: () => `seat ${address}${room}`,
    isShared: true,
  });
  signal?.throwIfAborted();
  const stored = readStoredSeat(await page.find());
  signal?.throwIfAborted();
  page.store(stored);
  const joining = {
    environment,
    address,
    page,
    code: room,
    about,
    password,
    stored,
    plain,
    codec,
    closed,
  };
  return cancellable<Seat>(
    signal,
    (joined, refused) => new SeatConnection({ ...joining, joined, refused }),
  );
}
