import { MAX_NAME_BYTES } from '../protocol/room-name.js';
import { MAX_ADDRESSES } from '../rooms/bans.js';
import { type PlayerId, parsePlayerId, type RoomCode } from '../rooms/ids.js';
import { isUsableAbout } from '../rooms/join-request.js';
import { parseRoomCode } from '../rooms/room-code.js';
import type { SavedRoom, SavedSeat } from '../rooms/saved-room.js';
import { parseHash, type SecretHash } from '../rooms/secret.js';
import { DAMAGED, parseAsking, parseFeatures, parsePoll } from './saved-features.js';
import { areConsistent, isVersion, parseValue } from './saved-values.js';

/*
 * The format of the state file: JSON lines. The first line names the format, then each room has a
 * line. The last line has the number of rooms, so that a truncated file is detected, and says whether
 * the file is final.
 */

const FORMAT = 'lobby-relay state';
const VERSION = 1;

/** The file cannot be used. The message says why. */
export class StateError extends Error {}

export const firstLine = (): string => `${JSON.stringify({ format: FORMAT, version: VERSION })}\n`;
export const roomLine = (room: SavedRoom): string => `${JSON.stringify(room)}\n`;
export const lastLine = (rooms: number, final: boolean): string =>
  `${JSON.stringify({ rooms, final })}\n`;

/**
 * How many ids a room skips after a crash. The process may have assigned ids after the last write, and
 * a host must not mistake new players for those. Fewer players join in the second or two between
 * writes.
 */
export const SKIPPED_IDS = 10_000;

/**
 * Reads the rooms of a state file. Anything that this relay never writes counts as damage, because an
 * inconsistent room would fail later, in the middle of a game.
 *
 * @param lines one at a time, so that only one of them is in memory
 * @throws {StateError} if it is another format, a newer version, truncated, or damaged
 */
export function parseState(lines: Iterable<string>): SavedRoom[] {
  const rooms = new Map<RoomCode, SavedRoom>();
  let firstDamaged: number | undefined;
  let last: Fields | undefined;
  const take = (line: string, index: number): void => {
    const fields = parseLine(line, index);
    if (index === 0) return checkFirstLine(fields);
    // All lines between the first and the last are rooms.
    const room = last && parseRoom(last);
    if (room !== undefined && !rooms.has(room.code)) rooms.set(room.code, room);
    else if (last !== undefined) firstDamaged ??= index - 1;
    last = fields;
  };
  let index = 0;
  let rest: string | undefined;
  for (const line of lines) {
    if (rest !== undefined) take(rest, index++);
    rest = line;
  }
  if (index === 0) take(rest ?? '', 0);
  // The text ends with a line break.
  if (rest !== '' || last?.['rooms'] !== index - 2) throw new StateError(TRUNCATED);
  if (firstDamaged !== undefined) throw new StateError(damaged(firstDamaged));
  const all = [...rooms.values()];
  return last['final'] === true ? all : all.map(skipIds);
}

/** The room without the ids that it may have assigned since it was saved: see `SKIPPED_IDS`. */
export function skipIds(room: SavedRoom): SavedRoom {
  return { ...room, lastId: ((room.lastId ?? 0) + SKIPPED_IDS) as PlayerId };
}

/** The largest number of players in a room, whatever the options say. */
const MAX_SEATS = 65_535;

/** More connections than a seat ever has. Their numbers have 32 bits in links between relays. */
const MAX_CONNECTIONS = 2 ** 31;

type Fields = Readonly<Record<string, unknown>>;

const FOREIGN = 'it is not a state file of lobby-relay';
const TRUNCATED = 'its last line is missing';

function parseLine(line: string, index: number): Fields {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Fields;
  } catch {}
  throw new StateError(index === 0 ? FOREIGN : damaged(index));
}

function checkFirstLine({ format, version }: Fields): void {
  if (format !== FORMAT || typeof version !== 'number') throw new StateError(FOREIGN);
  if (version !== VERSION) {
    throw new StateError(`it has version ${version}, but this relay reads version ${VERSION}`);
  }
}

/** A saved room; `undefined` for anything that this relay never writes. */
export function parseRoom(fields: Fields): SavedRoom | undefined {
  const { name, started, hold, lastId } = fields;
  const last = lastId === null ? null : parsePlayerId(lastId);
  if (last === undefined) return undefined;
  const room = {
    code: parseCode(fields['code']),
    name,
    maxPlayers: parseMaxPlayers(fields['maxPlayers']),
    started,
    hold,
    resume: parseHash(fields['resume']),
    lastId: last,
    seats: parseList(fields['seats'], (seat) => parseSeat(seat, last ?? 0)),
    banned: parseList(fields['banned'], parseHash),
    ...parseFeatures(fields['features']),
    ...parseAsking(fields['asking']),
    ...(fields['bannedAddresses'] !== undefined && {
      bannedAddresses: parseList(fields['bannedAddresses'], parseHash),
    }),
    ...(fields['values'] !== undefined && { values: parseList(fields['values'], parseValue) }),
    ...parsePoll(fields['poll']),
  };
  return isRoom(room) && isConsistent(room) ? room : undefined;
}

function isRoom(room: { [Name in keyof SavedRoom]: unknown }): room is SavedRoom {
  const { code, name, maxPlayers, started, hold, resume, seats, banned } = room;
  const parts = [code, maxPlayers, resume, seats, banned];
  if ('bannedAddresses' in room) parts.push(room.bannedAddresses);
  if ('values' in room) parts.push(room.values);
  const isWhole = parts.every((part) => part !== undefined);
  if ([room.features, room.asking, room.poll].includes(DAMAGED)) return false;
  return (
    isWhole &&
    typeof name === 'string' &&
    isUsableName(name) &&
    typeof started === 'boolean' &&
    typeof hold === 'number' &&
    hold > 0
  );
}

/** Whether ids and keys are unique, no banned key has a seat, and values have owners. */
function isConsistent(room: SavedRoom): boolean {
  const { seats, banned, bannedAddresses = [], asking, lastId, features, values = [] } = room;
  if (seats.length > MAX_SEATS || !areConsistent(values, seats)) return false;
  const { size } = new Set(bannedAddresses);
  if (size < bannedAddresses.length || size > MAX_ADDRESSES) return false;
  const all = [...seats.map(({ id }) => id), ...(asking ?? [])];
  if (asking !== undefined && !(features?.ask && asking.every((id) => id <= (lastId ?? 0)))) {
    return false;
  }
  const keys = seats.flatMap(({ key }) => key ?? []);
  const known = new Set([...keys, ...banned]);
  return new Set(all).size === all.length && known.size === keys.length + banned.length;
}

function isAbout(about: unknown): about is string {
  return typeof about === 'string' && isUsableAbout(about);
}

function parseCode(code: unknown): RoomCode | undefined {
  return typeof code === 'string' ? parseRoomCode(code) : undefined;
}

function parseMaxPlayers(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

/** The name is part of every `state`. */
function isUsableName(name: string): boolean {
  return name.isWellFormed() && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

function parseSeat(value: unknown, lastId: number): SavedSeat | undefined {
  const { id, key, away, connection, about, seen } = value as Fields;
  const player = parsePlayerId(id);
  const hash: SecretHash | null | undefined = key === null ? null : parseHash(key);
  if (player === undefined || player > lastId || hash === undefined) return undefined;
  if (typeof away !== 'boolean' || !(about === undefined || isAbout(about))) return undefined;
  if (connection !== undefined && !isConnection(connection)) return undefined;
  if (seen !== undefined && (!away || !isVersion(seen))) return undefined;
  const seat =
    connection === undefined
      ? { id: player, key: hash, away }
      : { id: player, key: hash, away, connection };
  // An object that is built of optional parts takes half as much memory again: 73 instead of 48 bytes.
  if (about === undefined && seen === undefined) return seat;
  return {
    ...seat,
    ...(about !== undefined && { about }),
    ...(seen !== undefined && { seen }),
  };
}

function isConnection(value: unknown): value is number {
  return (
    Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < MAX_CONNECTIONS
  );
}

/** The parsed elements; `undefined` if it is not a list or an element is invalid. */
function parseList<T>(value: unknown, parse: (value: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value.map((element) => (element === null ? undefined : parse(element)));
  return list.includes(undefined) ? undefined : (list as T[]);
}

function damaged(index: number): string {
  return `line ${index + 1} is damaged`;
}
