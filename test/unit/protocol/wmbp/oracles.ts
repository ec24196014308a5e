import { Decoder } from 'cbor-x/index-no-eval';
import { decodeFirst, type TagDecodeControl } from 'cborg';
import { type Legible, meaning, type WireCommand } from '../../../support/arbitraries.js';
import { wellFormed } from './well-formed.js';

/** A decoder that is independent of the relay. */
export interface Opinion {
  readonly oracle: 'cborg' | 'cbor-x';
  readonly command: Legible;
}

/**
 * The command in a frame according to each of the two oracles, as far as they can read such CBOR.
 *
 * Only for frames that the relay's reader accepts: a few hostile bytes make cbor-x allocate
 * without end.
 */
export function opinions(frame: Uint8Array): Opinion[] {
  const { length, chunks, simpleValues, wideHeads, taggedIndefinite, otherTags } =
    wellFormed(frame);
  // Neither reads strings in chunks, nor unassigned simple values and tags.
  if (chunks || simpleValues || otherTags) return [];
  const found: Opinion[] = [{ oracle: 'cborg', command: judge(readWithCborg(frame)) }];
  // cbor-x reads a record's definition with a short and definite head only, and calculates with
  // its id, which must not be a bigint, as integers of eight bytes are to it.
  const isRecord = frame[0] !== undefined && frame[0] >> 5 === 6;
  if (!isRecord || !(taggedIndefinite || wideHeads)) {
    found.push({ oracle: 'cbor-x', command: judge(readWithCborX(frame.subarray(0, length))) });
  }
  return found;
}

/** Normalizes a command where decoders may differ. */
export function comparable(command: Legible): Legible {
  switch (command.cmd) {
    case 'prepare':
      return {
        ...command,
        maxPlayers: exact(command.maxPlayers),
        name: unmarked(command.name),
        ...(command.hold !== undefined && { hold: exact(command.hold) }),
      };
    case 'admit':
      return { ...command, player: exact(command.player) };
    case 'kick':
      return {
        ...command,
        player: exact(command.player),
        ...(command.reason !== undefined && { reason: unmarked(command.reason) }),
      };
    case 'set':
      return {
        ...command,
        ...(command.name !== undefined && { name: unmarked(command.name) }),
        ...(command.maxPlayers !== undefined && { maxPlayers: exact(command.maxPlayers) }),
      };
    case 'send':
      return content({
        ...command,
        to: command.to === 'everybody' ? command.to : command.to.map(exact),
      });
    case 'sendExcept':
      return content({ ...command, except: command.except.map(exact) });
    case 'keep':
      return content({
        ...command,
        to: command.to === 'everybody' ? command.to : exact(command.to),
        key: unmarked(command.key),
      });
    default:
      return command;
  }
}

function content<T extends Legible>(command: T): T {
  return 'text' in command ? { ...command, text: unmarked(command.text) } : command;
}

/** Above 2^53, readers of doubles and of bigints round differently. No player has such an id. */
function exact(n: number): number {
  return Number.isSafeInteger(n) ? n : Math.sign(n) * 2 ** 53;
}

/** Both oracles read text with a TextDecoder, which swallows a byte order mark. */
function unmarked(text: string): string {
  return text.replace(/^\ufeff/, '');
}

type Fields = Record<string, unknown>;

function readWithCborg(frame: Uint8Array): Fields {
  const tags = {
    // Typed by the decoder's caller, because cborg has no tags of its own.
    64: (content: TagDecodeControl) => content(),
    57343: (content: TagDecodeControl) => {
      const [, keys, ...values] = content() as [unknown, string[], ...unknown[]];
      return new Map(keys.map((key, i) => [key, values[i]]));
    },
  };
  const [map] = decodeFirst(frame, { useMaps: true, tags }) as [Map<string, unknown>, Uint8Array];
  return Object.fromEntries(map);
}

function readWithCborX(item: Uint8Array): Fields {
  // A new decoder for each frame, because a decoder stores the records of earlier frames.
  const decoder = new Decoder({ useRecords: false, mapsAsObjects: false });
  const map: unknown = decoder.decode(item);
  return map instanceof Map ? Object.fromEntries(map) : (map as Fields);
}

/** A frame's fields as a command; invalid fields become an unequal value. */
function judge(fields: Fields): Legible {
  return meaning({
    ...fields,
    max_players: asNumber(fields['max_players']),
    player: asNumber(fields['player']),
    hold: asNumber(fields['hold']),
    to: asNumbers(fields['to']),
    except: asNumbers(fields['except']),
    data: fields['cmd'] === 'to' ? asBytes(fields['data']) : fields['data'],
  } as Fields as WireCommand & Fields);
}

function asNumbers(list: unknown): unknown {
  return Array.isArray(list) ? list.map(asNumber) : list;
}

function asBytes(data: unknown): Uint8Array | undefined {
  if (data instanceof Uint8Array) return data;
  if (data === undefined || data === null) return undefined;
  if (!Array.isArray(data)) throw new Error('an oracle read no bytes');
  const integers = data.map(Number);
  const bytes = Uint8Array.from(integers);
  if (!bytes.every((byte, i) => byte === integers[i])) throw new Error('an oracle read no bytes');
  return bytes;
}

/** Integers of eight bytes are bigints to both oracles. */
function asNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
