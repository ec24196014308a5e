import { Buffer, isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import { BINARY, MAX_HEADER, PING, PONG, TEXT } from '../protocol/frame.js';
import type { FlushCycle } from './flush-cycle.js';
import { MASK_LENGTH, unmask } from './unmask.js';

/** The WebSocket whose frames are read. */
export interface FrameOwner {
  /** How many messages, pings and pongs it has emitted. */
  readonly emitted: number;
  emit(event: 'message', bytes: Buffer, binary: boolean): unknown;
}

/** How a socket is listened to. */
export type ChunkListener = (this: Socket, chunk: Buffer) => void;

/** Who wants to know when a chunk is read. */
export type ChunkCycle = Pick<FlushCycle, 'beginChunk' | 'endChunk'>;

/** In front of the opcode: the last frame of its message, and no extensions. */
const FINAL = 0x80;

/** In front of the length: from a client. */
const MASKED = 0x80;

/** In place of the length: in how many bits it follows. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** The header of an empty message: opcode, length and key. */
const SHORTEST = 2 + MASK_LENGTH;

/** From 700 bytes on it is faster to unmask natively, as `ws` does. No bound on messages is lower. */
const MAX_SHORT = 512;

/** With its header. */
const LONGEST_SHORT = SHORTEST + 2 + MAX_SHORT;

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Reads short messages straight out of what the socket delivers, and leaves all other frames to
 * `ws`. A game sends short messages all day, and on the way through `ws` and its stream each takes
 * longer than all that the relay does with it.
 *
 * The socket's own stream is passed by as well: a socket pushes what it delivers, and that is where
 * it is taken, unless the stream holds something back. Its bookkeeping, which schedules a tick for
 * each chunk to see whether there is more, takes 4 % of an echo's processor time. Sockets, with TLS
 * or without, allow for that: once they are read they go on delivering without being asked. What
 * one should deliver in another way, its stream emits as `data`, which is read just the same.
 *
 * To step in again after a frame that is long, cut in two or a ping, it follows where that ends. With
 * the first frame that is anything else, `ws` has the connection for good. (RFC 6455 section 5.2.)
 *
 * It relies on one chunk coming after the other: nothing that the owner does with a message may have
 * the socket deliver the next one before it returns.
 */
export class FrameReader {
  readonly #socket: Socket;
  readonly #owner: FrameOwner;
  readonly #readByWs: ChunkListener;
  readonly #cycle: ChunkCycle;
  readonly #listener: ChunkListener;
  readonly #pushToStream: Socket['push'];
  #isStopped = false;
  /** How much is still to come of frames that `ws` has begun to read, in bytes. */
  #owed = 0;
  /** How much the owner will have emitted then, if nothing is wrong with them. */
  #awaited = 0;
  /** What there is of a header that was cut in two; `ws` has read it, too. */
  #headerSoFar = NOTHING;

  /**
   * @param owner is open, and has read nothing yet
   * @param readByWs how `ws` listens to the socket
   * @param cycle is told of every chunk that is read here
   */
  constructor(socket: Socket, owner: FrameOwner, readByWs: ChunkListener, cycle: ChunkCycle) {
    this.#socket = socket;
    this.#owner = owner;
    this.#readByWs = readByWs;
    this.#cycle = cycle;
    this.#listener = this.#read.bind(this);
    this.#pushToStream = socket.push;
    socket.off('data', readByWs);
    socket.on('data', this.#listener);
    socket.push = (chunk: Buffer | null): boolean => {
      const isNext = socket.readableFlowing === true && socket.readableLength === 0;
      if (chunk === null || !isNext) return this.#pushToStream.call(socket, chunk);
      this.#read(chunk);
      return true;
    };
  }

  /** Reads no more. What still comes is dropped, if nobody else listens. */
  stop(): void {
    this.#isStopped = true;
    this.#socket.off('data', this.#listener);
    this.#socket.push = this.#pushToStream;
  }

  #read(chunk: Buffer): void {
    this.#cycle.beginChunk();
    try {
      let at = 0;
      if (this.#headerSoFar.length > 0) at = this.#passHeader(chunk);
      else if (this.#owed > 0) at = this.#passOwed(chunk, 0);
      while (at < chunk.length) {
        const next = this.#readShort(chunk, at);
        at = next === at ? this.#passFrames(chunk, at) : next;
      }
    } finally {
      this.#cycle.endChunk();
    }
  }

  /** Reads the short message that begins here, if there is one, and returns where it ends. */
  #readShort(chunk: Buffer, at: number): number {
    const first = chunk[at];
    if (first !== (FINAL | TEXT) && first !== (FINAL | BINARY)) return at;
    if (chunk.length - at < SHORTEST) return at;
    let length = (chunk[at + 1] as number) - MASKED;
    let start = at + SHORTEST;
    if (length === LENGTH_16) {
      length = chunk.readUInt16BE(at + 2);
      start += 2;
    } else if (length < 0 || length === LENGTH_64) return at;
    const end = start + length;
    if (length > MAX_SHORT || end > chunk.length) return at;
    const any = unmask(chunk, start, length);
    const bytes = chunk.subarray(start, end);
    if (first === (FINAL | TEXT) && any >= 0x80 && !isUtf8(bytes)) {
      unmask(chunk, start, length);
      return at;
    }
    this.#owner.emit('message', bytes, first === (FINAL | BINARY));
    return end;
  }

  /** Has `ws` read the frame that begins here, and long ones behind it; returns where they end. */
  #passFrames(chunk: Buffer, at: number): number {
    let length = frameLength(chunk, at);
    if (length === 'other') return this.#giveBack(chunk, at);
    if (length === 'cut') {
      this.#headerSoFar = join(NOTHING, chunk.subarray(at));
      return this.#pass(chunk, at, chunk.length);
    }
    this.#owed = 0;
    this.#awaited = this.#owner.emitted;
    // All in one piece: to hand over each by itself costs a seventh of the throughput at 1 KiB.
    do {
      this.#owed += length;
      this.#awaited++;
      const next = at + this.#owed;
      length = next < chunk.length ? frameLength(chunk, next) : 'cut';
    } while (typeof length === 'number' && length > LONGEST_SHORT);
    return this.#passOwed(chunk, at);
  }

  /** The same for a frame of whose header `ws` has read a part. */
  #passHeader(chunk: Buffer): number {
    const before = this.#headerSoFar;
    const header = join(before, chunk.subarray(0, MAX_HEADER));
    const length = frameLength(header, 0);
    if (length === 'cut') {
      this.#headerSoFar = header;
      return this.#pass(chunk, 0, chunk.length);
    }
    this.#headerSoFar = NOTHING;
    if (length === 'other') return this.#giveBack(chunk, 0);
    this.#owed = length - before.length;
    this.#awaited = this.#owner.emitted + 1;
    return this.#passOwed(chunk, 0);
  }

  #passOwed(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#owed, chunk.length);
    this.#owed -= end - at;
    this.#pass(chunk, at, end);
    if (this.#owed > 0 || this.#owner.emitted === this.#awaited) return end;
    // `ws` has found fault with a frame, and is about to say so. Nothing that follows counts.
    this.stop();
    return chunk.length;
  }

  #pass(chunk: Buffer, at: number, end: number): number {
    const isAll = at === 0 && end === chunk.length;
    this.#readByWs.call(this.#socket, isAll ? chunk : chunk.subarray(at, end));
    return end;
  }

  /** From here on `ws` reads everything, as if nobody had stepped in. */
  #giveBack(chunk: Buffer, at: number): number {
    // Where it has been stopped, nobody is to begin again.
    if (!this.#isStopped) {
      this.stop();
      this.#socket.on('data', this.#readByWs);
      this.#pass(chunk, at, chunk.length);
    }
    return chunk.length;
  }
}

/** In memory of its own, not in a piece of something larger: it may have to wait for long. */
function join(some: Buffer, more: Buffer): Buffer {
  const joined = Buffer.alloc(some.length + more.length);
  joined.set(some);
  joined.set(more, some.length);
  return joined;
}

/**
 * How long this frame is with its header, if it is a final message, a ping or a pong of a client. In
 * the header of such a one `ws` finds no fault, except that it may be too long.
 */
function frameLength(bytes: Buffer, at: number): number | 'cut' | 'other' {
  const there = bytes.length - at;
  if (there < 2) return 'cut';
  const opcode = (bytes[at] as number) ^ FINAL;
  const length = (bytes[at + 1] as number) - MASKED;
  const isControl = opcode === PING || opcode === PONG;
  const isKnown = opcode === TEXT || opcode === BINARY || (isControl && length < LENGTH_16);
  if (!isKnown || length < 0) return 'other';
  if (length < LENGTH_16) return 2 + MASK_LENGTH + length;
  // All but the key, which has no say in it.
  const header = length === LENGTH_16 ? 4 : MAX_HEADER;
  if (there < header) return 'cut';
  const follows =
    length === LENGTH_64 ? Number(bytes.readBigUInt64BE(at + 2)) : bytes.readUInt16BE(at + 2);
  return header + MASK_LENGTH + follows;
}
