import type { KickOptions, RoomChanges, RoomOptions } from '../api.js';
import { CONNECT_OPTIONS, checkOptions, MAX_UINT32, type OptionTypes } from '../check-options.js';
import { checkListName } from '../list/list-name.js';
import { shortJson } from '../short-json.js';
import type { Value } from './cbor.js';
import type { Command } from './room-commands.js';

const DEFAULT_MAX_PLAYERS = 8;
const DEFAULT_HOLD = 120;
const MAX_NAME_BYTES = 1_024;
const MAX_PASSWORD_BYTES = 256;
const MAX_REASON_BYTES = 100;

const OPTIONS = {
  ...CONNECT_OPTIONS,
  name: 'string',
  maxPlayers: [1, MAX_UINT32] as const,
  hold: [0, MAX_UINT32] as const,
  ask: 'boolean',
  password: 'string',
  code: 'string',
  list: 'string',
  listing: 'any',
  audience: [1, MAX_UINT32] as const,
  token: 'string',
  resume: 'boolean',
} satisfies OptionTypes;

/** The values of `prepare` that the game has requested. */
export interface RequestedRoom {
  readonly name: string;
  readonly maxPlayers: number;
  readonly hold: number;
  /** The fields that request features of the relay. */
  readonly features: Command;
}

/**
 * @throws TypeError if an option does not exist, or has another type
 * @throws RangeError if an option is too long, or out of bounds
 */
export function readRoomOptions(options: RoomOptions): RequestedRoom {
  checkOptions('createRoom', OPTIONS, options);
  const { name = '', maxPlayers = DEFAULT_MAX_PLAYERS, hold = DEFAULT_HOLD } = options;
  checkBytes('createRoom: name', name, 0, MAX_NAME_BYTES);
  const { ask = false, password, code, list, audience } = options;
  if (list !== undefined) checkListName('createRoom', list);
  const listing = shortJson('createRoom: listing', options.listing);
  // An empty field of a form must not open the room to everybody.
  if (password !== undefined) checkBytes('createRoom: password', password, 1, MAX_PASSWORD_BYTES);
  const features = {
    // Cheap, and games may use it without an option.
    about: true,
    ...(ask && { ask }),
    ...(password !== undefined && { password }),
    ...(code !== undefined && { code }),
    ...(list !== undefined && { list }),
    ...(listing !== undefined && { listing }),
    ...(audience !== undefined && { audience }),
  };
  return { name, maxPlayers, hold, features };
}

/**
 * The fields of the command `set`.
 *
 * @throws TypeError if a field does not exist, or has another type
 * @throws RangeError if a field is too long, or out of bounds
 */
export function toSetFields(changes: RoomChanges): Command {
  checkOptions(
    'set',
    { name: OPTIONS.name, maxPlayers: OPTIONS.maxPlayers, list: 'string', listing: 'any' },
    changes,
  );
  const { name, maxPlayers, list } = changes;
  if (list) checkListName('set', list);
  if (name !== undefined) checkBytes('set: name', name, 0, MAX_NAME_BYTES);
  const listing = shortJson('set: listing', changes.listing);
  return {
    ...(name !== undefined && { name }),
    ...(maxPlayers !== undefined && { max_players: maxPlayers }),
    ...(list !== undefined && { list }),
    ...(listing !== undefined && { listing }),
  };
}

/**
 * The fields of the command `kick`.
 *
 * @throws TypeError if an option does not exist, or has another type
 * @throws RangeError if the reason is too long
 */
export function toKickFields(functionName: string, options: KickOptions): Command {
  checkOptions(functionName, { reason: 'string', ban: 'boolean' }, options);
  const { reason = '', ban = false } = options;
  checkBytes(`${functionName}: reason`, reason, 0, MAX_REASON_BYTES);
  return { ...(reason !== '' && { reason }), ...(ban && { ban }) };
}

/** Features without which players could join whom the game does not want. */
const REQUIRED = ['ask', 'password'];

/**
 * The requested features that the room must have and does not have.
 *
 * @param list the features of the room, as the relay has listed them
 */
export function missingFeatures(requested: Command, list: Value | undefined): readonly string[] {
  const features: readonly unknown[] = Array.isArray(list) ? list : [];
  return REQUIRED.filter((name) => name in requested && !features.includes(name));
}

function checkBytes(name: string, text: string, min: number, max: number): void {
  const { length } = new TextEncoder().encode(text);
  if (length < min || length > max) {
    const expected = min > 0 ? `${min} to ${max}` : `at most ${max}`;
    throw new RangeError(`${name}: expected ${expected} bytes`);
  }
}
