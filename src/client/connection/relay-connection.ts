import type { Clock, Status } from '../api.js';
import { attempt, defer, onWake } from '../browser.js';
import type { ResolvedEnvironment, Socket, SocketConstructor } from '../environment.js';
import { ABNORMAL } from '../errors/closes.js';
import { RelayError } from '../errors/relay-error.js';
import { abandonedAttempts, attemptAbandoned } from './abandoned-attempts.js';
import { Redirect } from './redirect.js';
import type { RelayAddress } from './relay-address.js';

/** The longest delay before the first attempt to reconnect; it doubles with each attempt. In ms. */
const INITIAL_DELAY = 250;
const MAX_DELAY = 10_000;

/** The additional delay after a close that can only be retried `later`, in milliseconds. */
const RETRY_LATER_DELAY = 15_000;

/** A connection is probed after this time without a message. In milliseconds. */
const IDLE_TIMEOUT = 25_000;
const MAX_IDLE_TIMEOUT = 400_000;

/** The longest time if the other end cannot be probed, and only the relay is asked. */
const MAX_IDLE_TIMEOUT_WITHOUT_PROBE = 60_000;

/** How long the answer to a probe may take; less after the page was suspended. In milliseconds. */
const PROBE_TIMEOUT = 6_000;
const PROBE_TIMEOUT_AFTER_WAKE = 2_500;

/** A close with 1000 gives up the seat or the room. Any other code keeps it for a reconnect. */
export const CLOSE_AND_LEAVE = 1000;
const CLOSE_AND_RETURN = 3000;

/** How long a connection may take to open, in milliseconds. */
const OPEN_TIMEOUT = 15_000;

/** The same at the address of a redirect, after which the common address is next. */
const OPEN_TIMEOUT_ELSEWHERE = 5_000;

export interface RelayConnectionEvents {
  /** The common address of the relays that may have the room. */
  readonly address: RelayAddress;
  /** The path of the next attempt, with a query. */
  path(): string;
  /** The secret of the seat or the room; `undefined` if no connection can replace another. */
  secret(): string | undefined;
  /** The connection is open: `send` works from now on. */
  opened(): void;
  received(data: string | Uint8Array): void;
  /** The connection is lost, or the attempt has failed. Returns whether to reconnect. */
  lost(): boolean;
  /** The last call: closed for good. Before the first success, also after an exception in a handler. */
  closed(error: RelayError): void;
  status(status: Status): void;
  /** Sends a probe, which any message answers. Returns false if the other end answers no probes. */
  probe(): boolean;
  /**
   * Asks the relay over HTTP whether it still has this connection, so that a connection that is only
   * silent is not dropped. `undefined` if the relay does not report it.
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
  readonly #redirect: Redirect;
  #state: State = { is: 'waiting' };
  #status: Status = 'connecting';
  #attempts = 0;
  #idleTimeout = IDLE_TIMEOUT;
  /** Identifies the probe that has no answer yet. */
  #pendingProbe: object | undefined;
  /** No attempt is made before this time. */
  #notBefore = Number.NEGATIVE_INFINITY;
  /** Cancels the timer for the next attempt or the next probe. */
  #cancelTimer = (): void => {};
  readonly #removeWakeListeners: () => void;

  constructor({ WebSocket, clock }: ResolvedEnvironment, events: RelayConnectionEvents) {
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#events = events;
    this.#redirect = new Redirect(events.address);
    this.#removeWakeListeners = onWake(() => this.#wake());
  }

  get status(): Status {
    return this.#status;
  }

  get open(): boolean {
    return this.#state.is === 'open';
  }

  /** How many bytes the browser has not sent yet. */
  get buffered(): number {
    return this.#state.socket?.bufferedAmount ?? 0;
  }

  connect(): void {
    this.#cancelTimer();
    let socket: Socket;
    try {
      socket = new this.#WebSocket(this.#redirect.url(this.#events.path()));
    } catch (error) {
      // A browser refuses `ws://` in a page served over HTTPS; its message gives the reason.
      return this.#lost(new RelayError(ABNORMAL, String(error)));
    }
    this.#state = { is: 'connecting', socket };
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#lost(new RelayError(code, reason));
    // A close event follows, with the reason.
    socket.onerror = () => {};
    const timeout = this.#redirect.there ? OPEN_TIMEOUT_ELSEWHERE : OPEN_TIMEOUT;
    this.#cancelTimer = this.#clock.after(timeout, () => this.drop());
  }

  /** Sends a frame; does nothing if the connection is not open. */
  send(data: string | Uint8Array): void {
    if (this.#state.is === 'open') this.#state.socket.send(data);
  }

  /** The relay has accepted this connection: delays start from the first one again. */
  accepted(): void {
    if (this.#state.is === 'closed') return;
    this.#attempts = 0;
    this.#redirect.accepted();
    this.#setStatus('open');
  }

  /** Abandons a connection that seems to be dead, and reconnects. */
  drop(): void {
    const { socket } = this.#state;
    if (socket === undefined) return;
    abandon(socket, CLOSE_AND_RETURN);
    this.#lost(new RelayError(ABNORMAL, ''));
  }

  /** Closes for good. */
  close(error = new RelayError(CLOSE_AND_LEAVE, 'left')): void {
    const { is, socket } = this.#state;
    if (socket !== undefined) abandon(socket, CLOSE_AND_LEAVE);
    if (is === 'connecting') attemptAbandoned(this.#clock, this.#events.secret());
    if (is !== 'closed') this.#end(error);
  }

  #opened(socket: Socket): void {
    this.#state = { is: 'open', socket };
    this.#startIdleTimer();
    this.#runHandler(() => this.#events.opened());
  }

  #received(data: unknown): void {
    this.#idleTimeout = IDLE_TIMEOUT;
    this.#startIdleTimer();
    this.#runHandler(() => {
      if (typeof data === 'string') this.#events.received(data);
      else if (data instanceof ArrayBuffer) this.#events.received(new Uint8Array(data));
    });
  }

  /** Reports an exception of a handler as an uncaught one, so that the next frame is handled. */
  #runHandler(handle: () => void): void {
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
    if (this.#state.is === 'connecting') attemptAbandoned(this.#clock, this.#events.secret());
    const isOwn = closed.code === 'replaced' && this.#isReplacedByAbandonedAttempt();
    const error = isOwn ? new RelayError(ABNORMAL, '') : closed;
    const isRedirected = this.#status !== 'open' && this.#redirect.failed(closed);
    this.#cancelTimer();
    this.#state = { is: 'waiting' };
    // After `later`, the seat or the room is lost, except if the relay has limited the attempts.
    const isTemporary = error.retry === 'yes' || error.code === 'tooManyAttempts';
    const reconnects = this.#events.lost() && isTemporary;
    if (this.#state.is !== 'waiting') return;
    if (isRedirected) return this.connect();
    if (!reconnects) return this.#end(error);
    this.#setStatus(this.#status === 'connecting' ? 'connecting' : 'away');
    // A listener of the status may have closed this connection.
    if (this.#state.is !== 'waiting') return;
    this.#cancelTimer = this.#clock.after(this.#delay(error), () => this.connect());
  }

  /** Whether an abandoned attempt of this page has replaced this connection. Each does it once. */
  #isReplacedByAbandonedAttempt(): boolean {
    const attempts = abandonedAttempts(this.#clock);
    const own = this.#events.secret();
    const index = attempts.findIndex(([secret]) => secret === own);
    return own !== undefined && index >= 0 && attempts.splice(index, 1).length > 0;
  }

  /** Half of it is random, so that clients do not all reconnect at once when the relay has restarted. */
  #delay(error: RelayError): number {
    const max = Math.min(INITIAL_DELAY * 2 ** this.#attempts++, MAX_DELAY);
    const jittered = max * (0.5 + 0.5 * this.#clock.random());
    if (error.retry !== 'later') return jittered;
    this.#notBefore = this.#clock.now() + RETRY_LATER_DELAY;
    return RETRY_LATER_DELAY + jittered;
  }

  #end(error: RelayError): void {
    this.#cancelTimer();
    this.#removeWakeListeners();
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
      this.#probe(PROBE_TIMEOUT_AFTER_WAKE);
    }
  }

  /** Schedules the next probe: a browser does not report that a connection is half-open. */
  #startIdleTimer(): void {
    this.#pendingProbe = undefined;
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(this.#idleTimeout, () => this.#probe(PROBE_TIMEOUT));
  }

  #probe(timeout: number): void {
    // A new probe would extend the time for the answer to this one.
    if (this.#pendingProbe !== undefined) return;
    const isProbed = this.#events.probe();
    this.#pendingProbe = {};
    this.#cancelTimer();
    const end = (): void => void this.#probeTimedOut(isProbed);
    this.#cancelTimer = this.#clock.after(isProbed ? timeout : 0, end);
  }

  /** @param isProbed whether the other end was probed */
  async #probeTimedOut(isProbed: boolean): Promise<void> {
    const probe = this.#pendingProbe;
    // The connection may work although the other end is silent: check less and less often.
    const max = isProbed ? MAX_IDLE_TIMEOUT : MAX_IDLE_TIMEOUT_WITHOUT_PROBE;
    this.#idleTimeout = Math.min(this.#idleTimeout * 2, max);
    const isAlive = (await this.#events.verify()) ?? !isProbed;
    // Meanwhile, a message has arrived, or the connection was replaced or closed.
    if (this.#pendingProbe !== probe || this.#state.is !== 'open') return;
    if (isAlive) this.#startIdleTimer();
    else this.drop();
  }
}

/** Removes the handlers of a socket, and closes it if that is still possible. */
function abandon(socket: Socket, code: number): void {
  // `ws` throws an error without a listener, for example when it is closed before it is open.
  Object.assign(socket, { onopen: null, onmessage: null, onclose: null, onerror: () => {} });
  attempt(() => socket.close(code));
}
