import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { CLOSE_REASONS } from '../protocol/close-codes.js';
import { CLOSE, writeFrameHeader } from '../protocol/frame.js';
import { NO_CODE } from './frame-parser.js';
import { type ChunkCycle, type ReaderOwner, SocketReader } from './socket-reader.js';
import type { Unfinished } from './unfinished-message.js';

/** Handles the events of a WebSocket. */
export interface WebSocketOwner {
  /** A chunk arrived. The owner may pause the WebSocket, which then buffers the chunk. */
  chunk(bytes: number): void;
  /** A whole message arrived. */
  received(bytes: Uint8Array, binary: boolean): void;
  pinged(data: Buffer): void;
  ponged(data: Buffer): void;
  /** So many frames have been handled since the last call. The owner may pause the WebSocket. */
  parsed(frames: number): void;
  /**
   * Closing begins. The owner writes all output that goes before the close frame.
   *
   * @returns false if that takes a while; the owner then calls `finishClose` when it is done
   */
  closing(code: number): boolean;
  /** The socket is closed, and all earlier input has been handled or dropped. */
  gone(): void;
}

export interface WebSocketBounds {
  /** The longest message in bytes; a longer one closes the WebSocket with 1009. */
  readonly maxMessage: number;
  /**
   * How long the other end may take to confirm a close, in milliseconds. Then the socket is
   * destroyed.
   */
  readonly closeTimeout: number;
}

/** State of the closing handshake (RFC 6455 section 7.1). `closeSent`: the close frame is written. */
type State = 'open' | 'closing' | 'closeSent' | 'gone';

/**
 * The server's end of a WebSocket after the opening handshake: it reads frames and does the closing
 * handshake. Its owner writes all output except the close frame.
 */
export class ServerWebSocket implements ReaderOwner {
  owner: WebSocketOwner | undefined;
  readonly #socket: Socket;
  readonly #reader: SocketReader;
  readonly #closeTimeout: number;
  #state: State = 'open';
  /** The other end has sent its close frame or invalid bytes, so no confirmation will come. */
  #otherHasClosed = false;
  #hasInputEnded = false;
  #isSocketClosed = false;
  #closeFrame: Buffer | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, { maxMessage, closeTimeout }: WebSocketBounds, cycle: ChunkCycle) {
    this.#socket = socket;
    this.#closeTimeout = closeTimeout;
    socket.setTimeout(0);
    this.#reader = new SocketReader(socket, this, maxMessage, cycle);
    socket.on('end', () => this.#inputEnded());
    socket.on('close', () => cycle.ends.run(() => this.#socketClosed()));
    // Node emits `close` next.
    socket.on('error', () => void socket.destroy());
  }

  /** Whether neither end has begun to close. */
  get open(): boolean {
    return this.#state === 'open';
  }

  /** Bytes received that are unread, or part of an incomplete message. */
  get bufferedBytes(): number {
    return this.#reader.bufferedBytes;
  }

  /** Whether received bytes are unread because reading is paused. */
  get hasBufferedInput(): boolean {
    return this.#reader.hasBufferedInput;
  }

  /** The incomplete message, if there is one. */
  get unfinished(): Unfinished | undefined {
    return this.#reader.unfinished;
  }

  /** Reads the bytes that arrived with the handshake. */
  readHead(head: Buffer): void {
    this.#reader.readHead(head);
  }

  /** Pauses reading after the current frame. */
  pause(): void {
    this.#reader.pause();
  }

  /**
   * Resumes reading, with the buffered bytes first. Must not be called while a message is handled.
   */
  resume(): void {
    this.#reader.resume();
    if (this.#hasInputEnded) this.#inputEnded();
    if (this.#isSocketClosed) this.#endUnlessBuffered();
  }

  /** Closes after all earlier output. Only the first close counts. */
  close(code: number, reason: string): void {
    this.#begin(code, closeFrame(code, Buffer.from(reason)));
  }

  /** Writes the close frame that was delayed. */
  finishClose(): void {
    if (this.#state !== 'closing') return;
    this.#state = 'closeSent';
    const socket = this.#socket;
    if (this.#closeFrame !== undefined && socket.writable) socket.write(this.#closeFrame);
    if (this.#otherHasClosed) socket.end();
    if (this.#isSocketClosed) return;
    this.#closeTimer = setTimeout(() => void socket.destroy(), this.#closeTimeout);
  }

  /** Ends the connection at once, without a close frame. */
  terminate(): void {
    this.dropInput();
    this.#socket.destroy();
    if (this.#isSocketClosed) this.#endUnlessBuffered();
  }

  /** Drops all input, received and future. */
  dropInput(): void {
    this.#reader.drop();
    this.#reader.resume();
  }

  chunk(bytes: number): void {
    this.owner?.chunk(bytes);
  }

  message(bytes: Uint8Array, binary: boolean): void {
    this.owner?.received(bytes, binary);
  }

  ping(data: Buffer): void {
    this.owner?.pinged(data);
  }

  pong(data: Buffer): void {
    this.owner?.ponged(data);
  }

  parsed(frames: number): void {
    this.owner?.parsed(frames);
  }

  /** Answers a close frame with the same code and reason (RFC 6455 section 5.5.1). */
  closeFrame(code: number, reason: Buffer): void {
    this.#endOfInput(code, closeFrame(code, reason));
  }

  broken(code: number): void {
    const { tooBig } = CLOSE_REASONS;
    const reason = code === tooBig.code ? tooBig.reason : '';
    this.#endOfInput(code, closeFrame(code, Buffer.from(reason)));
  }

  #endOfInput(code: number, answer: Buffer): void {
    this.#otherHasClosed = true;
    this.#reader.drop();
    if (this.#state === 'closeSent') this.#socket.end();
    else this.#begin(code, answer);
  }

  #begin(code: number, frame: Buffer): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closeFrame = frame;
    this.#reader.skipMessages();
    if (this.owner?.closing(code) ?? true) this.finishClose();
    if (!this.#isSocketClosed) return;
    this.#reader.drop();
    this.#endUnlessBuffered();
  }

  /** With TLS, the input may end before the buffered bytes are read. */
  #inputEnded(): void {
    this.#hasInputEnded = true;
    if (!this.#reader.hasBufferedInput) this.#socket.end();
  }

  #socketClosed(): void {
    this.#isSocketClosed = true;
    clearTimeout(this.#closeTimer);
    this.#endUnlessBuffered();
  }

  /** Bytes that arrived before the socket closed are read first, within the usual share of a turn. */
  #endUnlessBuffered(): void {
    if (this.#state === 'gone' || (this.#state === 'open' && this.#reader.hasBufferedInput)) return;
    this.#state = 'gone';
    // A turn that the connection waits for must not retain an incomplete message, which nobody counts.
    this.#reader.drop();
    this.owner?.gone();
  }
}

/** A close frame as servers send it: unmasked. */
function closeFrame(code: number, reason: Buffer): Buffer {
  const length = code === NO_CODE ? 0 : 2 + reason.length;
  const frame = Buffer.allocUnsafeSlow(2 + length);
  const at = writeFrameHeader(frame, 0, CLOSE, length);
  if (code !== NO_CODE) frame.set(reason, frame.writeUInt16BE(code, at));
  return frame;
}
