import { Fifo } from '../../transport/fifo.js';
import type { FrameWriter } from '../wire/frame-writer.js';
import { frameBytes, type MessageFrame, type OutFrame } from '../wire/out-frame.js';
import { KIND, MAX_HANDLES, MAX_INLINE, MAX_PIECE, MAX_STREAMS } from '../wire/wire.js';

/** A long message, which is sent in pieces, and the later frames of its lane. */
interface Stream {
  /** `undefined` until its first piece is sent. */
  number: number | undefined;
  readonly frame: MessageFrame;
  sent: number;
  readonly followers: OutFrame[];
}

/** The memory of a frame without its message, in bytes. */
const FRAME_MEMORY = 100;
const HANDLE_BYTES = 4;

/** The length of a frame MORE without its piece, in bytes. */
const MORE_BYTES = 13;

/** The smallest piece, unless it is the last one, in bytes. */
const MIN_PIECE = 1024;

/**
 * Frames that no batch has yet. Long messages are sent in pieces, between the frames of other lanes. The
 * order within a lane is kept.
 */
export class FrameQueue {
  readonly #frames = new Fifo<OutFrame>();
  /** By lane, in the order in which they are served. */
  readonly #streams = new Map<number, Stream>();
  #last: OutFrame | undefined;
  #lastStream = 0;
  /** The number of streams that have begun. */
  #begun = 0;
  #bytes = 0;
  /** Whether the next batch is a piece. */
  #isPieceNext = false;

  /** The memory of all frames, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0 && this.#streams.size === 0;
  }

  /** The last frame that was added; `undefined` if a batch has it. */
  get last(): OutFrame | undefined {
    return this.#last;
  }

  push(frame: OutFrame): void {
    this.#frames.push(frame);
    this.#last = frame;
    this.#bytes += memoryOf(frame);
  }

  /**
   * Adds a handle to those of the last frame.
   *
   * @returns false if it is full
   */
  addHandle(handles: number[], handle: number): boolean {
    if (handles.length >= MAX_HANDLES) return false;
    handles.push(handle);
    this.#bytes += HANDLE_BYTES;
    return true;
  }

  clear(): void {
    while (this.#frames.shift() !== undefined);
    this.#streams.clear();
    this.#begun = 0;
    this.#last = undefined;
    this.#bytes = 0;
  }

  /** Writes frames, or a piece of a long message, until the batch has `space` bytes. */
  fill(writer: FrameWriter, space: number): void {
    const wantsPiece = this.#isPieceNext || this.#frames.length === 0;
    if (wantsPiece && this.#writePiece(writer, space)) this.#isPieceNext = false;
    else {
      this.#writeFrames(writer, space);
      this.#isPieceNext = this.#streams.size > 0;
      if (writer.isEmpty) this.#writePiece(writer, space);
    }
  }

  #writeFrames(writer: FrameWriter, space: number): void {
    for (let next = this.#frames.peek(); next !== undefined; next = this.#frames.peek()) {
      const stream = this.#streams.get(next.lane);
      if (stream !== undefined) {
        stream.followers.push(next);
      } else if (isLong(next)) {
        const stream = { number: undefined, frame: next, sent: 0, followers: [] };
        this.#streams.set(next.lane, stream);
      } else {
        if (writer.length + frameBytes(next) > space) return;
        writer.write(next);
        this.#bytes -= memoryOf(next);
      }
      this.#frames.shift();
      if (next === this.#last) this.#last = undefined;
    }
  }

  /** Writes the next piece of a long message. The message's frame follows the last piece. */
  #writePiece(writer: FrameWriter, space: number): boolean {
    const stream = this.#nextStream();
    if (stream === undefined) return false;
    const { frame, sent } = stream;
    const { bytes } = frame.payload;
    const rest = bytes.length - sent;
    const piece = Math.min(rest, MAX_PIECE, space - writer.length - MORE_BYTES);
    if (piece < Math.min(rest, MIN_PIECE)) return false;
    const number = stream.number ?? this.#begin(stream);
    if (rest > 0) writer.more(number, bytes.length, bytes.subarray(sent, sent + piece));
    stream.sent += piece;
    this.#streams.delete(frame.lane);
    if (piece === rest && writer.length + frameBytes(frame, true) <= space) {
      this.#end(writer, number, stream);
      return true;
    }
    this.#streams.set(frame.lane, stream);
    return rest > 0;
  }

  /** The message to be served. The number of incomplete messages at the receiver is limited. */
  #nextStream(): Stream | undefined {
    for (const stream of this.#streams.values()) {
      if (stream.number !== undefined || this.#begun < MAX_STREAMS) return stream;
    }
    return undefined;
  }

  #begin(stream: Stream): number {
    this.#begun++;
    this.#lastStream = (this.#lastStream + 1) >>> 0;
    stream.number = this.#lastStream;
    return stream.number;
  }

  #end(writer: FrameWriter, number: number, { frame, followers }: Stream): void {
    this.#begun--;
    writer.write(frame, number);
    this.#bytes -= memoryOf(frame);
    if (followers.length > 0) this.#frames.unshift(followers);
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
