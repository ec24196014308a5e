import { isUtf8 } from 'node:buffer';
import type { CloseReason } from '../../protocol/close-codes.js';
import { Payload } from '../../protocol/payload.js';
import type { RoomCode } from '../../rooms/ids.js';
import { parseRoomCode } from '../../rooms/room-code.js';
import type { SecretHash } from '../../rooms/secret.js';
import { RETRIES } from './frame-writer.js';
import { type FrameHandler, type Join, WireError } from './frames.js';
import type { Streams } from './streams.js';
import { HEAD_BYTES, JOIN, KIND, MAX_HANDLES, MAX_INLINE, MAX_TEXT, STREAMED } from './wire.js';

/** Receives the frames. Its handler may change after each frame. */
export interface FrameTarget {
  readonly handler: FrameHandler;
  readonly streams: Streams;
}

/** Far below the largest number that a saved room may have. */
const MAX_CONNECTION = 2 ** 30;

const KEY_BYTES = 32;
const MAX_ADDRESS = 64;
/** A close's reason has at most 123 bytes (RFC 6455 section 5.5). */
const MAX_REASON = 123;

/** The bytes before the content of a frame, at least. They are read before it, and may be overwritten. */
const HEADROOM = 9;

/**
 * Reads the frames of a batch. Messages share its memory, which must not be reused.
 *
 * @throws {WireError} if it is invalid; the frames before that were handled
 */
export function readFrames(batch: Buffer, target: FrameTarget): void {
  const reader = new FrameReader(batch, target);
  while (reader.hasMore) reader.next();
}

class FrameReader {
  readonly #batch: Buffer;
  readonly #target: FrameTarget;
  #at = HEAD_BYTES;

  constructor(batch: Buffer, target: FrameTarget) {
    this.#batch = batch;
    this.#target = target;
  }

  get hasMore(): boolean {
    return this.#at < this.#batch.length;
  }

  next(): void {
    const { handler } = this.#target;
    const kind = this.#u8();
    switch (kind & ~STREAMED) {
      case KIND.from:
        return handler.from(this.#u32(), this.#content(kind, false));
      case KIND.fromText:
        return handler.from(this.#u32(), this.#content(kind, true));
      case KIND.to:
        return handler.to(this.#handles(), this.#content(kind, false));
      case KIND.toText:
        return handler.to(this.#handles(), this.#content(kind, true));
      default:
        return this.#control(kind, handler);
    }
  }

  #control(kind: number, handler: FrameHandler): void {
    switch (kind) {
      case KIND.join:
        return handler.join(this.#u32(), this.#join());
      case KIND.disconnected:
        return handler.disconnected(this.#u32(), this.#flag());
      case KIND.measured:
        return handler.measured(this.#u32(), this.#u32() / 1000);
      case KIND.seated:
        return handler.seated(this.#u32(), this.#u32(), this.#u32());
      case KIND.close:
        return handler.close(this.#handles(), this.#reason());
      case KIND.pause:
        return handler.setReading(this.#handles(), false);
      case KIND.resume:
        return handler.setReading(this.#handles(), true);
      case KIND.measure:
        return handler.measure(this.#handles());
      case KIND.more:
        return this.#target.streams.add(this.#u32(), this.#u32(), this.#take(this.#u32()));
      default:
        throw new WireError(`a frame of the unknown kind ${kind}`);
    }
  }

  #content(kind: number, text: boolean): Payload {
    const number = this.#u32();
    const isStreamed = (kind & STREAMED) !== 0;
    if (!isStreamed && number > MAX_INLINE) throw new WireError(`a message of ${number} bytes`);
    const payload = isStreamed
      ? this.#target.streams.take(number, text)
      : new Payload(this.#take(number), text, HEADROOM);
    if (text && !isUtf8(payload.bytes)) throw new WireError('a text that is not UTF-8');
    return payload;
  }

  #handles(): number[] {
    const count = this.#u16();
    if (count === 0 || count > MAX_HANDLES) throw new WireError(`a frame for ${count} connections`);
    this.#need(count * 4);
    const handles = new Array<number>(count);
    for (let i = 0; i < count; i++) handles[i] = this.#u32();
    return handles;
  }

  #join(): Join {
    const epoch = this.#u32();
    const at = this.#u32();
    const connection = this.#u32();
    const options = this.#u16();
    const has = (option: number): boolean => (options & option) !== 0;
    const code = this.#code();
    const key = has(JOIN.key) ? this.#key() : undefined;
    if (has(JOIN.malformedKey) && key !== undefined) throw new WireError('a key that is malformed');
    if (connection > (has(JOIN.follows) ? MAX_CONNECTION : 0))
      throw new WireError(`the connection ${connection}`);
    if (has(JOIN.drawn) && key === undefined) throw new WireError('a key drawn that is not there');
    return {
      code,
      epoch,
      at,
      connection,
      role: has(JOIN.viewer) ? 'viewer' : 'player',
      allValues: has(JOIN.allValues),
      isKeyDrawn: has(JOIN.drawn),
      follows: has(JOIN.follows),
      key: has(JOIN.malformedKey) ? 'malformed' : key,
      about: has(JOIN.about) ? this.#text(this.#u16(), MAX_TEXT) : undefined,
      password: has(JOIN.password) ? this.#text(this.#u16(), MAX_TEXT) : undefined,
      address: has(JOIN.address) ? this.#text(this.#u8(), MAX_ADDRESS) : undefined,
    };
  }

  #code(): RoomCode {
    const text = this.#text(this.#u8(), 8);
    const code = parseRoomCode(text);
    if (code === undefined || code !== text) throw new WireError('a code that no room can have');
    return code;
  }

  #key(): SecretHash {
    return this.#take(KEY_BYTES).toString('base64url') as SecretHash;
  }

  #reason(): CloseReason {
    const code = this.#u16();
    if (code < 1000 || code > 4999) throw new WireError(`the close code ${code}`);
    const retry = RETRIES[this.#u8()];
    if (retry === undefined) throw new WireError('a close with an unknown retry rule');
    return { code, retry, reason: this.#text(this.#u8(), MAX_REASON) };
  }

  #text(length: number, max: number): string {
    if (length > max) throw new WireError(`a text of ${length} bytes`);
    const bytes = this.#take(length);
    if (!isUtf8(bytes)) throw new WireError('a text that is not UTF-8');
    return bytes.toString();
  }

  #flag(): boolean {
    const value = this.#u8();
    if (value > 1) throw new WireError(`the flag ${value}`);
    return value === 1;
  }

  /** The next bytes, which stay where they are. */
  #take(length: number): Buffer {
    this.#need(length);
    const at = this.#at;
    this.#at += length;
    return this.#batch.subarray(at, this.#at);
  }

  #need(length: number): void {
    if (length > this.#batch.length - this.#at) throw new WireError('a frame that is cut off');
  }

  #u8(): number {
    this.#need(1);
    return this.#batch[this.#at++] as number;
  }

  #u16(): number {
    this.#need(2);
    const value = this.#batch.readUInt16LE(this.#at);
    this.#at += 2;
    return value;
  }

  #u32(): number {
    this.#need(4);
    const value = this.#batch.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }
}
