import { MAX_NAME_BYTES } from '../protocol/read-command.js';
import { type PlayerId, parsePlayerId, type RoomCode } from '../rooms/ids.js';
import { parseRoomCode } from '../rooms/room-code.js';
import type { SavedRoom, SavedSeat } from '../rooms/saved-room.js';
import { parseHash, type SecretHash } from '../rooms/secret.js';

/*
 * How rooms are written down: JSON, a line for what this is, a line for each room, and a line with
 * their number, without which the end is missing. It also says whether nothing has happened since.
 */

const FORMAT = 'lobby-relay state';
const VERSION = 1;

/** What is written cannot be used; the message says why. */
export class StateError extends Error {}

export const firstLine = (): string => `${JSON.stringify({ format: FORMAT, version: VERSION })}\n`;
export const roomLine = (room: SavedRoom): string => `${JSON.stringify(room)}\n`;
export const lastLine = (rooms: number, final: boolean): string =>
  `${JSON.stringify({ rooms, final })}\n`;

/**
 * The ids that a room leaves out behind those that were written. A process that was killed has
 * given some since, and a host would take the next players for those it knows. In the second or two
 * that the file is behind, fewer join.
 */
export const SKIPPED_IDS = 10_000;

/**
 * Reads what was written. Somebody else may have had a hand in it: whatever this relay never writes
 * is damage, because a room that is not sound would go wrong later, in the middle of a game.
 *
 * @throws {StateError} if it is something else, newer, cut off, or damaged
 */
export function parseState(text: string): SavedRoom[] {
  const [first = '', ...lines] = text.split('\n');
  checkFirstLine(parseLine(first, 0));
  if (lines.pop() !== '') throw new StateError(CUT_OFF);
  const parsed = lines.map((line, index) => parseLine(line, index + 1));
  const last = parsed.pop();
  if (last?.['rooms'] !== parsed.length) throw new StateError(CUT_OFF);
  const codes = new Set<RoomCode>();
  const rooms = parsed.map((fields, index) => {
    const room = parseRoom(fields);
    if (room === undefined || codes.has(room.code)) throw new StateError(damaged(index + 1));
    codes.add(room.code);
    return room;
  });
  return last['final'] === true ? rooms : rooms.map(skipIds);
}

function skipIds(room: SavedRoom): SavedRoom {
  return { ...room, lastId: ((room.lastId ?? 0) + SKIPPED_IDS) as PlayerId };
}

type Fields = Readonly<Record<string, unknown>>;

const FOREIGN = 'it is no state file of lobby-relay';
const CUT_OFF = 'its end is missing';

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
    throw new StateError(`it is of version ${version}, and this relay reads ${VERSION}`);
  }
}

function parseRoom(fields: Fields): SavedRoom | undefined {
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
  };
  return isRoom(room) && isSound(room) ? room : undefined;
}

function isRoom(room: { [Name in keyof SavedRoom]: unknown }): room is SavedRoom {
  const { code, name, maxPlayers, started, hold, resume, seats, banned } = room;
  const isWhole = [code, maxPlayers, resume, seats, banned].every((part) => part !== undefined);
  return (
    isWhole &&
    typeof name === 'string' &&
    isUsableName(name) &&
    typeof started === 'boolean' &&
    typeof hold === 'number' &&
    hold > 0
  );
}

/** Whether nobody shares an id or a key, and nobody sits there who must not come in. */
function isSound({ seats, banned }: SavedRoom): boolean {
  const ids = new Set(seats.map(({ id }) => id));
  const keys = seats.flatMap(({ key }) => key ?? []);
  const known = new Set([...keys, ...banned]);
  return ids.size === seats.length && known.size === keys.length + banned.length;
}

function parseCode(code: unknown): RoomCode | undefined {
  return typeof code === 'string' ? parseRoomCode(code) : undefined;
}

function parseMaxPlayers(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

/** Every `state` carries it. */
function isUsableName(name: string): boolean {
  return name.isWellFormed() && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

function parseSeat(value: unknown, lastId: number): SavedSeat | undefined {
  const { id, key, away } = value as Fields;
  const player = parsePlayerId(id);
  const hash: SecretHash | null | undefined = key === null ? null : parseHash(key);
  if (player === undefined || player > lastId || hash === undefined) return undefined;
  return typeof away === 'boolean' ? { id: player, key: hash, away } : undefined;
}

/** Every element parsed; `undefined` if one cannot be, or if it is no list. */
function parseList<T>(value: unknown, parse: (value: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value.map((element) => (element === null ? undefined : parse(element)));
  return list.includes(undefined) ? undefined : (list as T[]);
}

function damaged(index: number): string {
  return `line ${index + 1} is damaged`;
}
