import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { FrameSink } from '../protocol/host-encoder.js';
import type { Payload } from '../protocol/payload.js';
import { CHUNK_BYTES } from './chunk-pool.js';
import type { Flushable, FlushCycle } from './flush-cycle.js';
import { type BacklogListener, SendQueue } from './send-queue.js';

const NOTHING: Buffer = Buffer.alloc(0);

/** Shared by all that have none: most of thousands of connections, most of the time. */
const NO_PARTS: Buffer[] = [];

/** More than this in one turn goes after everybody else's. */
const BULK_BYTES = 64 * 1024;

/** So much travels faster in one piece than as a list that the kernel has to gather. */
const JOINED_BYTES = 8 * 1024;

/** How much a socket that keeps up is given in one write; more goes slice by slice. */
const DIRECT_BYTES = 256 * 1024;

/**
 * Everything that leaves on one connection, in order, until the end of the turn.
 *
 * A message to players is shared by all who get it. What a host gets is written in place, into
 * `buffer`, which saves every message an object and a copy.
 */
export class Outbox implements FrameSink, Flushable {
  /** Where `reserve` gave room. */
  buffer: Buffer = NOTHING;

  readonly #socket: Socket;
  readonly #cycle: FlushCycle;
  readonly #listener: BacklogListener;
  #open = true;
  #scheduled = false;
  #beforeFlush: (() => void) | undefined;

  // What leaves, in order: these parts, then what is between these two places in the chunk.
  #parts = NO_PARTS;
  #length = 0;
  #chunk = NOTHING;
  #start = 0;
  #end = 0;
  /** How much more may be written behind it: nothing in a chunk that others share. */
  #room = 0;
  /** All own chunks of this turn. */
  #chunks: Buffer[] | undefined;

  /** What the socket has not taken; there is none until it first falls behind. */
  #queue: SendQueue | undefined;

  constructor(socket: Socket, cycle: FlushCycle, listener: BacklogListener) {
    this.#socket = socket;
    this.#cycle = cycle;
    this.#listener = listener;
  }

  /** False once the connection is closing: nothing may be written or attached any more. */
  get open(): boolean {
    return this.#open;
  }

  get bulk(): boolean {
    return this.#length > BULK_BYTES;
  }

  /** How much the socket has not taken yet, in bytes. */
  get backlog(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** When the socket last took some of its backlog, by `performance.now()`. */
  get progressAt(): number {
    return this.#queue?.progressAt ?? 0;
  }

  reserve(length: number): number {
    this.#schedule(length);
    if (length > this.#room) {
      this.#seal();
      if (length > CHUNK_BYTES) {
        this.buffer = Buffer.allocUnsafeSlow(length);
        this.#add(this.buffer);
        return 0;
      }
      this.#chunk = this.#cycle.chunks.take();
      if (this.#chunks === undefined) this.#chunks = [this.#chunk];
      else this.#chunks.push(this.#chunk);
      this.#start = 0;
      this.#end = 0;
      this.#room = CHUNK_BYTES;
    }
    this.buffer = this.#chunk;
    const at = this.#end;
    this.#end += length;
    this.#room -= length;
    return at;
  }

  giveBack(length: number): void {
    this.#length -= length;
    if (this.buffer === this.#chunk) {
      this.#end -= length;
      this.#room += length;
    } else {
      this.#parts.push((this.#parts.pop() as Buffer).subarray(0, -length));
    }
  }

  /** Adds a message. */
  send(payload: Payload): void {
    const { shared } = this.#cycle;
    if (!shared.place(payload)) return this.attach(payload.frame);
    const { chunk, start, end } = shared;
    if (this.#chunk !== chunk || this.#end !== start) {
      // What has to wait is to be there once, however many it waits for: no piece of a chunk.
      if (!this.#keepsUp) return this.attach(payload.frame);
      this.#seal();
      this.#chunk = chunk;
      this.#start = start;
      this.#room = 0;
    }
    this.#end = end;
    this.#schedule(end - start);
  }

  /** Adds a whole frame as it is; it must never change. */
  attach(frame: Buffer): void {
    this.#schedule(frame.length);
    this.#seal();
    this.#add(frame);
  }

  /** Lets somebody add to what leaves at the end of this turn; only the last one who asks. */
  beforeFlush(add: () => void): void {
    this.#beforeFlush = add;
    this.#schedule(0);
  }

  /** Hands all there is on, in one write if the socket keeps up. */
  flush(): void {
    const add = this.#beforeFlush;
    this.#beforeFlush = undefined;
    add?.();
    this.#scheduled = false;
    if (this.#length === 0) return;
    this.#seal();
    // A new turn begins here: being told of the backlog, somebody may write or end this outbox.
    const [parts, length, chunks] = [this.#parts, this.#length, this.#chunks];
    this.#startTurn();
    const isDirect = this.#keepsUp && length <= DIRECT_BYTES;
    let isFree = false;
    try {
      isFree = isDirect ? this.#write(parts, length) : this.#queued().push(parts);
    } finally {
      // Even if that has thrown: nobody is to get the bytes of another room.
      if (!isFree) this.#cycle.shared.keep();
    }
    if (!isFree || chunks === undefined) return;
    for (const chunk of chunks) this.#cycle.chunks.giveBack(chunk);
  }

  /**
   * Flushes for the last time: what is sent next, by whomever, is the close frame.
   *
   * @param done is called when it may be sent, if it has to wait
   * @returns whether it may be sent at once
   */
  end(done: () => void): boolean {
    this.flush();
    this.#open = false;
    return this.#queue?.finish(done) ?? true;
  }

  /** Drops what the socket has not begun: nobody reads it. */
  drop(): void {
    this.#queue?.drop();
    this.#beforeFlush = undefined;
    this.#startTurn();
  }

  #startTurn(): void {
    this.#parts = NO_PARTS;
    this.#length = 0;
    this.#chunks = undefined;
    this.#chunk = NOTHING;
    this.#start = 0;
    this.#end = 0;
    this.#room = 0;
    this.buffer = NOTHING;
  }

  get #keepsUp(): boolean {
    return this.#queue === undefined || this.#queue.idle;
  }

  #queued(): SendQueue {
    this.#queue ??= new SendQueue(this.#socket, this.#cycle, this.#listener);
    return this.#queue;
  }

  /** Returns whether the kernel has every byte, or nobody wants them any more. */
  #write(parts: readonly Buffer[], length: number): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    const [only] = parts;
    if (only !== undefined && parts.length === 1) socket.write(only);
    else if (length <= JOINED_BYTES) this.#writeJoined(parts);
    else {
      socket.cork();
      for (const part of parts) socket.write(part);
      socket.uncork();
    }
    if (socket.writableLength === 0) return true;
    this.#queued().wait(length);
    return false;
  }

  #writeJoined(parts: readonly Buffer[]): void {
    const { chunks } = this.#cycle;
    const chunk = chunks.take();
    let end = 0;
    for (const part of parts) {
      chunk.set(part, end);
      end += part.length;
    }
    this.#socket.write(chunk.subarray(0, end));
    if (this.#socket.writableLength === 0) chunks.giveBack(chunk);
  }

  /** Most often there is one part: a list that is made for it is smaller than one that can grow. */
  #add(part: Buffer): void {
    if (this.#parts.length === 0) this.#parts = [part];
    else this.#parts.push(part);
  }

  #seal(): void {
    if (this.#end === this.#start) return;
    this.#add(this.#cycle.shared.view(this.#chunk, this.#start, this.#end));
    this.#start = this.#end;
  }

  #schedule(length: number): void {
    this.#length += length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#cycle.schedule(this);
  }
}
