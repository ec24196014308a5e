import { Buffer } from 'node:buffer';
import type { Retry } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import { KIB } from '../../units.js';
import type { BatchMemory } from './batch-memory.js';
import type { Join } from './frames.js';
import type { OutFrame } from './out-frame.js';
import { HEAD_BYTES, JOIN, KIND, STREAMED } from './wire.js';

/** The order is that of the wire. */
export const RETRIES: readonly Retry[] = ['no', 'later', 'yes'];

/** A batch of this length keeps its memory. A shorter one is copied, which is quick. */
const FILLS = 48 * KIB;

const NO_MEMORY = Buffer.alloc(0);

/** Writes the frames of one batch after the other. */
export class FrameWriter {
  readonly #free: BatchMemory;
  #memory: Buffer = NO_MEMORY;
  #at = HEAD_BYTES;

  constructor(memory: BatchMemory) {
    this.#free = memory;
  }

  /** How many bytes the batch has so far, with those of its head. */
  get length(): number {
    return this.#at;
  }

  /** How many bytes the frames of the batch have so far. */
  get contentLength(): number {
    return this.#at - HEAD_BYTES;
  }

  get isEmpty(): boolean {
    return this.#at === HEAD_BYTES;
  }

  /** The batch, with space for its head. The next frame starts a new one. */
  take(): Buffer {
    const memory = this.#memory;
    const length = this.#at;
    if (length < FILLS) {
      const batch = Buffer.allocUnsafe(length);
      batch.set(memory.subarray(HEAD_BYTES, length), HEAD_BYTES);
      this.clear();
      return batch;
    }
    this.#memory = NO_MEMORY;
    this.#at = HEAD_BYTES;
    return memory.subarray(0, length);
  }

  /** Drops what the batch has so far. */
  clear(): void {
    if (this.#memory !== NO_MEMORY) this.#free.give(this.#memory);
    this.#memory = NO_MEMORY;
    this.#at = HEAD_BYTES;
  }

  /**
   * Writes a frame, for which the batch must have space.
   *
   * @param stream the number of the stream that has the bytes of the message
   */
  write(frame: OutFrame, stream?: number): void {
    this.#begin();
    switch (frame.kind) {
      case KIND.from:
        this.#u8(kindOf(KIND.from, frame.payload, stream));
        this.#u32(frame.handle);
        return this.#content(frame.payload, stream);
      case KIND.to:
        this.#u8(kindOf(KIND.to, frame.payload, stream));
        this.#handles(frame.handles);
        return this.#content(frame.payload, stream);
      case KIND.join:
        return this.#join(frame.handle, frame.join);
      default:
        return this.#control(frame);
    }
  }

  /** Writes a player's message, for which the batch must have space. */
  from(handle: number, { bytes, text }: Payload): void {
    this.#begin();
    this.#u8(text ? KIND.fromText : KIND.from);
    this.#u32(handle);
    this.#bytes(bytes);
  }

  /** Writes a piece of a long message. */
  more(stream: number, total: number, bytes: Uint8Array): void {
    this.#begin();
    this.#u8(KIND.more);
    this.#u32(stream);
    this.#u32(total);
    this.#bytes(bytes);
  }

  #begin(): void {
    if (this.#memory === NO_MEMORY) this.#memory = this.#free.take();
  }

  #control(
    frame: Exclude<
      OutFrame,
      { readonly kind: typeof KIND.from | typeof KIND.to | typeof KIND.join }
    >,
  ): void {
    this.#u8(frame.kind);
    switch (frame.kind) {
      case KIND.disconnected:
        this.#u32(frame.handle);
        return this.#u8(frame.isFinal ? 1 : 0);
      case KIND.measured:
        this.#u32(frame.handle);
        return this.#u32(Math.min(Math.round(frame.time * 1000), 0xffff_ffff));
      case KIND.seated:
        this.#u32(frame.handle);
        this.#u32(frame.id);
        return this.#u32(frame.connection);
      case KIND.close:
        this.#handles(frame.handles);
        this.#u16(frame.reason.code);
        this.#u8(RETRIES.indexOf(frame.reason.retry));
        return this.#shortText(frame.reason.reason);
      default:
        return this.#handles(frame.handles);
    }
  }

  #join(handle: number, join: Join): void {
    this.#u8(KIND.join);
    this.#u32(handle);
    this.#u32(join.epoch);
    this.#u32(join.at);
    this.#u32(join.connection);
    this.#u16(optionsOf(join));
    this.#shortText(join.code);
    if (join.key !== undefined && join.key !== 'malformed') {
      this.#at += this.#memory.write(join.key, this.#at, 'base64url');
    }
    if (join.about !== undefined) this.#text(join.about);
    if (join.password !== undefined) this.#text(join.password);
    if (join.address !== undefined) this.#shortText(join.address);
  }

  #content({ bytes }: Payload, stream: number | undefined): void {
    if (stream === undefined) this.#bytes(bytes);
    else this.#u32(stream);
  }

  #handles(handles: readonly number[]): void {
    this.#u16(handles.length);
    for (const handle of handles) this.#u32(handle);
  }

  #bytes(bytes: Uint8Array): void {
    this.#u32(bytes.length);
    this.#memory.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #shortText(text: string): void {
    const length = this.#memory.write(text, this.#at + 1);
    this.#u8(length);
    this.#at += length;
  }

  #text(text: string): void {
    const length = this.#memory.write(text, this.#at + 2);
    this.#u16(length);
    this.#at += length;
  }

  #u8(value: number): void {
    this.#memory[this.#at++] = value;
  }

  #u16(value: number): void {
    this.#memory[this.#at++] = value;
    this.#memory[this.#at++] = value >>> 8;
  }

  #u32(value: number): void {
    this.#memory[this.#at++] = value;
    this.#memory[this.#at++] = value >>> 8;
    this.#memory[this.#at++] = value >>> 16;
    this.#memory[this.#at++] = value >>> 24;
  }
}

/** The kind of a frame with this message: that of a text follows that of bytes. */
function kindOf(kind: number, { text }: Payload, stream: number | undefined): number {
  return kind + (text ? 1 : 0) + (stream === undefined ? 0 : STREAMED);
}

function optionsOf(join: Join): number {
  const { role, allValues, key, isKeyDrawn, follows, about, password, address } = join;
  return (
    (role === 'viewer' ? JOIN.viewer : 0) |
    (allValues ? JOIN.allValues : 0) |
    (key === 'malformed' ? JOIN.malformedKey : 0) |
    (key !== undefined && key !== 'malformed' ? JOIN.key : 0) |
    (isKeyDrawn ? JOIN.drawn : 0) |
    (follows ? JOIN.follows : 0) |
    (about === undefined ? 0 : JOIN.about) |
    (password === undefined ? 0 : JOIN.password) |
    (address === undefined ? 0 : JOIN.address)
  );
}
