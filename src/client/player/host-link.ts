import type { Clock } from '../api.js';
import type { ReliableSession } from '../session/reliable-session.js';
import type { PageMemory } from '../storage/page-memory.js';
import { PREVIOUS_PAGE_FRAMES, type SeatMemory } from './seat-memory.js';

/** How long to wait for the host's greeting; after that, the host is taken for a plain one. In ms. */
export const GREETING_TIME = 500;

/** How this page talks to a host that has not greeted it. */
type UngreetedHost =
  /** Not known yet whether the host has this SDK: messages are buffered. */
  | 'unknown'
  /**
   * The host did not greet in time: messages go out without envelopes, and are buffered in case that
   * it greets later.
   */
  | 'presumedPlain'
  /** The host has sent a message without an envelope. It may still be replaced by one that greets. */
  | 'plain';

/** How a seat talks to its host: whether that has this SDK, now and at the previous page. */
export class HostLink {
  readonly #clock: Clock;
  readonly #session: ReliableSession;
  readonly #page: PageMemory;
  #memory: SeatMemory;
  #host: UngreetedHost = 'unknown';
  /** The host has greeted the page that had this seat before: what follows is in envelopes. */
  #isForPreviousPage = false;
  /** The host was, or will be, asked again because of that. */
  #hasAskedAgain = false;
  #connectedAt = 0;

  constructor(clock: Clock, session: ReliableSession, page: PageMemory, memory: SeatMemory) {
    this.#clock = clock;
    this.#session = session;
    this.#page = page;
    this.#memory = memory;
  }

  /** Whether the host has this SDK. Once it has greeted, this does not change. */
  get isExact(): boolean {
    return this.#session.peer !== 0;
  }

  get isUnknown(): boolean {
    return !this.isExact && this.#host === 'unknown';
  }

  /** There is a new connection to the relay, on which the host may be asked again. */
  connected(): void {
    this.#connectedAt = this.#clock.now();
    this.#hasAskedAgain = false;
  }

  /** The host has not greeted in time, or the game says that it is a plain one. */
  notGreeted(): void {
    if (this.#host === 'unknown') this.#host = 'presumedPlain';
  }

  /** The host has sent a message without an envelope. */
  heardPlain(): void {
    this.#host = 'plain';
    this.#isForPreviousPage = false;
    this.remember(false);
  }

  /**
   * A greeting for the previous page was buffered; or the host has reconnected, and this page's
   * question was lost with the host's connection. So this page asks again. It never takes the other
   * end's mark from such a greeting: anybody can write one, and a plain host may pass it on to all.
   */
  greetedPreviousPage(): void {
    // A host that was heard without envelopes only passes on what somebody else has written.
    this.#isForPreviousPage = this.#host !== 'plain';
    if (this.#hasAskedAgain) return;
    this.#hasAskedAgain = true;
    this.#clock.after(GREETING_TIME, () => {
      if (!this.isExact) this.#session.greetAgain();
      // A plain host that passes on many such greetings is asked once on each connection.
      if (this.#memory.hostIsExact) this.#hasAskedAgain = false;
    });
  }

  /** Whether frames may come that the relay has buffered for the previous page. */
  get getsPreviousFrames(): boolean {
    const mayCome = this.#memory.hostIsExact || this.#isForPreviousPage;
    return mayCome && this.#clock.now() - this.#connectedAt < PREVIOUS_PAGE_FRAMES;
  }

  /** Tells the next page what it gets before it is greeted. */
  remember(hostIsExact: boolean): void {
    if (this.#memory.hostIsExact === hostIsExact) return;
    this.#memory = { ...this.#memory, hostIsExact };
    this.#page.keep(this.#memory);
  }
}
