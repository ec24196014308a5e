import type { CodecOption, JoinOptions, Seat } from '../api.js';
import { RelayError } from '../errors/relay-error.js';
import { join } from '../player/join-room.js';
import { joinListed } from './join-listed.js';

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
export function quickJoin(
  url: string | URL,
  list: string,
  options?: JoinOptions & Partial<CodecOption>,
): Promise<Seat> {
  return joinListed({ RelayError, join }, url, list, options);
}
