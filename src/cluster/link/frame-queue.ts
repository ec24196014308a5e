import type { Buffer } from 'node:buffer';
import type { Payload } from '../../protocol/payload.js';
import { Fifo } from '../../transport/fifo.js';
import { KIB } from '../../units.js';
import type { BatchMemory } from '../wire/batch-memory.js';
import { FrameWriter } from '../wire/frame-writer.js';
import type { Handle } from '../wire/frames.js';
import { FRAME_OVERHEAD, frameBytes, type MessageFrame, type OutFrame } from '../wire/out-frame.js';
import { KIND, MAX_HANDLES, MAX_INLINE, MAX_PIECE, MAX_STREAMS } from '../wire/wire.js';

/** A long message, which is sent in pieces, and the later frames of its lane. */
interface Stream {
  /** `undefined` until its first piece is sent. */
  number: number | undefined;
  readonly frame: MessageFrame;
  /** How many batches are sent before it: they may have earlier frames of its lane. */
  readonly after: number;
  sent: number;
  readonly followers: OutFrame[];
}

/** The memory of a frame without its message, in bytes. */
const FRAME_MEMORY = 100;
const HANDLE_BYTES = 4;

/** The length of a frame MORE without its piece, in bytes. */
const MORE_BYTES = 13;

/**
 * The length of a full batch, unless a single frame is longer. Even in the smallest window, it does not wait
 * for a delayed acknowledgement: of what is not acknowledged at once, there are at most 12.8 KiB.
 */
const FULL = 50 * KIB;

/** The smallest piece, unless it is the last one, in bytes. */
const MIN_PIECE = 1024;

/**
 * Frames that are not sent yet. They are written into batches as they come: waiting as objects until the end
 * of the turn, short messages of players took 0.65 instead of 0.46 µs each at their relay (`saturated` of
 * bench/remote.js). Only long messages wait, which are sent in pieces between the batches, with the later
 * frames of their lanes. The order within a lane is kept.
 */
export class FrameQueue {
  /** The batch that is being filled. */
  readonly #filling: FrameWriter;
  readonly #pieces: FrameWriter;
  /** Batches that are full. */
  readonly #full = new Fifo<Buffer>();
  #fullBytes = 0;
  /** How many batches of frames were taken. */
  #taken = 0;
  /** By lane, in the order in which they are served. */
  readonly #streams = new Map<number, Stream>();
  /** The last frame, if it is not written yet: it may get more handles. */
  #last: OutFrame | undefined;
  /** The memory of frames that are not written yet. */
  #unwrittenBytes = 0;
  #lastStream = 0;
  /** The number of streams that have begun. */
  #begun = 0;
  /** Whether the next batch is a piece. */
  #isPieceNext = false;

  constructor(memory: BatchMemory) {
    this.#filling = new FrameWriter(memory);
    this.#pieces = new FrameWriter(memory);
  }

  /** How many bytes all frames have. Their batches occupy up to a third more. */
  get bytes(): number {
    return this.#fullBytes + this.#filling.contentLength + this.#unwrittenBytes;
  }

  get isEmpty(): boolean {
    return !this.#hasBatch && this.#last === undefined && this.#streams.size === 0;
  }

  /** The last frame that was added, if it is not written yet. */
  get last(): OutFrame | undefined {
    return this.#last;
  }

  /** Adds a player's message. Its lane is the handle. */
  from(handle: Handle, payload: Payload): void {
    const { length } = payload.bytes;
    this.#settle();
    if (length > MAX_INLINE || this.#streams.has(handle)) {
      return this.#add({ kind: KIND.from, lane: handle, handle, payload });
    }
    this.#makeSpace(FRAME_OVERHEAD + length);
    this.#filling.from(handle, payload);
  }

  push(frame: OutFrame): void {
    this.#settle();
    this.#last = frame;
    this.#unwrittenBytes += memoryOf(frame);
  }

  /**
   * Adds a handle to those of the last frame.
   *
   * @returns false if it is full
   */
  addHandle(handles: number[], handle: number): boolean {
    if (handles.length >= MAX_HANDLES) return false;
    handles.push(handle);
    this.#unwrittenBytes += HANDLE_BYTES;
    return true;
  }

  clear(): void {
    while (this.#full.shift() !== undefined);
    this.#filling.clear();
    this.#streams.clear();
    this.#begun = 0;
    this.#last = undefined;
    this.#fullBytes = 0;
    this.#unwrittenBytes = 0;
  }

  /** Takes the next batch, with space for its head; `undefined` if there is none of this length at most. */
  take(space: number): Buffer | undefined {
    this.#settle();
    const wantsPiece = this.#isPieceNext || !this.#hasBatch;
    const piece = wantsPiece ? this.#takePiece(space) : undefined;
    if (piece !== undefined) {
      this.#isPieceNext = false;
      return piece;
    }
    // If it does not fit, it waits for space, which pieces would take.
    const batch = this.#takeFrames(space);
    if (batch === undefined) return undefined;
    this.#taken++;
    this.#isPieceNext = this.#streams.size > 0;
    return batch;
  }

  get #hasBatch(): boolean {
    return this.#full.length > 0 || !this.#filling.isEmpty;
  }

  #takeFrames(space: number): Buffer | undefined {
    const next = this.#full.peek();
    if ((next ?? this.#filling).length > space) return undefined;
    if (next === undefined) return this.#filling.isEmpty ? undefined : this.#filling.take();
    this.#fullBytes -= next.length;
    return this.#full.shift();
  }

  /** Writes the last frame: it gets no more handles. */
  #settle(): void {
    const frame = this.#last;
    if (frame === undefined) return;
    this.#last = undefined;
    this.#unwrittenBytes -= memoryOf(frame);
    this.#add(frame);
  }

  #add(frame: OutFrame): void {
    const stream = this.#streams.get(frame.lane);
    if (stream === undefined && !isLong(frame)) {
      this.#makeSpace(frameBytes(frame));
      return this.#filling.write(frame);
    }
    // What waits must not retain the memory of the chunk that it was received in.
    const kept = 'payload' in frame ? { ...frame, payload: frame.payload.alone } : frame;
    this.#unwrittenBytes += memoryOf(kept);
    if (stream !== undefined) stream.followers.push(kept);
    else if (isLong(kept)) {
      const after = this.#taken + this.#full.length + (this.#filling.isEmpty ? 0 : 1);
      const begun = { number: undefined, frame: kept, after, sent: 0, followers: [] };
      this.#streams.set(kept.lane, begun);
    }
  }

  #makeSpace(bytes: number): void {
    if (this.#filling.isEmpty || this.#filling.length + bytes <= FULL) return;
    const batch = this.#filling.take();
    this.#full.push(batch);
    this.#fullBytes += batch.length;
  }

  /** The next piece of a long message. The message's frame follows the last piece. */
  #takePiece(space: number): Buffer | undefined {
    const writer = this.#pieces;
    const stream = this.#nextStream();
    if (stream === undefined) return undefined;
    const { frame, sent } = stream;
    const { bytes } = frame.payload;
    const rest = bytes.length - sent;
    const piece = Math.min(rest, MAX_PIECE, space - writer.length - MORE_BYTES);
    if (piece < Math.min(rest, MIN_PIECE)) return undefined;
    const number = stream.number ?? this.#begin(stream);
    if (rest > 0) writer.more(number, bytes.length, bytes.subarray(sent, sent + piece));
    stream.sent += piece;
    this.#streams.delete(frame.lane);
    if (piece === rest && writer.length + frameBytes(frame, true) <= space) {
      this.#end(number, stream);
    } else this.#streams.set(frame.lane, stream);
    return writer.isEmpty ? undefined : writer.take();
  }

  /** The message to be served. The number of incomplete messages at the receiver is limited. */
  #nextStream(): Stream | undefined {
    for (const stream of this.#streams.values()) {
      const mayBegin = this.#begun < MAX_STREAMS && this.#taken >= stream.after;
      if (stream.number !== undefined || mayBegin) return stream;
    }
    return undefined;
  }

  #begin(stream: Stream): number {
    this.#begun++;
    this.#lastStream = (this.#lastStream + 1) >>> 0;
    stream.number = this.#lastStream;
    return stream.number;
  }

  #end(number: number, { frame, followers }: Stream): void {
    this.#begun--;
    this.#pieces.write(frame, number);
    this.#unwrittenBytes -= memoryOf(frame);
    for (const follower of followers) {
      this.#unwrittenBytes -= memoryOf(follower);
      this.#add(follower);
    }
  }
}

function isLong(frame: OutFrame): frame is MessageFrame {
  return 'payload' in frame && frame.payload.bytes.length > MAX_INLINE;
}

function memoryOf(frame: OutFrame): number {
  const content = frame.kind === KIND.join ? frameBytes(frame) : contentOf(frame);
  return FRAME_MEMORY + content;
}

function contentOf(frame: OutFrame): number {
  return (
    ('payload' in frame ? frame.payload.bytes.length : 0) +
    ('handles' in frame ? frame.handles.length * HANDLE_BYTES : 0)
  );
}
