import type { Socket } from 'node:net';
import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import { frameHeaderLength, PING, PONG, writeFrameHeader } from '../protocol/frame.js';
import type { BufferMeter } from './buffer-meter.js';
import type { FlushCycle } from './flush-cycle.js';
import type { OrderedWebSocket } from './ordered-web-socket.js';
import { Outbox } from './outbox.js';
import { SendQueue } from './send-queue.js';

/** What happens on a connection, for whoever serves it. */
export interface ConnectionHandler {
  /** One whole message. It is a view on memory that nobody will change. */
  message(bytes: Buffer, binary: boolean): void;
  /** What waits for the other end has grown or shrunk; not called while it keeps up. */
  backlog(bytes: number): void;
  /** Serving it has thrown; the connection is about to be closed with 1011. */
  failed(): void;
  /** No message comes any more: closed by either end, or cut. Called once. */
  ended(): void;
}

/** What a connection needs of its relay. */
export interface ConnectionContext {
  readonly cycle: FlushCycle;
  readonly meter: BufferMeter;
  /** How long what waits may not shrink, in milliseconds. */
  readonly stall: number;
  /** Silence after which to ping, in milliseconds; 0 for never. */
  readonly ping: number;
  /** An exception in the relay's own code, which has cost this connection its life. */
  fault(error: unknown): void;
  /** It has ended, by this code; 1006 for a line that was cut. */
  ended(connection: Connection, code: number): void;
}

/** Why a connection is not read for a while. */
export const HOLD = { rate: 1, host: 2 } as const;
export type Hold = (typeof HOLD)[keyof typeof HOLD];

/** How many pings may be unanswered. */
const MAX_UNANSWERED = 2;

/** How long a client that does not read may take to go, in milliseconds. */
const CUT_AFTER = 1000;

/** What a piece of a message costs besides its bytes. */
const PIECE_OVERHEAD = 256;

const NOTHING = Buffer.alloc(0);

/** One accepted WebSocket: messages in, and one queue out for everything that leaves. */
export class Connection {
  readonly outbox: Outbox;
  readonly #webSocket: OrderedWebSocket;
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #queue: SendQueue;
  #handler: ConnectionHandler | undefined;
  #holds = 0;
  #heardAt = 0;
  #unanswered = 0;
  /** What has arrived since the last whole message, in bytes. */
  #unfinished = 0;
  #gotMessage = false;

  constructor(webSocket: OrderedWebSocket, socket: Socket, context: ConnectionContext) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#context = context;
    this.#queue = new SendQueue(socket, context.meter, {
      backlog: (bytes) => this.#handler?.backlog(bytes),
    });
    this.outbox = new Outbox(this.#queue, context.cycle);
    webSocket.onClosing = (code) => this.#ended(code ?? 1005);
    webSocket.on('close', () => {
      this.#ended(1006);
      this.#queue.clear();
    });
    webSocket.on('ping', (data) => this.#sendControl(PONG, data));
    // Broken frames and broken lines: `ws` closes by itself, with the code that fits.
    webSocket.on('error', () => {});
    webSocket.on('message', (data, binary) => {
      this.#gotMessage = true;
      this.guard(() => this.#handler?.message(data as Buffer, binary));
    });
    // Behind the listener of `ws`: what this chunk completed has been passed on by now.
    socket.on('data', (chunk: Buffer) => this.#heard(chunk.length));
  }

  /** From now on the handler is told what happens. To be called as soon as there is a connection. */
  serve(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  /** How much it holds of the process's memory: what waits to be written or to be whole. */
  get holding(): number {
    return this.#queue.bytes + this.#unfinished;
  }

  /** Whether it is not read for now. */
  get held(): boolean {
    return this.#holds !== 0;
  }

  /** Stops reading for this reason; the other end's TCP fills up, and nothing is lost. */
  hold(why: Hold): void {
    if (this.#holds === 0) this.#webSocket.pause();
    this.#holds |= why;
  }

  /** Reads again, unless there is another reason not to. */
  release(why: Hold): void {
    if (this.#holds === 0) return;
    this.#holds &= ~why;
    if (this.#holds !== 0) return;
    // While it was not read it could not show that it lives.
    this.#heardAt = performance.now();
    this.#webSocket.resume();
  }

  /**
   * Closes, after what was sent before; nothing that is still received is passed on. The first
   * close counts.
   */
  close({ code, reason }: Closing): void {
    if (!this.outbox.open) return;
    this.#webSocket.close(code, reason);
    if (this.#holds === 0) return;
    // A socket that is not read never finishes closing.
    this.#webSocket.resume();
    this.#terminateSoon();
  }

  /** Closes a client that does not keep up: what waits for it and from it is dropped. */
  cut(closing: Closing): void {
    if (!this.outbox.open) return;
    this.#queue.drop();
    this.close(closing);
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
    this.#terminateSoon();
  }

  /** Cuts it without a word. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Looks whether the other end is still there and keeps up. To be called now and then. */
  check(now: number): void {
    if (!this.outbox.open) return;
    if (!this.#queue.idle) {
      if (now - this.#queue.progressAt > this.#context.stall) this.cut(CLOSINGS.tooSlow);
      // A ping would wait behind the rest, and so would what it should prove.
      this.#heardAt = now;
    } else if (this.#holds !== 0) {
      this.#heardAt = now;
    } else {
      this.#checkLife(now);
    }
  }

  /** Runs what serves this connection: an exception there ends it. */
  guard(serve: () => void): void {
    try {
      serve();
    } catch (error) {
      this.#context.fault(error);
      this.#handler?.failed();
      this.close(CLOSINGS.internalError);
    }
  }

  #checkLife(now: number): void {
    const { ping } = this.#context;
    if (this.#heardAt === 0) this.#heardAt = now;
    if (ping === 0 || now - this.#heardAt < ping * (this.#unanswered + 1)) return;
    if (this.#unanswered === MAX_UNANSWERED) return this.terminate();
    this.#unanswered++;
    this.#sendControl(PING, NOTHING);
  }

  #heard(length: number): void {
    this.#heardAt = 0;
    this.#unanswered = 0;
    if (!this.outbox.open) return;
    const unfinished = this.#gotMessage ? length : this.#unfinished + length + PIECE_OVERHEAD;
    this.#gotMessage = false;
    this.#context.meter.add(unfinished - this.#unfinished);
    this.#unfinished = unfinished;
  }

  #ended(code: number): void {
    if (!this.outbox.open) return;
    this.outbox.end();
    this.#context.meter.add(-this.#unfinished);
    this.#unfinished = 0;
    this.#context.ended(this, code);
    const handler = this.#handler;
    this.#handler = undefined;
    this.guard(() => handler?.ended());
  }

  #terminateSoon(): void {
    const timer = setTimeout(() => this.terminate(), CUT_AFTER);
    this.#webSocket.once('close', () => clearTimeout(timer));
  }

  #sendControl(opcode: number, data: Buffer): void {
    if (!this.outbox.open) return;
    const at = this.outbox.reserve(frameHeaderLength(data.length) + data.length);
    const { buffer } = this.outbox;
    buffer.set(data, writeFrameHeader(buffer, at, opcode, data.length));
  }
}
