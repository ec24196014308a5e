import type { Status } from './api.js';
import { onWake, type Resolved, type Socket } from './environment.js';
import { ABNORMAL, RelayError } from './relay-error.js';

/** The delay before the n-th attempt is random, up to this, doubled n times. In milliseconds. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;

/** How long to stay away from a relay that says it is too much. */
const LATER = 15_000;

/** After so long without a sign from the other side it is asked for one. In milliseconds. */
const QUIET = 25_000;
const LONGEST_QUIET = 400_000;

/** How long a sign may take; less when the page was asleep, and the line is likely to be dead. */
const PATIENCE = 6_000;
const PATIENCE_AWAKE = 2_500;

/** A close with 1000 gives up the seat or the room, any other one keeps it. */
const LEFT = 1000;
const DROPPED = 3000;

/** How long a connection may take to open. */
const OPENING = 15_000;

/** How long an attempt that was given up may still arrive at the relay, and replace a later one. */
const LATE = 60_000;

export interface LineEvents {
  /** The address for the next attempt. */
  address(): string;
  /** Connected; what is said from now on is heard. */
  opened(): void;
  received(data: string | Uint8Array): void;
  /** Not connected any more, or the attempt has failed. Returns whether to try again. */
  lost(error: RelayError): boolean;
  /** The last call: it is over. */
  closed(error: RelayError): void;
  status(status: Status): void;
  /** Has the other side show that it is there, by sending anything. False if there is no way. */
  probe(): boolean;
}

type State =
  | { readonly is: 'idle' }
  | { readonly is: 'connecting'; readonly socket: Socket }
  | { readonly is: 'open'; readonly socket: Socket }
  | { readonly is: 'waiting' }
  | { readonly is: 'closed' };

/** A connection to the relay that comes back. */
export class Line {
  readonly #environment: Resolved;
  readonly #events: LineEvents;
  #state: State = { is: 'idle' };
  #status: Status = 'connecting';
  #attempts = 0;
  #quiet = QUIET;
  #heard = 0;
  #probed = false;
  #gaveUpAt = Number.NEGATIVE_INFINITY;
  /** Until then the relay does not want to be asked again. */
  #unwantedUntil = Number.NEGATIVE_INFINITY;
  /** Ends what is waited for: the next attempt, or the next sign of life. */
  #cancel = (): void => {};
  readonly #stopWaking: () => void;

  constructor(environment: Resolved, events: LineEvents) {
    this.#environment = environment;
    this.#events = events;
    this.#stopWaking = onWake(() => this.#wake());
  }

  get status(): Status {
    return this.#status;
  }

  get open(): boolean {
    return this.#state.is === 'open';
  }

  connect(): void {
    this.#cancel();
    let socket: Socket;
    try {
      socket = new this.#environment.WebSocket(this.#events.address());
    } catch (error) {
      // As a browser does with `ws://` in a page over HTTPS, and its words for it are the best.
      return this.#lost(new RelayError(ABNORMAL, String(error)));
    }
    this.#state = { is: 'connecting', socket };
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#lost(new RelayError(code, reason));
    // A close follows, which says more.
    socket.onerror = () => {};
    this.#cancel = this.#environment.clock.after(OPENING, () => this.drop());
  }

  /** Sends now, or not at all. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#state.is === 'open') this.#state.socket.send(data);
  }

  /** All is well: the next loss is not one of a row. */
  settled(): void {
    if (this.#state.is === 'closed') return;
    this.#attempts = 0;
    this.#setStatus('open');
  }

  /** Gives the connection up, which seems to be dead, and goes for a new one. */
  drop(): void {
    const state = this.#state;
    if (state.is !== 'open' && state.is !== 'connecting') return;
    if (state.is === 'connecting') this.#gaveUpAt = this.#environment.clock.now();
    forget(state.socket, DROPPED);
    this.#lost(new RelayError(ABNORMAL, ''));
  }

  /** Ends it for good, by the wish of this side. */
  close(): void {
    const state = this.#state;
    if (state.is === 'closed') return;
    if (state.is === 'open' || state.is === 'connecting') forget(state.socket, LEFT);
    this.#end(new RelayError(LEFT, 'left'));
  }

  #opened(socket: Socket): void {
    this.#state = { is: 'open', socket };
    this.#listen();
    this.#events.opened();
  }

  #received(data: unknown): void {
    this.#heard = this.#environment.clock.now();
    this.#probed = false;
    this.#quiet = QUIET;
    if (typeof data === 'string') this.#events.received(data);
    else if (data instanceof ArrayBuffer) this.#events.received(new Uint8Array(data));
  }

  #lost(closed: RelayError): void {
    const error = this.#isReplacedByItself(closed) ? new RelayError(ABNORMAL, '') : closed;
    this.#cancel();
    this.#state = { is: 'waiting' };
    const again = this.#events.lost(error);
    if (this.#state.is !== 'waiting') return;
    if (!again) return this.#end(error);
    this.#setStatus(this.#status === 'connecting' ? 'connecting' : 'away');
    // Whoever hears that it is away may have closed it.
    if (this.#state.is !== 'waiting') return;
    this.#cancel = this.#environment.clock.after(this.#delay(error), () => this.connect());
  }

  /** Whether an attempt of this line's own, given up too early, has taken the place of this one. */
  #isReplacedByItself({ what }: RelayError): boolean {
    return what === 'replaced' && this.#environment.clock.now() - this.#gaveUpAt < LATE;
  }

  /** Half of it random: a relay that restarts is not to be hit by everybody at once. */
  #delay(error: RelayError): number {
    const most = Math.min(FIRST_DELAY * 2 ** this.#attempts++, LONGEST_DELAY);
    const jittered = most * (0.5 + 0.5 * this.#environment.clock.random());
    if (error.retry !== 'later') return jittered;
    this.#unwantedUntil = this.#environment.clock.now() + LATER;
    return LATER + jittered;
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
      if (this.#environment.clock.now() < this.#unwantedUntil) return;
      this.#attempts = 0;
      this.connect();
    } else if (this.#state.is === 'open') {
      this.#probe(PATIENCE_AWAKE);
    }
  }

  /** Watches for signs of life: a browser does not tell that a line is half-open. */
  #listen(): void {
    const { clock } = this.#environment;
    this.#heard = clock.now();
    this.#probed = false;
    const look = (): void => {
      const silence = clock.now() - this.#heard;
      if (silence >= this.#quiet) return this.#probe(PATIENCE);
      this.#cancel = clock.after(this.#quiet - silence, look);
    };
    this.#cancel();
    look();
  }

  #probe(patience: number): void {
    // One that is under way is not put off by another.
    if (this.#probed) return;
    if (!this.#events.probe()) return this.#listen();
    this.#cancel();
    this.#probed = true;
    this.#cancel = this.#environment.clock.after(patience, () => {
      if (!this.#probed) return this.#listen();
      // It may be the other end that is silent, and not the line: try less and less often.
      this.#quiet = Math.min(this.#quiet * 2, LONGEST_QUIET);
      this.drop();
    });
  }
}

/** Hears no more of a socket, and closes it if that is still possible. */
function forget(socket: Socket, code: number): void {
  socket.onopen = null;
  socket.onmessage = null;
  socket.onclose = null;
  // `ws` throws an error that nobody listens to, as when it is closed before it is open.
  socket.onerror = () => {};
  socket.close(code);
}
