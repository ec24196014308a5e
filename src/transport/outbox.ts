import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { FrameSink, Output } from '../protocol/frame-sink.js';
import { LONG_FRAME } from '../protocol/long-frame.js';
import type { Payload } from '../protocol/payload.js';
import { CHUNK_BYTES } from './chunk-pool.js';
import type { Flushable, FlushCycle } from './flush-cycle.js';
import { type BacklogListener, SendQueue } from './send-queue.js';

const NOTHING: Buffer = Buffer.alloc(0);

/** Shared by all outboxes without parts, which are most of them. */
const NO_PARTS: Output[] = [];

/** More output than this in one turn is flushed after that of all other connections. */
const BULK_BYTES = 64 * 1024;

/** Up to this size, copying parts together is faster than a gathered write. */
const JOINED_BYTES = 8 * 1024;

/**
 * Up to this size, a socket without backlog gets all in one write; more is written in slices. Frames that
 * are made while they are sent are always longer.
 */
const DIRECT_BYTES = LONG_FRAME / 2;

/**
 * Collects all output of one connection, in order, until the end of the turn.
 *
 * All receivers of a message share its frame. Frames for a host are written in place, into `buffer`,
 * which saves an object and a copy per message.
 */
export class Outbox implements FrameSink, Flushable {
  /** The memory in which `reserve` reserved space. */
  buffer: Buffer = NOTHING;

  readonly #socket: Socket;
  readonly #cycle: FlushCycle;
  readonly #listener: BacklogListener;
  readonly #isLast: boolean;
  #open = true;
  #scheduled = false;
  #beforeFlush: (() => void) | undefined;

  // The output in order: the parts, then the bytes of the chunk from start to end.
  #parts = NO_PARTS;
  #length = 0;
  #chunk = NOTHING;
  #start = 0;
  #end = 0;
  /** Free space behind `#end`: none in a chunk that is shared with other outboxes. */
  #room = 0;
  /** The chunks that this outbox took in this turn. */
  #chunks: Buffer[] | undefined;

  /** Output that the socket has not accepted. Created when the socket first falls behind. */
  #queue: SendQueue | undefined;

  /** @param isLast whether the output of all other connections goes first */
  constructor(socket: Socket, cycle: FlushCycle, listener: BacklogListener, isLast = false) {
    this.#socket = socket;
    this.#cycle = cycle;
    this.#listener = listener;
    this.#isLast = isLast;
  }

  /** False once the connection is closing. Nothing may be written or attached then. */
  get open(): boolean {
    return this.#open;
  }

  get bulk(): boolean {
    return this.#isLast || this.#length > BULK_BYTES;
  }

  /** Bytes that the socket has not accepted yet. */
  get backlog(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** The backlog and the output of this turn, in bytes. */
  get unsent(): number {
    return this.#length + this.backlog;
  }

  /** When the socket last accepted some of its backlog, by `performance.now()`. */
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
      this.#takeChunk(length);
    }
    this.buffer = this.#chunk;
    const at = this.#end;
    this.#end += length;
    this.#room -= length;
    return at;
  }

  release(length: number): void {
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
      // A backlog must not copy parts of a chunk per receiver: the whole frame is shared instead.
      if (!this.#keepsUp) return this.attach(payload.frame);
      this.#seal();
      this.#chunk = chunk;
      this.#start = start;
      this.#room = 0;
    }
    this.#end = end;
    this.#schedule(end - start);
  }

  attach(frame: Output): void {
    this.#schedule(frame.length);
    this.#seal();
    this.#add(frame);
  }

  /** Sets a function that adds output right before the flush. A later call replaces it. */
  beforeFlush(add: () => void): void {
    this.#beforeFlush = add;
    this.#schedule(0);
  }

  /** Writes all output, in one write if the socket has no backlog. */
  flush(): void {
    const add = this.#beforeFlush;
    this.#beforeFlush = undefined;
    add?.();
    this.#scheduled = false;
    if (this.#length === 0) return;
    this.#seal();
    // Reset before the listener is called, because it may write to this outbox or end it.
    const [parts, length, chunks] = [this.#parts, this.#length, this.#chunks];
    this.#startTurn();
    const isDirect = this.#keepsUp && length <= DIRECT_BYTES;
    let isFree = false;
    try {
      isFree = isDirect ? this.#write(parts as Buffer[], length) : this.#queued().push(parts);
    } finally {
      // Also after an exception: reused memory must not expose the bytes of another room.
      if (!isFree) this.#cycle.shared.keep();
    }
    if (isDirect && length > BULK_BYTES) this.#listener.backlogChanged(this.backlog);
    if (!isFree || chunks === undefined) return;
    for (const chunk of chunks) this.#cycle.chunks.release(chunk);
  }

  /**
   * Flushes for the last time. The close frame follows.
   *
   * @param done is called when the close frame may be sent, if not at once
   * @returns whether the close frame may be sent at once
   */
  end(done: () => void): boolean {
    this.flush();
    this.#open = false;
    return this.#queue?.finish(done) ?? true;
  }

  /** Drops all output that the socket has not accepted: the client does not read. */
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

  #takeChunk(length: number): void {
    const { chunks } = this.#cycle;
    if (this.#chunks === undefined) {
      this.#chunk = chunks.takeFirst(length);
      this.#chunks = [this.#chunk];
    } else {
      this.#chunk = chunks.take();
      this.#chunks.push(this.#chunk);
    }
    this.#start = 0;
    this.#end = 0;
    this.#room = this.#chunk.length;
  }

  get #keepsUp(): boolean {
    return this.#queue === undefined || this.#queue.idle;
  }

  #queued(): SendQueue {
    this.#queue ??= new SendQueue(this.#socket, this.#cycle, this.#listener);
    return this.#queue;
  }

  /** Returns whether the memory is free: the kernel has all bytes, or the socket is closed. */
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
    if (this.#socket.writableLength === 0) chunks.release(chunk);
  }

  /** Usually there is one part: a list literal takes less memory than a list that grows. */
  #add(part: Output): void {
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
