/*
 * The part of CBOR (RFC 8949) that a host and a relay use: definite lengths, integers, text, byte
 * strings, lists, maps with text keys, true, false, null. A general codec would take up more than half
 * of the SDK.
 */

export type Value =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value };

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const SIMPLE = 7;
const SIMPLE_VALUES = new Map<number, boolean | null>([
  [20, false],
  [21, true],
  [22, null],
]);

const encoder = new TextEncoder();
// A byte order mark is part of the text, which must arrive unchanged.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Encodes one map. Its numbers must be integers from 0 to 2^32 - 1. */
export function encode(map: { readonly [key: string]: Value }): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  write(map, parts);
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function write(value: Value, parts: Uint8Array[]): void {
  if (typeof value === 'number') {
    parts.push(head(UNSIGNED, value));
  } else if (typeof value === 'string') {
    const text = encoder.encode(value);
    parts.push(head(TEXT, text.length), text);
  } else if (value instanceof Uint8Array) {
    parts.push(head(BYTES, value.length), value);
  } else if (value === null || typeof value === 'boolean') {
    parts.push(head(SIMPLE, value === null ? 22 : value ? 21 : 20));
  } else if (isList(value)) {
    parts.push(head(LIST, value.length));
    for (const item of value) write(item, parts);
  } else {
    const entries = Object.entries(value);
    parts.push(head(MAP, entries.length));
    for (const [key, item] of entries) {
      write(key, parts);
      write(item, parts);
    }
  }
}

/** `Array.isArray`, whose type does not include readonly arrays. */
function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function head(major: number, argument: number): Uint8Array {
  const first = major << 5;
  if (argument < 24) return Uint8Array.of(first | argument);
  const length = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : 4;
  const bytes = new Uint8Array(1 + length);
  bytes[0] = first | (length === 1 ? 24 : length === 2 ? 25 : 26);
  for (let at = length; at > 0; at--) {
    bytes[at] = argument;
    argument = Math.floor(argument / 256);
  }
  return bytes;
}

/**
 * Decodes one item. Byte strings are not copied.
 *
 * @throws RangeError if it is truncated, or of a kind that no relay sends
 */
export function decode(bytes: Uint8Array): Value {
  return new Reader(bytes).read();
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(): Value {
    const [first = 0] = this.#take(1);
    const major = first >>> 5;
    const info = first & 31;
    if (major === SIMPLE) {
      const value = SIMPLE_VALUES.get(info);
      if (value === undefined) throw new RangeError(`CBOR: unexpected simple value ${info}`);
      return value;
    }
    const argument = this.#argument(info);
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return -1 - argument;
      case BYTES:
        return this.#take(argument);
      case TEXT:
        return decoder.decode(this.#take(argument));
      case LIST:
        return this.#items(argument, () => this.read());
      case MAP:
        return Object.fromEntries(
          this.#items(argument, () => [String(this.read()), this.read()] as const),
        );
      default:
        throw new RangeError(`CBOR: unexpected major type ${major}`);
    }
  }

  #items<Item>(count: number, read: () => Item): Item[] {
    // Every item takes at least one byte: reject an impossible count before allocating memory.
    if (count > this.#bytes.length - this.#at) throw new RangeError('CBOR: truncated');
    return Array.from({ length: count }, read);
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new RangeError('CBOR: unexpected length');
    let value = 0;
    for (const byte of this.#take(2 ** (info - 24))) value = value * 256 + byte;
    return value;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('CBOR: truncated');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
