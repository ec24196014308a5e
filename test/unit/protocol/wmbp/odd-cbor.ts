/** Picks a number below `ways`. */
export type Choose = (ways: number) => number;

/** Replays numbers, over and over, as choices; no numbers mean the first way every time. */
export function replay(numbers: readonly number[]): Choose {
  let at = 0;
  return (ways) => (numbers[at++ % numbers.length] ?? 0) % ways;
}

type Entry = readonly [key: string, value: unknown];

/**
 * Encodes a map as CBOR (RFC 8949) allows but encoders seldom do: heads wider than needed, lengths
 * left open, strings in chunks, integers as floats, keys in any order, bytes in three ways, the
 * map as a record. The first way of each choice is the plain one.
 */
export function encodeOddly(fields: object, choose: Choose): Buffer {
  const entries = shuffle(Object.entries(fields), choose);
  return choose(5) === 4 ? record(entries, choose) : map(entries, choose);
}

function encodeValue(value: unknown, choose: Choose): Buffer {
  if (typeof value === 'number') return number(value, choose);
  if (typeof value === 'string') return string(0x60, Buffer.from(value), choose);
  if (value instanceof Uint8Array) return bytes(value, choose);
  if (Array.isArray(value)) return array(value, choose);
  if (typeof value === 'object' && value !== null) return map(Object.entries(value), choose);
  switch (value) {
    case false:
      return Buffer.of(0xf4);
    case true:
      return Buffer.of(0xf5);
    case null:
      return Buffer.of(0xf6);
    case undefined:
      return Buffer.of(0xf7);
    default:
      throw new Error(`no CBOR for ${String(value)}`);
  }
}

function map(entries: readonly Entry[], choose: Choose): Buffer {
  const items = entries.flatMap(([key, value]) => [
    encodeValue(key, choose),
    encodeValue(value, choose),
  ]);
  return collection(0xa0, entries.length, items, choose);
}

function array(values: readonly unknown[], choose: Choose): Buffer {
  const items = values.map((value) => encodeValue(value, choose));
  return collection(0x80, items.length, items, choose);
}

/** cbor-x's definition of a record, with its first use: tag 57343 [id, [keys], ...values]. */
function record(entries: readonly Entry[], choose: Choose): Buffer {
  const keys = entries.map(([key]) => key);
  const values = entries.map(([, value]) => value);
  return Buffer.concat([head(0xc0, 57343, choose), array([57344, keys, ...values], choose)]);
}

function collection(major: number, count: number, items: Buffer[], choose: Choose): Buffer {
  if (choose(3) === 2) return Buffer.concat([Buffer.of(major | 31), ...items, Buffer.of(0xff)]);
  return Buffer.concat([head(major, count, choose), ...items]);
}

function bytes(value: Uint8Array, choose: Choose): Buffer {
  switch (choose(3)) {
    case 0:
      return string(0x40, value, choose);
    case 1:
      return Buffer.concat([head(0xc0, 64, choose), string(0x40, value, choose)]);
    default:
      return array([...value], choose);
  }
}

function string(major: number, value: Uint8Array, choose: Choose): Buffer {
  if (choose(4) < 3) return Buffer.concat([head(major, value.length, choose), value]);
  const chunks: Uint8Array[] = [];
  // Chunks of any length, which may split characters and may be empty.
  for (let at = 0; at < value.length; ) {
    const chunk = value.subarray(at, at + choose(value.length - at + 1));
    chunks.push(head(major, chunk.length, choose), chunk);
    at += chunk.length;
    if (chunks.length > 20) {
      chunks.push(head(major, value.length - at, choose), value.subarray(at));
      break;
    }
  }
  return Buffer.concat([Buffer.of(major | 31), ...chunks, Buffer.of(0xff)]);
}

function number(value: number, choose: Choose): Buffer {
  const ways = [double(value)];
  if (Math.fround(value) === value) ways.unshift(single(value));
  const half = halfBits(value);
  if (half !== undefined) ways.unshift(Buffer.of(0xf9, half >>> 8, half & 255));
  if (Number.isSafeInteger(value)) {
    ways.unshift(value < 0 ? head(0x20, -1 - value, choose) : head(0x00, value, choose));
  }
  return ways[choose(ways.length)] as Buffer;
}

function single(value: number): Buffer {
  const item = Buffer.of(0xfa, 0, 0, 0, 0);
  item.writeFloatBE(value, 1);
  return item;
}

function double(value: number): Buffer {
  const item = Buffer.of(0xfb, 0, 0, 0, 0, 0, 0, 0, 0);
  item.writeDoubleBE(value, 1);
  return item;
}

/** The half-precision float that is exactly this number, if there is a normal one. */
function halfBits(value: number): number | undefined {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const mantissa = (Math.abs(value) / 2 ** exponent - 1) * 1024;
  if (exponent < -14 || exponent > 15 || !Number.isInteger(mantissa)) return undefined;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | mantissa;
}

function head(major: number, argument: number, choose: Choose): Buffer {
  const widths = [1, 2, 4, 8].filter((width) => argument < 2 ** (8 * width));
  if (argument < 24) widths.unshift(0);
  const width = widths[choose(widths.length)] as number;
  if (width === 0) return Buffer.of(major | argument);
  const item = Buffer.alloc(1 + width);
  item[0] = major | (24 + Math.log2(width));
  if (width === 8) item.writeBigUInt64BE(BigInt(argument), 1);
  else item.writeUIntBE(argument, 1, width);
  return item;
}

function shuffle<T>(items: readonly T[], choose: Choose): T[] {
  const rest = [...items];
  const shuffled: T[] = [];
  while (rest.length > 0) shuffled.push(...rest.splice(choose(rest.length), 1));
  return shuffled;
}
