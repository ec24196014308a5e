import type { Socket } from 'node:net';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import { PING, PONG } from '../protocol/frame.js';
import { reserveFrame } from '../protocol/frame-sink.js';
import type { FlushCycle } from './flush-cycle.js';
import { Liveness } from './liveness.js';
import { LONG_MESSAGE } from './long-messages.js';
import { Outbox } from './outbox.js';
import { PauseReason, UNTIL_CLOSE } from './pause-reason.js';
import { ReadTurns, type TurnOwner } from './read-turns.js';
import type { BacklogListener } from './send-queue.js';
import type { ServerWebSocket, WebSocketOwner } from './server-web-socket.js';
import { UnfinishedMessage } from './unfinished-message.js';

/** What a connection needs from its relay. */
export interface ConnectionContext {
  readonly cycle: FlushCycle;
  /** How long the backlog may make no progress, in milliseconds. */
  readonly stall: number;
  /** Idle time before a ping, in milliseconds; 0 for no pings. */
  readonly ping: number;
  /** Whether the output of all other connections goes first. */
  readonly isFlushedLast?: boolean;
  /** An exception in the relay's own code. The connection is closed. */
  fault(error: unknown): void;
  /** The connection has ended with this code; 1006 without a close frame. */
  ended(connection: Connection, code: number): void;
  /** Its socket is closed. */
  gone(connection: Connection): void;
}

/** One accepted WebSocket, and the address of its client. */
export interface Link {
  readonly webSocket: ServerWebSocket;
  readonly socket: Socket;
  readonly address: string;
  readonly context: ConnectionContext;
}

/** How long the output before a close frame may take, in milliseconds. */
const CLOSE_FLUSH_TIMEOUT = 15_000;

/**
 * How long a client that does not read may take to confirm a close, in milliseconds; up to twice as
 * long at random, so that thousands of connections do not end in one turn.
 */
const TERMINATE_AFTER = 1000;

const NOTHING = Buffer.alloc(0);

/**
 * One accepted WebSocket: messages in, and one send queue for all output. Hosts and players extend
 * this class, so that each of thousands of connections is one object. An instance of the base class
 * only waits to be closed.
 */
export class Connection implements WebSocketOwner, BacklogListener, TurnOwner {
  /** The address under which the connection is counted. */
  readonly address: string;
  readonly #webSocket: ServerWebSocket;
  readonly #context: ConnectionContext;
  readonly #outbox: Outbox;
  readonly #liveness: Liveness;
  readonly #turns: ReadTurns;
  readonly #unfinished = new UnfinishedMessage();
  /** Whether it is closing. Only the first close reason counts. */
  #closing = false;
  /** When flushing before the close frame started, while it lasts. */
  #closeFlushStartedAt: number | undefined;
  #pauses = 0;
  #terminateTimer: NodeJS.Timeout | undefined;

  constructor({ webSocket, socket, address, context }: Link) {
    this.address = address;
    this.#webSocket = webSocket;
    this.#context = context;
    this.#turns = new ReadTurns(this, context.cycle);
    this.#outbox = new Outbox(socket, context.cycle, this, context.isFlushedLast);
    this.#liveness = new Liveness(socket);
    webSocket.owner = this;
  }

  /** One whole message, a view of memory that nobody else reads or writes. */
  protected receive(_bytes: Uint8Array, _binary: boolean): void {}

  /** A message, a ping or a pong of so many bytes has been handled. */
  protected served(_bytes: number): void {}

  /** Handling a message has thrown. The connection closes with 1011. */
  protected failed(): void {}

  /** No more messages arrive: either end has closed, or the connection broke (1006). Called once. */
  protected ended(_code: number): void {}

  /** The backlog has changed. Not called while the client keeps up. */
  backlogChanged(_bytes: number): void {}

  /** For `SendQueue` only. A frame that is partly sent cannot be ended, so there is no close frame. */
  encodingFailed(error: unknown): void {
    this.#context.fault(error);
    this.failed();
    this.#webSocket.terminate();
  }

  protected get outbox(): Outbox {
    return this.#outbox;
  }

  /** Buffered bytes: its backlog, and received bytes that are not handled yet. */
  get bufferedBytes(): number {
    return this.#outbox.backlog + this.unreadBytes;
  }

  /** For `ReadTurns` only. */
  get unreadBytes(): number {
    return this.#webSocket.bufferedBytes;
  }

  /** Whether its close frame is written. */
  get closeSent(): boolean {
    return this.#closing && this.#closeFlushStartedAt === undefined;
  }

  /** Whether reading from it is paused. */
  get isPaused(): boolean {
    return (this.#pauses & ~(PauseReason.turn | PauseReason.stopped)) !== 0;
  }

  /** Pauses reading for this reason. TCP then slows the client down, and nothing is lost. */
  pauseReading(reason: PauseReason): void {
    // A closing connection is read to its end.
    if (this.#closing && reason !== PauseReason.turn) return;
    if (this.#pauses === 0) this.#webSocket.pause();
    this.#pauses |= reason;
  }

  /** Resumes reading, unless another reason remains. */
  resumeReading(reason: PauseReason): void {
    if (this.#pauses === 0) return;
    this.#pauses &= ~reason;
    if (this.#pauses !== 0) return;
    // During the pause it could not prove that it is alive.
    this.#liveness.startAnew(performance.now());
    // The caller may be handling another connection, so buffered input waits for its own share.
    if (reason !== PauseReason.turn && this.#webSocket.hasBufferedInput) this.#turns.waitForTurn();
    else this.#webSocket.resume();
  }

  /**
   * Closes after all earlier output. Later messages from the client are dropped. Only the first close
   * counts.
   */
  close({ code, reason }: CloseReason): void {
    if (this.#closing) return;
    this.#webSocket.close(code, reason);
    // A socket must be read to finish closing. Its input is dropped.
    for (const reason of UNTIL_CLOSE) this.resumeReading(reason);
  }

  /** Closes a client that does not keep up, or sends too much. Its backlog and buffered input are dropped. */
  closeAndDrop(reason: CloseReason): void {
    // It is closing already: do not wait longer.
    if (this.#closing) return this.#webSocket.terminate();
    this.#outbox.drop();
    this.close(reason);
    if ((this.#pauses & PauseReason.stopped) === 0) this.#webSocket.dropInput();
    // A client that does not read does not confirm the close either.
    const time = TERMINATE_AFTER * (1 + Math.random());
    this.#terminateTimer = setTimeout(() => this.#webSocket.terminate(), time);
  }

  /** Drops all input that is not handled yet, and reads nothing more: the client will be closed. */
  protected stopReading(): void {
    this.#webSocket.dropInput();
    // After a turn of others, which the chunk may have to wait for, reading does not go on either.
    this.#pauses |= PauseReason.stopped;
    this.#webSocket.pause();
  }

  /** Ends the connection at once, without a close frame. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Checks whether the client is alive and keeps up. To be called regularly. */
  check(now: number): void {
    if (now - (this.#closeFlushStartedAt ?? now) > CLOSE_FLUSH_TIMEOUT) this.#webSocket.terminate();
    if (this.#closing) return;
    const liveness = this.#liveness;
    liveness.look(now);
    const { unfinished } = this.#webSocket;
    if (this.#unfinished.isLate(now, unfinished, this.#pauses !== 0)) {
      return this.closeAndDrop(CLOSE_REASONS.tooSlow);
    }
    const stuck = this.#outbox.backlog > 0;
    if (stuck && now - this.#outbox.progressAt > this.#context.stall)
      this.closeAndDrop(CLOSE_REASONS.tooSlow);
    // A ping would wait behind the backlog, and while reading is paused no answer can arrive.
    if (stuck || this.#pauses !== 0) liveness.startAnew(now);
    else this.#checkLife(now);
  }

  /** For `ServerWebSocket` only. */
  closing(code: number): boolean {
    if (this.#closing) return this.#closeFlushStartedAt === undefined;
    this.#closing = true;
    const isReady = this.#outbox.end(() => this.#closeFlushed());
    if (!isReady) this.#closeFlushStartedAt = performance.now();
    this.#context.ended(this, code);
    try {
      this.ended(code);
    } catch (error) {
      this.#context.fault(error);
    }
    return isReady;
  }

  /** All output before the close frame is written. */
  #closeFlushed(): void {
    this.#closeFlushStartedAt = undefined;
    this.#webSocket.finishClose();
  }

  /** For `ServerWebSocket` only. */
  gone(): void {
    clearTimeout(this.#terminateTimer);
    this.closing(1006);
    this.#context.gone(this);
  }

  /** For `ServerWebSocket` only. */
  chunk(bytes: number): void {
    this.#turns.chunk(bytes);
  }

  /** For `ServerWebSocket` only. An exception ends this connection. */
  received(bytes: Uint8Array, binary: boolean): void {
    if (this.#closing) return;
    const start = bytes.length < LONG_MESSAGE ? 0 : performance.now();
    try {
      this.receive(bytes, binary);
      this.served(bytes.length);
    } catch (error) {
      this.#fail(error);
    }
    if (start > 0)
      this.#context.cycle.longMessages.handled(this.address, performance.now() - start);
  }

  /** For `ServerWebSocket` only. */
  parsed(frames: number): void {
    this.use(frames);
  }

  #fail(error: unknown): void {
    this.#context.fault(error);
    this.failed();
    this.close(CLOSE_REASONS.internalError);
  }

  /** Counts work for this connection, in units of about a microsecond: see `TurnBudget`. */
  protected use(work: number): void {
    this.#turns.use(work);
  }

  /** For `ServerWebSocket` only. */
  pinged(data: Buffer): void {
    this.sendControl(PONG, data);
    this.#servedControl(data);
  }

  /** For `ServerWebSocket` only. */
  ponged(data: Buffer): void {
    this.#servedControl(data);
  }

  /** Counts a control frame like a message. */
  #servedControl(data: Buffer): void {
    if (!this.#closing) this.served(data.length);
  }

  protected sendControl(opcode: number, data: Buffer): void {
    const outbox = this.#outbox;
    if (!outbox.open) return;
    const at = reserveFrame(outbox, opcode, data.length);
    outbox.buffer.set(data, at);
  }

  #checkLife(now: number): void {
    const { ping } = this.#context;
    if (ping === 0) return;
    const verdict = this.#liveness.judge(now, ping);
    if (verdict === 'terminate') this.#webSocket.terminate();
    else if (verdict === 'ping') this.sendControl(PING, NOTHING);
  }
}
