import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { BufferMeter } from './buffer-meter.js';

/** How much a socket is given at a time: small enough to see it move on a slow line. */
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

/** What a queue tells about what waits in it. */
export interface BacklogListener {
  /** How much waits now, in bytes. Not told of what the socket took at once. */
  backlog(bytes: number): void;
}

/**
 * What the socket of one connection has not taken yet, in order. Every part is made of whole
 * frames.
 *
 * A socket that keeps up takes everything at once and this stays empty. Otherwise the rest waits
 * here rather than in the socket, where it could be neither measured nor dropped.
 */
export class SendQueue {
  /** When the socket last took something, or last had taken all, by `performance.now()`. */
  progressAt = 0;

  readonly #socket: Socket;
  readonly #meter: BufferMeter;
  readonly #listener: BacklogListener;
  readonly #entries: Entry[] = [];
  /** The entry that small parts are added to, while its page has room. */
  #page: Entry | undefined;
  #waiting = 0;
  /** What the socket holds and has not handed to the kernel. */
  #inSocket: Buffer[] = [];
  #inSocketBytes = 0;

  constructor(socket: Socket, meter: BufferMeter, listener: BacklogListener) {
    this.#socket = socket;
    this.#meter = meter;
    this.#listener = listener;
  }

  /** Whether the socket has taken all there was. */
  get idle(): boolean {
    return this.#inSocketBytes === 0 && this.#waiting === 0;
  }

  /** How much waits, in bytes. */
  get bytes(): number {
    return this.#waiting + this.#inSocketBytes;
  }

  /** Gives the parts to the socket now; to be asked only of an idle queue. */
  write(parts: readonly Buffer[], length: number): void {
    const socket = this.#socket;
    const [only] = parts;
    if (only !== undefined && parts.length === 1) {
      socket.write(only);
    } else {
      socket.cork();
      for (const part of parts) socket.write(part);
      socket.uncork();
    }
    if (socket.writableLength > 0) this.#wait([...parts], length);
  }

  /** Keeps the parts until the socket has taken what is before them. */
  push(parts: readonly Buffer[]): void {
    for (const part of parts) {
      // By reference only what fills its memory: a small part would keep a whole chunk alive.
      if (part.length * 2 >= part.buffer.byteLength) this.#share(part);
      else this.#copy(part);
    }
    this.#pump();
    this.#tell();
  }

  /** Gives all that waits to the socket at once, because a close follows. */
  flush(): void {
    for (const { bytes, start, end } of this.#entries) {
      this.#socket.write(bytes.subarray(start, end));
      this.#meter.hold(bytes);
      this.#inSocket.push(bytes);
      this.#inSocketBytes += end - start;
    }
    this.#forget();
  }

  /** The socket's memory is part of this chunk, which therefore is in use as a whole. */
  pin(chunk: Buffer): void {
    this.#meter.hold(chunk);
    this.#inSocket.push(chunk);
  }

  /** Drops what waits, but for the rest of a frame that is half sent: a close can follow it. */
  drop(): void {
    const [begun] = this.#entries;
    if (begun === undefined || begun.start === 0) return this.#forget();
    for (const { bytes } of this.#entries.splice(1)) this.#meter.release(bytes);
    this.#page = undefined;
    this.#waiting = begun.end - begun.start;
  }

  /** The socket is gone, and with it what it held. */
  clear(): void {
    this.#forget();
    this.#letGo();
  }

  #share(bytes: Buffer): void {
    this.#meter.hold(bytes);
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
    this.#meter.hold(page.bytes);
    this.#entries.push(page);
    this.#page = page;
    return page;
  }

  /** Gives the socket slice by slice, for as long as it takes them at once. */
  #pump(): void {
    while (this.#inSocketBytes === 0) {
      const [entry] = this.#entries;
      if (entry === undefined || !this.#socket.writable) return;
      const end = Math.min(entry.end, entry.start + SLICE_BYTES);
      const length = end - entry.start;
      this.#socket.write(entry.bytes.subarray(entry.start, end));
      entry.start = end;
      this.#waiting -= length;
      const done = end === entry.end;
      if (done) this.#shift(entry);
      if (this.#socket.writableLength > 0) this.#wait([entry.bytes], length);
      if (done) this.#meter.release(entry.bytes);
    }
  }

  #shift(entry: Entry): void {
    this.#entries.shift();
    if (this.#page === entry) this.#page = undefined;
  }

  /** The socket holds these; goes on when it has handed them to the kernel. */
  #wait(parts: Buffer[], length: number): void {
    for (const part of parts) this.#meter.hold(part);
    this.progressAt = performance.now();
    this.#inSocket = parts;
    this.#inSocketBytes = length;
    // An empty write is done when all before it is.
    this.#socket.write(NOTHING, this.#taken);
  }

  readonly #taken = (error?: Error | null): void => {
    if (error != null) return;
    this.progressAt = performance.now();
    this.#letGo();
    this.#pump();
    this.#tell();
  };

  #letGo(): void {
    for (const part of this.#inSocket) this.#meter.release(part);
    this.#inSocket = [];
    this.#inSocketBytes = 0;
  }

  #forget(): void {
    for (const { bytes } of this.#entries) this.#meter.release(bytes);
    this.#entries.length = 0;
    this.#page = undefined;
    this.#waiting = 0;
  }

  #tell(): void {
    this.#listener.backlog(this.bytes);
  }
}
