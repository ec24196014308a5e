import { Buffer, isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import { BINARY, MAX_HEADER, PING, PONG, TEXT } from '../protocol/frame.js';
import { MASK_LENGTH, unmask } from './unmask.js';

/** The WebSocket whose frames are read. */
export interface FrameOwner {
  /** How many messages it has emitted. */
  readonly messages: number;
  emit(event: 'message', bytes: Buffer, binary: boolean): unknown;
}

/** How a socket is listened to. */
export type ChunkListener = (this: Socket, chunk: Buffer) => void;

/** In front of the opcode: the last frame of its message, and no extensions. */
const FINAL = 0x80;

/** In front of the length: from a client. */
const MASKED = 0x80;

/** In place of the length: in how many bits it follows. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Longer messages are unmasked faster natively, which `ws` does. No bound on messages is lower. */
const MAX_SHORT = 256;

const NOTHING = Buffer.alloc(0);

/**
 * Reads short messages straight out of what the socket delivers, and leaves all other frames to
 * `ws`. A game sends short messages all day, and on the way through `ws` and its stream each takes
 * longer than all that the relay does with it.
 *
 * To step in again after a frame that is long, cut in two or a ping, it follows where that ends. With
 * the first frame that is anything else, `ws` has the connection for good. (RFC 6455 section 5.2.)
 */
export class FrameReader {
  readonly #socket: Socket;
  readonly #owner: FrameOwner;
  readonly #readByWs: ChunkListener;
  readonly #listener: ChunkListener;
  /** How much is still to come of a frame that `ws` has begun to read, in bytes. */
  #owed = 0;
  /** How many messages the owner will have emitted then, if nothing is wrong with it. */
  #awaited = 0;
  /** What `ws` has read of a header that was cut in two. */
  #cut = NOTHING;

  /**
   * @param owner is open, and has read nothing yet
   * @param readByWs how `ws` listens to the socket
   */
  constructor(socket: Socket, owner: FrameOwner, readByWs: ChunkListener) {
    this.#socket = socket;
    this.#owner = owner;
    this.#readByWs = readByWs;
    this.#listener = this.#read.bind(this);
    socket.off('data', readByWs);
    socket.on('data', this.#listener);
  }

  /** `ws` has found fault with a frame: what still comes is dropped. */
  stop(): void {
    this.#socket.off('data', this.#listener);
  }

  #read(chunk: Buffer): void {
    let at = 0;
    if (this.#cut.length > 0) at = this.#passCut(chunk);
    else if (this.#owed > 0) at = this.#passOwed(chunk, 0);
    while (at < chunk.length) {
      const next = this.#readShort(chunk, at);
      at = next === at ? this.#passFrame(chunk, at) : next;
    }
  }

  /** Reads the short message that begins here, if there is one, and returns where it ends. */
  #readShort(chunk: Buffer, at: number): number {
    const first = chunk[at] as number;
    if (first !== (FINAL | TEXT) && first !== (FINAL | BINARY)) return at;
    // What is not there is no number, and no comparison with it is true.
    let length = (chunk[at + 1] as number) - MASKED;
    let start = at + 2 + MASK_LENGTH;
    if (length === LENGTH_16) {
      length = ((chunk[at + 2] as number) << 8) | (chunk[at + 3] as number);
      start += 2;
    } else if (length === LENGTH_64) return at;
    const end = start + length;
    if (!(length >= 0 && length <= MAX_SHORT && end <= chunk.length)) return at;
    const any = unmask(chunk, start, length);
    const bytes = chunk.subarray(start, end);
    if (first === (FINAL | TEXT) && any >= 0x80 && !isUtf8(bytes)) {
      unmask(chunk, start, length);
      return at;
    }
    this.#owner.emit('message', bytes, first === (FINAL | BINARY));
    return end;
  }

  /** Has `ws` read the frame that begins here, and returns where it ends. */
  #passFrame(chunk: Buffer, at: number): number {
    const length = frameLength(chunk, at);
    if (length === 'cut') this.#cut = Buffer.from(chunk.subarray(at));
    else if (length === 'other') return this.#giveBack(chunk, at);
    else {
      this.#owe(length, chunk[at] as number);
      return this.#passOwed(chunk, at);
    }
    return this.#pass(chunk, at, chunk.length);
  }

  /** The same for a frame of which `ws` has a part of the header. */
  #passCut(chunk: Buffer): number {
    const cut = this.#cut;
    const head = Buffer.concat([cut, chunk.subarray(0, MAX_HEADER)]);
    const length = frameLength(head, 0);
    if (length === 'other') return this.#giveBack(chunk, 0);
    if (length === 'cut') {
      this.#cut = head;
      return this.#pass(chunk, 0, chunk.length);
    }
    this.#cut = NOTHING;
    this.#owe(length - cut.length, head[0] as number);
    return this.#passOwed(chunk, 0);
  }

  #owe(length: number, first: number): void {
    this.#owed = length;
    const isMessage = first === (FINAL | TEXT) || first === (FINAL | BINARY);
    this.#awaited = this.#owner.messages + (isMessage ? 1 : 0);
  }

  #passOwed(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#owed, chunk.length);
    this.#owed -= end - at;
    this.#pass(chunk, at, end);
    // Without a message it was no UTF-8, and nothing that follows counts.
    const isFaulty = this.#owed === 0 && this.#owner.messages !== this.#awaited;
    return isFaulty ? this.#giveBack(chunk, end) : end;
  }

  #pass(chunk: Buffer, at: number, end: number): number {
    const whole = at === 0 && end === chunk.length;
    this.#readByWs.call(this.#socket, whole ? chunk : chunk.subarray(at, end));
    return end;
  }

  /** From here on `ws` reads everything, as if nobody had stepped in. */
  #giveBack(chunk: Buffer, at: number): number {
    const socket = this.#socket;
    // Where nobody listens any more, nobody is to begin again.
    if (socket.listeners('data').includes(this.#listener)) {
      this.stop();
      socket.on('data', this.#readByWs);
      if (at < chunk.length) this.#pass(chunk, at, chunk.length);
    }
    return chunk.length;
  }
}

/**
 * How long this frame is with its header, if it is a final message, a ping or a pong of a client.
 * What is said of it is all that `ws` could find fault with but its length and its UTF-8.
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
  const header = length === LENGTH_16 ? 4 : MAX_HEADER;
  if (there < header) return 'cut';
  const follows =
    length === LENGTH_64 ? Number(bytes.readBigUInt64BE(at + 2)) : bytes.readUInt16BE(at + 2);
  return header + MASK_LENGTH + follows;
}
