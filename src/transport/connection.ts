import type { Socket } from 'node:net';
import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import { frameHeaderLength, PONG, writeFrameHeader } from '../protocol/frame.js';
import type { FlushCycle } from './flush-cycle.js';
import type { OrderedWebSocket } from './ordered-web-socket.js';
import { Outbox } from './outbox.js';

/** What happens on a connection, for whoever serves it. */
export interface ConnectionHandler {
  /** One whole message. It is a view on memory that nobody will change. */
  message(bytes: Buffer, binary: boolean): void;
  /** No message comes any more: closed by either end, or cut. Called once. */
  ended(): void;
}

/** What a connection reports besides, for the log. */
export interface ConnectionLog {
  /** An exception in the relay's own code, which has cost this connection its life. */
  fault(error: unknown): void;
}

/** One accepted WebSocket: messages in, and one queue out for everything that leaves. */
export class Connection {
  readonly outbox: Outbox;
  readonly #webSocket: OrderedWebSocket;
  readonly #log: ConnectionLog;
  #handler: ConnectionHandler | undefined;

  constructor(webSocket: OrderedWebSocket, socket: Socket, cycle: FlushCycle, log: ConnectionLog) {
    this.#webSocket = webSocket;
    this.#log = log;
    this.outbox = new Outbox(socket, cycle);
    webSocket.onClosing = () => this.#ended();
    webSocket.on('close', () => this.#ended());
    webSocket.on('ping', (data) => this.#pong(data));
    // Broken frames and broken lines: `ws` closes by itself, with the code that fits.
    webSocket.on('error', () => {});
    webSocket.on('message', (data, binary) => {
      this.guard(() => this.#handler?.message(data as Buffer, binary));
    });
  }

  /** From now on the handler is told what happens. To be called as soon as there is a connection. */
  serve(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  /**
   * Closes, after what was sent before; nothing that is still received is passed on. The first
   * close counts.
   */
  close({ code, reason }: Closing): void {
    if (this.outbox.open) this.#webSocket.close(code, reason);
  }

  /** Runs what serves this connection: an exception there ends it, and nothing else. */
  guard(serve: () => void): void {
    try {
      serve();
    } catch (error) {
      this.#log.fault(error);
      this.close(CLOSINGS.internalError);
    }
  }

  #ended(): void {
    if (!this.outbox.open) return;
    this.outbox.end();
    const handler = this.#handler;
    this.#handler = undefined;
    this.guard(() => handler?.ended());
  }

  #pong(data: Buffer): void {
    if (!this.outbox.open) return;
    const at = this.outbox.reserve(frameHeaderLength(data.length) + data.length);
    const { buffer } = this.outbox;
    buffer.set(data, writeFrameHeader(buffer, at, PONG, data.length));
  }
}
