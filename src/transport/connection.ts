import type { Socket } from 'node:net';
import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import { frameHeaderLength, PING, PONG, writeFrameHeader } from '../protocol/frame.js';
import { FairShare } from './fair-share.js';
import type { FlushCycle } from './flush-cycle.js';
import { Liveness } from './liveness.js';
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
export type HoldReason = (typeof HOLD)[keyof typeof HOLD];

/** From this length on a message has a turn for itself: putting it together has taken its time. */
const LARGE = 256 * 1024;

/** How long what was sent before a close may take, in milliseconds. */
const LAST_WORDS = 15_000;

/** How long a client that does not read may take to go, in milliseconds. */
const CUT_AFTER = 1000;

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
  readonly #liveness: Liveness;
  /** There is none before it says something: thousands of connections only listen. */
  #share: FairShare | undefined;
  /** It is closing; the first reason counts, whatever comes up on the way. */
  #closing = false;
  /** Since when what was sent before the close has been leaving, if that takes a while. */
  #saysLastSince: number | undefined;
  #holds = 0;
  /** Messages that came before the socket knew that it is not read for now. */
  #postponed: [bytes: Buffer, binary: boolean][] | undefined;

  constructor({ webSocket, socket, address, context }: Link) {
    this.address = address;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#context = context;
    this.#outbox = new Outbox(socket, context.cycle, this);
    this.#liveness = new Liveness(socket);
    webSocket.owner = this;
  }

  /** One whole message. It is a view on memory that nobody will change. */
  protected receive(_bytes: Buffer, _binary: boolean): void {}

  /** A message or a ping with so much in it has been served. */
  protected served(_bytes: number): void {}

  /** Serving it has thrown; it is about to be closed with 1011. */
  protected failed(): void {}

  /** No message comes any more: closed by either end, or cut (1006). Called once. */
  protected ended(_code: number): void {}

  /** What waits for the other end has grown or shrunk; not called while it keeps up. */
  backlogChanged(_bytes: number): void {}

  protected get outbox(): Outbox {
    return this.#outbox;
  }

  /** How much it holds of the process's memory: its backlog, and a message that is not whole. */
  get holding(): number {
    // What comes for one that is closing is dropped.
    return this.#outbox.backlog + (this.#closing ? 0 : this.#liveness.unfinished);
  }

  /** Whether it is closing, and everything up to its close frame has been written. */
  get isTold(): boolean {
    return this.#closing && this.#saysLastSince === undefined;
  }

  /** Whether it is not read for now. */
  get held(): boolean {
    return (this.#holds & ~HOLD.turn) !== 0;
  }

  /** Stops reading for this reason; the other end's TCP fills up, and nothing is lost. */
  hold(why: HoldReason): void {
    if (this.#holds === 0) this.#webSocket.pause();
    this.#holds |= why;
  }

  /** Reads again, unless there is another reason not to. */
  release(why: HoldReason): void {
    if (this.#holds === 0) return;
    this.#holds &= ~why;
    if (this.#holds !== 0) return;
    // While it was not read it could not show that it lives.
    this.#liveness.startAnew(performance.now());
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
    // One that is told already that it is over has had its last words.
    if (this.#closing) return this.#webSocket.terminate();
    this.#outbox.drop();
    this.close(closing);
    this.#webSocket.dropInput(this.#socket);
    // It does not read, so it will not confirm the close either.
    const timer = setTimeout(() => this.#webSocket.terminate(), CUT_AFTER);
    this.#webSocket.once('close', () => clearTimeout(timer));
  }

  /** Ends it now, without a word. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Looks whether the other end is still there and keeps up. To be called now and then. */
  check(now: number): void {
    if (now - (this.#saysLastSince ?? now) > LAST_WORDS) this.#webSocket.terminate();
    if (this.#closing) return;
    const liveness = this.#liveness;
    liveness.look(now);
    const stuck = this.#outbox.backlog > 0;
    if (stuck && now - this.#outbox.progressAt > this.#context.stall) this.cut(CLOSINGS.tooSlow);
    // A ping would wait behind what waits already, and so would what it should prove; and one that
    // is not read cannot answer.
    if (stuck || this.#holds !== 0) liveness.startAnew(now);
    else this.#checkLife(now);
  }

  /** For `OrderedWebSocket` only. */
  closing(code: number): boolean {
    if (this.#closing) return this.#saysLastSince === undefined;
    this.#closing = true;
    // These came before the close, if it is the other end's.
    const postponed = this.#postponed ?? [];
    this.#postponed = undefined;
    for (const [bytes, binary] of postponed) this.#serve(bytes, binary);
    const isReady = this.#outbox.end(() => this.#saidLast());
    if (!isReady) this.#saysLastSince = performance.now();
    this.#context.ended(this, code);
    try {
      this.ended(code);
    } catch (error) {
      this.#context.fault(error);
    }
    return isReady;
  }

  /** All that was sent before the close is on its way. */
  #saidLast(): void {
    this.#saysLastSince = undefined;
    this.#webSocket.finishClose();
  }

  /** For `OrderedWebSocket` only. */
  gone(): void {
    this.closing(1006);
    this.#context.gone(this);
  }

  /** For `OrderedWebSocket` only. An exception ends this connection. */
  received(bytes: Buffer, binary: boolean): void {
    if (!this.#outbox.open) return;
    this.#liveness.message(bytes.length);
    if (this.#holds === 0 && bytes.length < LARGE) {
      this.#serve(bytes, binary);
      this.#shareTurn(bytes.length);
    } else {
      this.#postponed ??= [];
      this.#postponed.push([bytes, binary]);
      this.#leaveOff();
    }
  }

  #servePostponed(): void {
    const postponed = this.#postponed;
    if (postponed === undefined) return;
    let served = 0;
    while (served < postponed.length && this.#holds === 0) {
      const [bytes, binary] = postponed[served++] as [Buffer, boolean];
      this.#serve(bytes, binary);
      this.#shareTurn(bytes.length);
    }
    if (served === postponed.length) this.#postponed = undefined;
    else postponed.splice(0, served);
  }

  #shareTurn(bytes: number): void {
    this.#share ??= new FairShare();
    if (this.#share.use(bytes, this.#context.cycle.turn) && !this.#closing) this.#leaveOff();
  }

  /** Serves nothing more until the others have had their turn. */
  #leaveOff(): void {
    if ((this.#holds & HOLD.turn) !== 0) return;
    this.hold(HOLD.turn);
    this.#context.cycle.later(() => {
      this.#share?.renew();
      this.release(HOLD.turn);
    });
  }

  #serve(bytes: Buffer, binary: boolean): void {
    try {
      this.receive(bytes, binary);
      this.served(bytes.length);
    } catch (error) {
      this.#context.fault(error);
      this.failed();
      this.close(CLOSINGS.internalError);
    }
  }

  /** For `OrderedWebSocket` only. */
  pinged(data: Buffer): void {
    this.#liveness.finish(data.length);
    this.#sendControl(PONG, data);
    this.served(data.length);
  }

  /** For `OrderedWebSocket` only. */
  ponged(data: Buffer): void {
    this.#liveness.finish(data.length);
  }

  #sendControl(opcode: number, data: Buffer): void {
    const outbox = this.#outbox;
    if (!outbox.open) return;
    const at = outbox.reserve(frameHeaderLength(data.length) + data.length);
    const { buffer } = outbox;
    buffer.set(data, writeFrameHeader(buffer, at, opcode, data.length));
  }

  #checkLife(now: number): void {
    const { ping } = this.#context;
    if (ping === 0) return;
    const verdict = this.#liveness.judge(now, ping);
    if (verdict === 'cut') this.#webSocket.terminate();
    else if (verdict === 'ping') this.#sendControl(PING, NOTHING);
  }
}
