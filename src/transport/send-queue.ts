import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { FlushCycle } from './flush-cycle.js';

/** How much a slow socket is given at a time: small enough to see it move. */
export const SLICE_BYTES = 64 * 1024;

/** Memory that small parts are copied into, growing from one to the next. */
const MIN_PAGE = 1024;
const MAX_PAGE = 16 * 1024;

const NOTHING = Buffer.alloc(0);

interface Entry {
  readonly bytes: Buffer;
  start: number;
  end: number;
}

/** Whoever wants to know how much waits. */
export interface BacklogListener {
  /** How much waits now, in bytes. Not told while the socket takes everything at once. */
  backlogChanged(bytes: number): void;
}

/**
 * What the socket of one connection has not taken yet, in order. Every part is made of whole
 * frames.
 *
 * A socket that keeps up never needs one of these. Otherwise the rest waits here rather than in
 * the socket, where it could be neither measured nor dropped.
 */
export class SendQueue {
  /** When the socket last took something, by `performance.now()`. */
  progressAt = performance.now();

  readonly #socket: Socket;
  readonly #cycle: Pick<FlushCycle, 'later'>;
  readonly #listener: BacklogListener;
  readonly #entries: Entry[] = [];
  /** The entry that small parts are added to, while its page has room. */
  #page: Entry | undefined;
  #waiting = 0;
  /** What the socket holds and has not handed to the kernel. */
  #inSocket = 0;
  #scheduled = false;
  #done: (() => void) | undefined;

  constructor(socket: Socket, cycle: Pick<FlushCycle, 'later'>, listener: BacklogListener) {
    this.#socket = socket;
    this.#cycle = cycle;
    this.#listener = listener;
  }

  /** Whether the socket has taken all there was. */
  get idle(): boolean {
    return this.#inSocket === 0 && this.#waiting === 0;
  }

  /** How much waits, in bytes. */
  get bytes(): number {
    return this.#waiting + this.#inSocket;
  }

  /** The socket was given something and still holds so much of it. */
  wait(inSocket: number): void {
    this.progressAt = performance.now();
    this.#inSocket = inSocket;
    // An empty write is done when all before it is.
    this.#socket.write(NOTHING, this.#taken);
  }

  /**
   * Keeps the parts until the socket has taken what is before them.
   *
   * @returns whether all were copied, so that their memory can be written to again
   */
  push(parts: readonly Buffer[]): boolean {
    const before = this.bytes;
    let areCopied = true;
    for (const part of parts) {
      // By reference only what fills its memory: a small part would keep a whole chunk alive.
      if (part.length * 2 >= part.buffer.byteLength) {
        this.#share(part);
        areCopied = false;
      } else this.#copy(part);
    }
    this.#offer();
    // What a socket that keeps up has not been offered yet is not its backlog, unless it piles up.
    this.#listener.backlogChanged(this.#inSocket > 0 ? this.bytes : before);
    return areCopied;
  }

  /**
   * Gives all that waits to the socket, because a close follows: what is little at once, and more
   * slice by slice. A room that ends would otherwise write for all of its players in one turn.
   *
   * @param done is called when the socket has been given all, if it is not at once
   * @returns whether it has been
   */
  finish(done: () => void): boolean {
    if (this.#waiting > SLICE_BYTES) {
      this.#done = done;
      this.#offer();
      return false;
    }
    for (const { bytes, start, end } of this.#entries) {
      this.#socket.write(bytes.subarray(start, end));
      this.#inSocket += end - start;
    }
    this.#forget();
    return true;
  }

  /** Drops what waits, but for the rest of a frame that is half sent: a close can follow it. */
  drop(): void {
    const [begun] = this.#entries;
    if (begun === undefined || begun.start === 0) return this.#forget();
    this.#entries.length = 1;
    this.#page = undefined;
    this.#waiting = begun.end - begun.start;
  }

  #share(bytes: Buffer): void {
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

  #pageFor(length: number): Entry {
    const last = this.#page;
    if (last !== undefined && last.bytes.length - last.end >= length) return last;
    const size = Math.min(MAX_PAGE, last === undefined ? MIN_PAGE : last.bytes.length * 2);
    const page = { bytes: Buffer.allocUnsafeSlow(Math.max(size, length)), start: 0, end: 0 };
    this.#entries.push(page);
    this.#page = page;
    return page;
  }

  /** Gives the socket one slice, and the next when all others have had theirs. */
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

  /** The next entry, or as much of it as goes into a slice. */
  #writeEntry(): void {
    const entry = this.#entries[0] as Entry;
    const end = Math.min(entry.end, entry.start + SLICE_BYTES);
    this.#socket.write(entry.bytes.subarray(entry.start, end));
    this.#waiting -= end - entry.start;
    entry.start = end;
    if (end < entry.end) return;
    this.#entries.shift();
    if (this.#page === entry) this.#page = undefined;
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
