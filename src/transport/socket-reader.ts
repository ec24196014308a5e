import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { FlushCycle } from './flush-cycle.js';
import { type FrameHandler, FrameParser } from './frame-parser.js';
import { MessageBuffer } from './message-buffer.js';
import type { Unfinished } from './unfinished-message.js';

/** Is notified before and after each chunk, and schedules the ends of connections. */
export type ChunkCycle = Pick<FlushCycle, 'beginChunk' | 'endChunk' | 'ends'>;

/** Handles what is read. */
export interface ReaderOwner extends FrameHandler {
  /** A chunk arrived. The owner may pause the reader, which then buffers the chunk. */
  chunk(bytes: number): void;
}

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Reads the frames that a socket delivers. While it is paused, received bytes are buffered here and
 * the socket stops reading. As separate messages, or as small chunks in the socket's stream, they
 * would take far more memory.
 *
 * Where possible, chunks bypass the socket's stream: a socket passes them to its own public `push`,
 * which is replaced here. The stream would schedule a tick per chunk, which costs 4 % of an echo's
 * CPU time. `push` returns whether the socket may continue reading, and pushing an empty chunk
 * restarts a stopped socket. Node documents both for implementers of streams (`readable.push`). If a
 * socket delivers chunks in another way, they arrive as `data` events, which is only slower.
 */
export class SocketReader {
  readonly #socket: Socket;
  readonly #owner: ReaderOwner;
  readonly #parser: FrameParser;
  readonly #cycle: ChunkCycle;
  readonly #push: Socket['push'];
  /** Received bytes that are not read yet. */
  #buffered: MessageBuffer | undefined;
  #isDropping = false;
  /** Whether a chunk is being read. */
  #isReading = false;
  /** Whether the socket has stopped reading. */
  #isStopped = false;

  /** @param maxMessage the longest message, in bytes */
  constructor(socket: Socket, owner: ReaderOwner, maxMessage: number, cycle: ChunkCycle) {
    this.#socket = socket;
    this.#owner = owner;
    this.#parser = new FrameParser(owner, maxMessage);
    this.#cycle = cycle;
    this.#push = socket.push;
    socket.push = (chunk: Buffer | null): boolean => {
      if (chunk === null) {
        cycle.ends.run(() => this.#end());
        return false;
      }
      // Bytes in the stream arrived earlier, so they go first.
      if (socket.readableLength > 0) return this.#push.call(socket, chunk);
      this.#isStopped = !this.#take(chunk);
      return !this.#isStopped;
    };
    socket.on('data', (chunk: Buffer) => void this.#take(chunk));
  }

  /** Whether received bytes are not read yet. */
  get hasBufferedInput(): boolean {
    return this.#buffered !== undefined;
  }

  /** Bytes received that are unread, or part of an incomplete message. */
  get bufferedBytes(): number {
    return (this.#buffered?.length ?? 0) + this.#parser.bufferedBytes;
  }

  /** The incomplete message, if there is one. */
  get unfinished(): Unfinished | undefined {
    return this.#parser.unfinished;
  }

  /** Reads the bytes that arrived with the handshake. */
  readHead(head: Buffer): void {
    if (head.length > 0) this.#take(head);
  }

  /** Pauses after the current frame. */
  pause(): void {
    this.#parser.paused = true;
    this.#socket.pause();
  }

  /** Reads the buffered bytes, then resumes the socket, unless it is paused again meanwhile. */
  resume(): void {
    this.#parser.paused = false;
    // The output of a chunk may be flushed before its rest is read, which comes before all else.
    if (this.#isReading) return void this.#socket.resume();
    const buffered = this.#buffered;
    this.#buffered = undefined;
    if (buffered !== undefined) this.#read(buffered.bytes);
    if (this.#parser.paused) return;
    if (this.#isStopped) {
      this.#isStopped = false;
      this.#push.call(this.#socket, NOTHING);
    }
    this.#socket.resume();
  }

  /** Drops all further messages. Control frames are still handled. */
  skipMessages(): void {
    this.#parser.skipMessages();
  }

  /** Drops all input, received and future. */
  drop(): void {
    this.#isDropping = true;
    this.#buffered = undefined;
    this.#parser.end();
  }

  /** The input has ended. */
  #end(): void {
    if (this.#socket.destroyed) return;
    this.#push.call(this.#socket, null);
    // As Node does at the end of the input.
    this.#socket.read(0);
  }

  /** Returns whether the socket may continue reading. */
  #take(chunk: Buffer): boolean {
    this.#owner.chunk(chunk.length);
    if (this.#isDropping) return !this.#parser.paused;
    if (this.#parser.paused) this.#buffer(chunk);
    else this.#read(chunk);
    return !this.#parser.paused;
  }

  #read(chunk: Buffer): void {
    let rest = chunk;
    this.#isReading = true;
    try {
      do rest = rest.subarray(this.#parse(rest));
      while (rest.length > 0 && !this.#parser.paused && !this.#isDropping);
    } finally {
      this.#isReading = false;
    }
    if (rest.length > 0 && !this.#isDropping) this.#buffer(rest);
  }

  /** Returns where parsing has stopped: before the end if reading was paused. */
  #parse(chunk: Buffer): number {
    this.#cycle.beginChunk();
    try {
      return this.#parser.read(chunk);
    } finally {
      this.#cycle.endChunk();
    }
  }

  #buffer(chunk: Buffer): void {
    this.#buffered ??= new MessageBuffer();
    this.#buffered.add(chunk, Number.POSITIVE_INFINITY);
  }
}
