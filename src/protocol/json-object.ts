import { Buffer } from 'node:buffer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const SPACE = 0x20;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const SMALL_E = 0x65;
const SMALL_U = 0x75;

/** The most levels of lists and objects. The outermost object is the first. */
export const MAX_LEVELS = 32;

/** The levels whose members are listed: those of the object, and of objects that are its values. */
const LISTED_LEVELS = 2;

/** The most members of an object that are listed. */
export const MAX_MEMBERS = 64;

/** The characters after a backslash, besides `u` (RFC 8259 section 7). */
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));

/**
 * Longer strings without escapes are checked by `JSON.parse`, which takes 0.25 ns for each byte, the
 * loop 0.95.
 */
const SHORT = 256;

/**
 * One JSON value, exactly as it was received. Each character is one byte of its UTF-8 (latin1), so
 * that forwarding neither decodes nor encodes it.
 */
export type JsonText = string;

export interface JsonMember {
  readonly key: string;
  readonly value: JsonText;
  /** The members of the value, if it is an object. */
  readonly members: readonly JsonMember[] | undefined;
}

/**
 * Lists the members of a JSON object in one pass, which checks values but does not build them. Members
 * with the same key are all listed.
 *
 * @throws {SyntaxError} if the bytes are not one JSON object, or exceed a limit
 */
export function readJsonObject(json: Uint8Array): readonly JsonMember[] {
  return new Reader(json).readAll();
}

class Reader {
  readonly #json: Uint8Array;
  readonly #text: string;
  #at = 0;
  /** The next backslash from some earlier position on. */
  #nextBackslash = -1;

  constructor(json: Uint8Array) {
    this.#json = json;
    this.#text = Buffer.from(json.buffer, json.byteOffset, json.length).toString('latin1');
  }

  readAll(): readonly JsonMember[] {
    this.#skipSpace();
    if (this.#json[this.#at] !== OPENING_BRACE) throw invalid();
    const members = this.#readObject(1);
    this.#skipSpace();
    if (this.#at < this.#json.length) throw invalid();
    return members;
  }

  #readValue(level: number): readonly JsonMember[] | undefined {
    const first = this.#json[this.#at];
    if (first === QUOTE) this.#skipString();
    else if (first === OPENING_BRACE) return this.#readObject(level);
    else if (first === OPENING_BRACKET) this.#skipList(level);
    else if (first === MINUS || isDigit(first)) this.#skipNumber();
    else this.#skipLiteral();
    return undefined;
  }

  #readObject(level: number): readonly JsonMember[] {
    if (level > MAX_LEVELS) throw invalid();
    const members: JsonMember[] = [];
    this.#at++;
    if (this.#ends(CLOSING_BRACE)) return members;
    do {
      this.#skipSpace();
      const keyAt = this.#at;
      this.#skipString();
      const keyEnd = this.#at;
      this.#skipSpace();
      this.#expect(COLON);
      this.#skipSpace();
      const at = this.#at;
      const inner = this.#readValue(level + 1);
      if (level > LISTED_LEVELS) continue;
      if (members.length === MAX_MEMBERS) throw invalid();
      const value = this.#text.slice(at, this.#at);
      members.push({ key: this.#key(keyAt, keyEnd), value, members: inner });
    } while (this.#continues(CLOSING_BRACE));
    return members;
  }

  #key(at: number, end: number): string {
    const key = this.#text.slice(at + 1, end - 1);
    return key.includes('\\') ? (JSON.parse(this.#text.slice(at, end)) as string) : key;
  }

  #skipList(level: number): void {
    if (level > MAX_LEVELS) throw invalid();
    this.#at++;
    if (this.#ends(CLOSING_BRACKET)) return;
    do {
      this.#skipSpace();
      this.#readValue(level + 1);
    } while (this.#continues(CLOSING_BRACKET));
  }

  /** Whether the object or list ends here. Skips whitespace, and the closing bracket. */
  #ends(closing: number): boolean {
    this.#skipSpace();
    if (this.#json[this.#at] !== closing) return false;
    this.#at++;
    return true;
  }

  /** Whether a value follows another one. Skips the comma, or the closing bracket. */
  #continues(closing: number): boolean {
    if (this.#ends(closing)) return false;
    this.#expect(COMMA);
    return true;
  }

  #expect(character: number): void {
    if (this.#json[this.#at] !== character) throw invalid();
    this.#at++;
  }

  #skipSpace(): void {
    const json = this.#json;
    let at = this.#at;
    while (at < json.length && isSpace(json[at] as number)) at++;
    this.#at = at;
  }

  #skipString(): void {
    this.#expect(QUOTE);
    const start = this.#at;
    this.#at = this.#endOfString(Math.min(start + SHORT, this.#json.length));
    if (this.#at === start) this.#skipLongString(start);
  }

  /** The index after a string; where the string starts, if it does not end before the limit. */
  #endOfString(limit: number): number {
    const json = this.#json;
    for (let at = this.#at; at < limit; at++) {
      const byte = json[at] as number;
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) at = endOfEscape(json, at);
      else if (byte < SPACE) throw invalid();
    }
    return this.#at;
  }

  /** Skips the rest of a string, of which the first characters have been checked already. */
  #skipLongString(start: number): void {
    const end = this.#text.indexOf('"', start);
    if (end < 0) throw invalid();
    if (this.#backslashFrom(start) < end) {
      this.#at = this.#endOfString(this.#json.length);
      if (this.#at === start) throw invalid();
    } else {
      JSON.parse(this.#text.slice(start - 1, end + 1));
      this.#at = end + 1;
    }
  }

  /** The index of the first backslash from here on; the length of the text if there is none. */
  #backslashFrom(at: number): number {
    if (this.#nextBackslash < at) {
      const next = this.#text.indexOf('\\', at);
      this.#nextBackslash = next < 0 ? this.#text.length : next;
    }
    return this.#nextBackslash;
  }

  /** Skips a number (RFC 8259 section 6). */
  #skipNumber(): void {
    const json = this.#json;
    if (json[this.#at] === MINUS) this.#at++;
    if (json[this.#at] === ZERO) this.#at++;
    else this.#skipDigits();
    if (json[this.#at] === POINT) {
      this.#at++;
      this.#skipDigits();
    }
    if (((json[this.#at] ?? 0) | SPACE) !== SMALL_E) return;
    const sign = json[++this.#at];
    if (sign === PLUS || sign === MINUS) this.#at++;
    this.#skipDigits();
  }

  /** Skips digits, at least one. */
  #skipDigits(): void {
    const start = this.#at;
    while (isDigit(this.#json[this.#at])) this.#at++;
    if (this.#at === start) throw invalid();
  }

  #skipLiteral(): void {
    const literal = ['true', 'false', 'null'].find((each) => this.#text.startsWith(each, this.#at));
    if (literal === undefined) throw invalid();
    this.#at += literal.length;
  }
}

/** The index of the last byte of the escape that starts with the backslash at `at`. */
function endOfEscape(json: Uint8Array, at: number): number {
  const letter = json[at + 1] ?? 0;
  if (ESCAPED.has(letter)) return at + 1;
  if (letter !== SMALL_U) throw invalid();
  for (let digit = at + 2; digit < at + 6; digit++) if (!isHexDigit(json[digit])) throw invalid();
  return at + 5;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function isHexDigit(byte = 0): boolean {
  const letter = byte | SPACE;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}

function invalid(): SyntaxError {
  return new SyntaxError('not a JSON object');
}
