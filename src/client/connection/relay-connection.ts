import type { Clock, Status } from '../api.js';
import { attempt, defer, onWake } from '../browser.js';
import type { Resolved, Socket, SocketConstructor } from '../environment.js';
import { ABNORMAL } from '../errors/closes.js';
import { RelayError } from '../errors/relay-error.js';

/** The upper bound of the random delay before the first attempt; it doubles with each one. In ms. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;

/** How long to wait after the relay has said `later`, in milliseconds. */
const LATER_DELAY = 15_000;

/** After so long without a message, the other side is asked for a sign of life. In milliseconds. */
const QUIET = 25_000;
const LONGEST_QUIET = 400_000;

/** The longest such time if only the relay can be asked, which always answers. */
const LONGEST_QUIET_UNANSWERED = 60_000;

/** How long a sign of life may take; less after the page was suspended. In milliseconds. */
const PATIENCE = 6_000;
const PATIENCE_AWAKE = 2_500;

/** A close with 1000 gives up the seat or the room; any other code keeps it. */
const LEFT = 1000;
const DROPPED = 3000;

/** How long a connection may take to open, in milliseconds. */
const OPEN_TIMEOUT = 15_000;

/** How long an abandoned attempt may still reach the relay and replace a later one, in ms. */
const ABANDONED_FOR = 60_000;

export interface RelayConnectionEvents {
  /** The URL for the next attempt. */
  address(): string;
  /** Connected: `send` works from now on. */
  opened(): void;
  received(data: string | Uint8Array): void;
  /** The connection is lost, or the attempt has failed. Returns whether a new one is of use. */
  lost(): boolean;
  /** The last call: closed for good. Before the first success, also for an error of a handler. */
  closed(error: RelayError): void;
  status(status: Status): void;
  /** Asks the other side for a sign of life, which is any message. False if it cannot be asked. */
  probe(): boolean;
  /**
   * Asks the relay over HTTP whether it still has this connection, so that a connection that is only
   * silent is not dropped. `undefined` if the relay does not say.
   */
  verify(): Promise<boolean | undefined>;
}

type State =
  | { readonly is: 'connecting' | 'open'; readonly socket: Socket }
  | { readonly is: 'waiting' | 'closed'; readonly socket?: undefined };

/** A WebSocket to the relay that reconnects. */
export class RelayConnection {
  readonly #WebSocket: SocketConstructor;
  readonly #clock: Clock;
  readonly #events: RelayConnectionEvents;
  #state: State = { is: 'waiting' };
  #status: Status = 'connecting';
  #attempts = 0;
  #quiet = QUIET;
  /** The probe that has no answer yet. */
  #probing: object | undefined;
  #abandonedAt = Number.NEGATIVE_INFINITY;
  /** The relay has asked for no attempts before this time. */
  #notBefore = Number.NEGATIVE_INFINITY;
  /** Cancels the next attempt, or the next check for a sign of life. */
  #cancel = (): void => {};
  readonly #stopWaking: () => void;

  constructor({ WebSocket, clock }: Resolved, events: RelayConnectionEvents) {
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#events = events;
    this.#stopWaking = onWake(() => this.#wake());
  }

  get status(): Status {
    return this.#status;
  }

  get open(): boolean {
    return this.#state.is === 'open';
  }

  /** The bytes that the browser has not sent yet. */
  get buffered(): number {
    return this.#state.socket?.bufferedAmount ?? 0;
  }

  connect(): void {
    this.#cancel();
    let socket: Socket;
    try {
      socket = new this.#WebSocket(this.#events.address());
    } catch (error) {
      // A browser refuses `ws://` in a page served over HTTPS, and its message says so best.
      return this.#lost(new RelayError(ABNORMAL, String(error)));
    }
    this.#state = { is: 'connecting', socket };
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#lost(new RelayError(code, reason));
    // A close event follows, which says more.
    socket.onerror = () => {};
    this.#cancel = this.#clock.after(OPEN_TIMEOUT, () => this.drop());
  }

  /** Sends if the connection is open; otherwise does nothing. */
  send(data: string | Uint8Array): void {
    if (this.#state.is === 'open') this.#state.socket.send(data);
  }

  /** The relay has accepted this connection: delays start again from the first one. */
  settled(): void {
    if (this.#state.is === 'closed') return;
    this.#attempts = 0;
    this.#setStatus('open');
  }

  /** Abandons a connection that seems to be dead, and reconnects. */
  drop(): void {
    const { is, socket } = this.#state;
    if (socket === undefined) return;
    if (is === 'connecting') this.#abandonedAt = this.#clock.now();
    abandon(socket, DROPPED);
    this.#lost(new RelayError(ABNORMAL, ''));
  }

  /** Closes for good. */
  close(error = new RelayError(LEFT, 'left')): void {
    const { is, socket } = this.#state;
    if (socket !== undefined) abandon(socket, LEFT);
    if (is !== 'closed') this.#end(error);
  }

  #opened(socket: Socket): void {
    this.#state = { is: 'open', socket };
    this.#watch();
    this.#guard(() => this.#events.opened());
  }

  #received(data: unknown): void {
    this.#quiet = QUIET;
    this.#watch();
    this.#guard(() => {
      if (typeof data === 'string') this.#events.received(data);
      else if (data instanceof ArrayBuffer) this.#events.received(new Uint8Array(data));
    });
  }

  /** An error in a handler is reported as an uncaught one, and the next frame is handled. */
  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      // Otherwise, the promise of `createRoom` or `joinRoom` would never settle.
      if (this.#status === 'connecting') return this.close(error as RelayError);
      defer(() => {
        throw error;
      });
    }
  }

  #lost(closed: RelayError): void {
    const error = this.#isReplacedByItself(closed) ? new RelayError(ABNORMAL, '') : closed;
    this.#cancel();
    this.#state = { is: 'waiting' };
    // After `later`, the seat or the room is lost, except on a relay that has too much to do.
    const isTemporary = error.retry === 'yes' || error.code === 'tooManyAttempts';
    const again = this.#events.lost() && isTemporary;
    if (this.#state.is !== 'waiting') return;
    if (!again) return this.#end(error);
    this.#setStatus(this.#status === 'connecting' ? 'connecting' : 'away');
    // A listener of the status may have closed this connection.
    if (this.#state.is !== 'waiting') return;
    this.#cancel = this.#clock.after(this.#delay(error), () => this.connect());
  }

  /** Whether an abandoned attempt of this page has replaced this connection. */
  #isReplacedByItself({ code }: RelayError): boolean {
    return code === 'replaced' && this.#clock.now() - this.#abandonedAt < ABANDONED_FOR;
  }

  /** Half of it is random, so that not everybody reconnects at once after a restart of the relay. */
  #delay(error: RelayError): number {
    const most = Math.min(FIRST_DELAY * 2 ** this.#attempts++, LONGEST_DELAY);
    const jittered = most * (0.5 + 0.5 * this.#clock.random());
    if (error.retry !== 'later') return jittered;
    this.#notBefore = this.#clock.now() + LATER_DELAY;
    return LATER_DELAY + jittered;
  }

  #end(error: RelayError): void {
    this.#cancel();
    this.#stopWaking();
    this.#state = { is: 'closed' };
    this.#setStatus('closed');
    this.#events.closed(error);
  }

  #setStatus(status: Status): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#events.status(status);
  }

  #wake(): void {
    if (this.#state.is === 'waiting') {
      if (this.#clock.now() < this.#notBefore) return;
      this.#attempts = 0;
      this.connect();
    } else if (this.#state.is === 'open') {
      this.#probe(PATIENCE_AWAKE);
    }
  }

  /** Watches for signs of life: a browser does not report that a connection is half-open. */
  #watch(): void {
    this.#probing = undefined;
    this.#cancel();
    this.#cancel = this.#clock.after(this.#quiet, () => this.#probe(PATIENCE));
  }

  #probe(patience: number): void {
    // A probe without an answer yet is not delayed by another one.
    if (this.#probing !== undefined) return;
    const asked = this.#events.probe();
    this.#probing = {};
    this.#cancel();
    const end = (): void => void this.#unanswered(asked);
    this.#cancel = this.#clock.after(asked ? patience : 0, end);
  }

  /** @param asked whether the other end was asked for a sign of life */
  async #unanswered(asked: boolean): Promise<void> {
    const probing = this.#probing;
    // The other end may be silent, and not the connection dead: check less and less often.
    const longest = asked ? LONGEST_QUIET : LONGEST_QUIET_UNANSWERED;
    this.#quiet = Math.min(this.#quiet * 2, longest);
    const isAlive = (await this.#events.verify()) ?? !asked;
    // Meanwhile a message came, or there is another connection, or none.
    if (this.#probing !== probing || this.#state.is !== 'open') return;
    if (isAlive) this.#watch();
    else this.drop();
  }
}

/** Removes the handlers of a socket, and closes it if that is still possible. */
function abandon(socket: Socket, code: number): void {
  // `ws` throws an error without a listener, for example when it is closed before it is open.
  Object.assign(socket, { onopen: null, onmessage: null, onclose: null, onerror: () => {} });
  attempt(() => socket.close(code));
}
