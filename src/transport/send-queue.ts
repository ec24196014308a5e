import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Output } from '../protocol/frame-sink.js';
import type { FlushCycle } from './flush-cycle.js';

/** How many bytes a slow socket gets at a time: small enough to notice progress. */
export const SLICE_BYTES = 64 * 1024;

/** Sizes of the pages that small parts are copied into. Each page is twice as large as the last. */
const MIN_PAGE = 1024;
const MAX_PAGE = 16 * 1024;

const NOTHING = Buffer.alloc(0);

interface Entry {
  readonly bytes: Output;
  start: number;
  end: number;
}

interface Page extends Entry {
  readonly bytes: Buffer;
}

/** Is notified of what happens to the backlog. */
export interface BacklogListener {
  /** The backlog is now this many bytes. Not called while the socket accepts all output at once. */
  backlogChanged(bytes: number): void;
  /** An exception while a frame was made that is partly sent. The backlog is dropped. */
  encodingFailed(error: unknown): void;
}

/**
 * The backlog of one connection: output that its socket has not accepted yet, in order. Every part
 * consists of whole frames.
 *
 * A socket that keeps up needs no queue. The backlog is kept here, because in the socket it could be
 * neither measured nor dropped.
 */
export class SendQueue {
  /** When the socket last accepted output, by `performance.now()`. */
  progressAt = performance.now();

  readonly #socket: Socket;
  readonly #cycle: Pick<FlushCycle, 'later'>;
  readonly #listener: BacklogListener;
  readonly #entries: Entry[] = [];
  /** The entry that small parts are copied into, while its page has space. */
  #page: Page | undefined;
  #waiting = 0;
  /** Bytes that the socket has not handed to the kernel. */
  #inSocket = 0;
  #scheduled = false;
  #done: (() => void) | undefined;

  constructor(socket: Socket, cycle: Pick<FlushCycle, 'later'>, listener: BacklogListener) {
    this.#socket = socket;
    this.#cycle = cycle;
    this.#listener = listener;
  }

  /** Whether the socket has accepted all output. */
  get idle(): boolean {
    return this.#inSocket === 0 && this.#waiting === 0;
  }

  /** The backlog in bytes. */
  get bytes(): number {
    return this.#waiting + this.#inSocket;
  }

  /** To be called after a write of which the socket still holds so many bytes. */
  wait(inSocket: number): void {
    this.progressAt = performance.now();
    this.#inSocket = inSocket;
    // The callback of an empty write runs when all earlier writes are done.
    this.#socket.write(NOTHING, this.#taken);
  }

  /**
   * Queues the parts behind the backlog.
   *
   * @returns whether all parts were copied, so that their memory can be reused
   */
  push(parts: readonly Output[]): boolean {
    const before = this.bytes;
    let areCopied = true;
    for (const part of parts) {
      // Only a part that fills its memory is kept by reference. A small one would retain a whole chunk.
      if (!(part instanceof Buffer) || part.length * 2 >= part.buffer.byteLength) {
        this.#share(part);
        areCopied = false;
      } else this.#copy(part);
    }
    this.#offer();
    // Parts that a socket without backlog has not been offered yet do not count.
    this.#listener.backlogChanged(this.#inSocket > 0 ? this.bytes : before);
    return areCopied;
  }

  /**
   * Gives the whole backlog to the socket, because a close follows: a small one at once, a larger one
   * in slices. Otherwise a room that ends would write to all of its players in one turn.
   *
   * @param done is called when the socket has all, if not at once
   * @returns whether the socket has all
   */
  finish(done: () => void): boolean {
    if (this.#waiting > SLICE_BYTES) {
      this.#done = done;
      this.#offer();
      return false;
    }
    for (const entry of this.#entries) {
      this.#inSocket += entry.end - entry.start;
      this.#write(entry, entry.end);
    }
    this.#forget();
    return true;
  }

  /** Drops the backlog except the rest of a frame that is partly sent, so that a close can follow. */
  drop(): void {
    const [begun] = this.#entries;
    if (begun === undefined || begun.start === 0) return this.#forget();
    this.#entries.length = 1;
    this.#page = undefined;
    this.#waiting = begun.end - begun.start;
  }

  #share(bytes: Output): void {
    this.#entries.push({ bytes, start: 0, end: bytes.length });
    this.#page = undefined;
    this.#waiting += bytes.length;
  }

  #copy(part: Buffer): void {
    const page = this.#pageFor(part.length);
    page.bytes.set(part, page.end);
    page.end += part.length;
    this.#waiting += part.length;
  }

  #pageFor(length: number): Page {
    const last = this.#page;
    if (last !== undefined && last.bytes.length - last.end >= length) return last;
    const size = Math.min(MAX_PAGE, last === undefined ? MIN_PAGE : last.bytes.length * 2);
    const page = { bytes: Buffer.allocUnsafeSlow(Math.max(size, length)), start: 0, end: 0 };
    this.#entries.push(page);
    this.#page = page;
    return page;
  }

  /** Gives the socket one slice. The next one follows when the other connections had theirs. */
  readonly #writeNext = (): void => {
    this.#scheduled = false;
    if (this.#inSocket > 0 || this.#waiting === 0 || !this.#socket.writable) return;
    this.#writeSlice();
    this.#offer();
    if (this.#inSocket > 0 || this.idle) this.#tell();
    if (this.#waiting === 0) this.#done?.();
  };

  #offer(): void {
    if (this.#scheduled || this.#inSocket > 0 || this.#waiting === 0) return;
    this.#scheduled = true;
    this.#cycle.later(this.#writeNext);
  }

  #writeSlice(): void {
    const socket = this.#socket;
    const before = this.#waiting;
    socket.cork();
    while (this.#waiting > 0 && before - this.#waiting < SLICE_BYTES) this.#writeEntry();
    socket.uncork();
    if (socket.writableLength > 0) this.wait(before - this.#waiting);
    else this.progressAt = performance.now();
  }

  /** Writes the next entry, or as much of it as fits into a slice. */
  #writeEntry(): void {
    const entry = this.#entries[0] as Entry;
    const end = Math.min(entry.end, entry.start + SLICE_BYTES);
    if (!this.#write(entry, end)) return;
    this.#waiting -= end - entry.start;
    entry.start = end;
    if (end < entry.end) return;
    this.#entries.shift();
    if (this.#page === entry) this.#page = undefined;
  }

  /** Returns false if the frame cannot be made. */
  #write({ bytes, start }: Entry, end: number): boolean {
    try {
      this.#socket.write(bytes.subarray(start, end));
      return true;
    } catch (error) {
      this.#forget();
      this.#listener.encodingFailed(error);
      return false;
    }
  }

  readonly #taken = (error?: Error | null): void => {
    if (error != null) return;
    this.progressAt = performance.now();
    this.#inSocket = 0;
    if (this.#waiting > 0) this.#offer();
    else this.#tell();
  };

  #forget(): void {
    this.#entries.length = 0;
    this.#page = undefined;
    this.#waiting = 0;
  }

  #tell(): void {
    this.#listener.backlogChanged(this.bytes);
  }
}
