import type { Socket } from 'node:net';
import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import { frameHeaderLength, PING, PONG, writeFrameHeader } from '../protocol/frame.js';
import type { FlushCycle } from './flush-cycle.js';
import type { OrderedWebSocket, WebSocketOwner } from './ordered-web-socket.js';
import { Outbox } from './outbox.js';
import type { BacklogListener } from './send-queue.js';

/** What a connection needs of its relay. */
export interface ConnectionContext {
  readonly cycle: FlushCycle;
  /** How long what waits may not shrink, in milliseconds. */
  readonly stall: number;
  /** Silence after which to ping, in milliseconds; 0 for never. */
  readonly ping: number;
  /** An exception in the relay's own code, which has cost this connection its life. */
  fault(error: unknown): void;
  /** It has ended, by this code; 1006 for a line that was cut. */
  ended(connection: Connection, code: number): void;
  /** Its socket is gone, too. */
  gone(connection: Connection): void;
}

/** One accepted WebSocket, and who is at its other end. */
export interface Link {
  readonly webSocket: OrderedWebSocket<Connection>;
  readonly socket: Socket;
  readonly address: string;
  readonly context: ConnectionContext;
}

/** Why a connection is not read for a while. */
export const HOLD = { rate: 1, host: 2, turn: 4 } as const;
export type Hold = (typeof HOLD)[keyof typeof HOLD];

/** How long one connection may be served before all others have their turn, in milliseconds. */
const MAX_TURN = 5;

/** After how many messages the clock is looked at. */
const LOOK_EVERY = 16;

/** How many pings may be unanswered. */
const MAX_UNANSWERED = 2;

/** How long a client that does not read may take to go, in milliseconds. */
const CUT_AFTER = 1000;

/** The least that a client's frame is longer than what it carries (RFC 6455 section 5.2). */
const FRAME_OVERHEAD = 6;

const NOTHING = Buffer.alloc(0);

/**
 * One accepted WebSocket: messages in, and one queue out for everything that leaves. What serves
 * it extends it, so that there is one object for each of thousands of connections; this one by
 * itself only waits to be closed.
 */
export class Connection implements WebSocketOwner, BacklogListener {
  /** The address that it is counted under. */
  readonly address: string;
  readonly #webSocket: OrderedWebSocket<Connection>;
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #outbox: Outbox;
  /** It is closing; the first reason counts, whatever comes up on the way. */
  #closing = false;
  #holds = 0;
  /** Messages that came before the socket knew that it is not read for now. */
  #postponed: [bytes: Buffer, binary: boolean][] | undefined;

  // How long it has been served in this turn.
  #turn = 0;
  #turnStart = 0;
  #served = 0;

  // Whether the other end lives, and what of a message has arrived, is seen from how much was read.
  #readBefore: number;
  #finished: number;
  #gotMessage = false;
  #heardAt = 0;
  #unanswered = 0;

  constructor({ webSocket, socket, address, context }: Link) {
    this.address = address;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#context = context;
    this.#outbox = new Outbox(socket, context.cycle, this);
    this.#readBefore = socket.bytesRead;
    this.#finished = this.#readBefore;
    webSocket.owner = this;
    webSocket.on('message', onMessage);
    webSocket.on('ping', onPing);
    webSocket.on('pong', onPong);
    webSocket.on('close', onClose);
    webSocket.on('error', onError);
  }

  /** One whole message. It is a view on memory that nobody will change. */
  protected receive(_bytes: Buffer, _binary: boolean): void {}

  /** Serving it has thrown; it is about to be closed with 1011. */
  protected failed(): void {}

  /** No message comes any more: closed by either end, or cut. Called once. */
  protected ended(): void {}

  /** What waits for the other end has grown or shrunk; not called while it keeps up. */
  backlogChanged(_bytes: number): void {}

  protected get outbox(): Outbox {
    return this.#outbox;
  }

  /** How much it holds of the process's memory: its backlog, and a message that is not whole. */
  get holding(): number {
    return this.#outbox.backlog + Math.max(0, this.#socket.bytesRead - this.#finished);
  }

  /** Whether it is not read for now. */
  get held(): boolean {
    return (this.#holds & ~HOLD.turn) !== 0;
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
    this.#servePostponed();
    if (this.#holds === 0) this.#webSocket.resume();
  }

  /**
   * Closes, after what was sent before; nothing that is still received is passed on. The first
   * close counts.
   */
  close({ code, reason }: Closing): void {
    if (this.#closing) return;
    this.#postponed = undefined;
    this.#webSocket.close(code, reason);
    // A socket that is not read never finishes closing. What still comes is dropped.
    if (this.#holds !== 0) this.#webSocket.resume();
  }

  /** Closes a client that does not keep up: what waits for it and from it is dropped. */
  cut(closing: Closing): void {
    if (this.#closing) return;
    this.#outbox.drop();
    this.close(closing);
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
    // It does not read, so it will not confirm the close either.
    const timer = setTimeout(() => this.#webSocket.terminate(), CUT_AFTER);
    this.#webSocket.once('close', () => clearTimeout(timer));
  }

  /** Looks whether the other end is still there and keeps up. To be called now and then. */
  check(now: number): void {
    if (this.#closing) return;
    this.#look(now);
    if (this.#outbox.backlog > 0) {
      if (now - this.#outbox.progressAt > this.#context.stall) this.cut(CLOSINGS.tooSlow);
      // A ping would wait behind the rest, and so would what it should prove.
      this.#heardAt = now;
    } else if (this.#holds !== 0) {
      this.#heardAt = now;
    } else {
      this.#checkLife(now);
    }
  }

  /** For `OrderedWebSocket` only. */
  closing(code: number): void {
    if (this.#closing) return;
    this.#closing = true;
    // These came before the close, if it is the other end's.
    const postponed = this.#postponed ?? [];
    this.#postponed = undefined;
    for (const [bytes, binary] of postponed) this.#serve(bytes, binary);
    this.#outbox.end();
    this.#context.ended(this, code);
    try {
      this.ended();
    } catch (error) {
      this.#context.fault(error);
    }
  }

  /** For the listeners below only. */
  gone(): void {
    this.closing(1006);
    this.#context.gone(this);
  }

  /** For the listeners below only. An exception ends this connection. */
  received(bytes: Buffer, binary: boolean): void {
    if (!this.#outbox.open) return;
    this.finish(bytes.length);
    this.#gotMessage = true;
    if (this.#holds === 0) {
      this.#serve(bytes, binary);
      this.#shareTurn();
    } else {
      this.#postponed ??= [];
      this.#postponed.push([bytes, binary]);
    }
  }

  #servePostponed(): void {
    const postponed = this.#postponed;
    if (postponed === undefined) return;
    let served = 0;
    while (served < postponed.length && this.#holds === 0) {
      const [bytes, binary] = postponed[served++] as [Buffer, boolean];
      this.#serve(bytes, binary);
      this.#shareTurn();
    }
    if (served === postponed.length) this.#postponed = undefined;
    else postponed.splice(0, served);
  }

  /**
   * Leaves off until the next turn if this one has taken too long: thousands of tiny broadcasts come
   * in one piece, and all other rooms would wait for them.
   */
  #shareTurn(): void {
    const { turn } = this.#context.cycle;
    if (this.#turn !== turn) {
      this.#turn = turn;
      this.#served = 0;
    }
    if (this.#served++ % LOOK_EVERY !== 0) return;
    const now = performance.now();
    if (this.#served === 1) this.#turnStart = now;
    if (now - this.#turnStart < MAX_TURN || this.#closing) return;
    this.hold(HOLD.turn);
    setImmediate(() => {
      this.#served = 0;
      this.release(HOLD.turn);
    });
  }

  #serve(bytes: Buffer, binary: boolean): void {
    try {
      this.receive(bytes, binary);
    } catch (error) {
      this.#context.fault(error);
      this.failed();
      this.close(CLOSINGS.internalError);
    }
  }

  /** For the listeners below only. */
  pinged(data: Buffer): void {
    this.finish(data.length);
    this.#sendControl(PONG, data);
  }

  /** For the listeners below only: a frame with so much in it was read to its end. */
  finish(length: number): void {
    this.#finished += length + FRAME_OVERHEAD;
  }

  #sendControl(opcode: number, data: Buffer): void {
    const outbox = this.#outbox;
    if (!outbox.open) return;
    const at = outbox.reserve(frameHeaderLength(data.length) + data.length);
    const { buffer } = outbox;
    buffer.set(data, writeFrameHeader(buffer, at, opcode, data.length));
  }

  /** Notices what has been read since the last look. */
  #look(now: number): void {
    const read = this.#socket.bytesRead;
    if (read === this.#readBefore) return;
    // Whatever came before the last look belongs to messages that are whole by now.
    if (this.#gotMessage) this.#finished = Math.max(this.#finished, this.#readBefore);
    this.#gotMessage = false;
    this.#readBefore = read;
    this.#heardAt = now;
    this.#unanswered = 0;
  }

  #checkLife(now: number): void {
    const { ping } = this.#context;
    if (this.#heardAt === 0) this.#heardAt = now;
    if (ping === 0 || now - this.#heardAt < ping * (this.#unanswered + 1)) return;
    if (this.#unanswered === MAX_UNANSWERED) return this.#webSocket.terminate();
    this.#unanswered++;
    this.#sendControl(PING, NOTHING);
  }
}

// Listeners without a closure, because each of thousands of connections has them.

type Served = OrderedWebSocket<Connection>;

function onMessage(this: unknown, data: unknown, binary: boolean): void {
  (this as Served).owner?.received(data as Buffer, binary);
}

function onPing(this: unknown, data: Buffer): void {
  (this as Served).owner?.pinged(data);
}

function onPong(this: unknown, data: Buffer): void {
  (this as Served).owner?.finish(data.length);
}

function onClose(this: unknown): void {
  (this as Served).owner?.gone();
}

/** Broken frames and broken lines: `ws` closes by itself, with the code that fits. */
function onError(): void {}
