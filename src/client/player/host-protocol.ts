import type { Clock } from '../api.js';
import type { ReliableSession } from '../session/reliable-session.js';
import type { PageStore } from '../storage/page-store.js';
import { OLD_FRAMES_TIMEOUT, type StoredSeat } from './stored-seat.js';

/** A host that does not send a greeting in this time counts as plain. In milliseconds. */
export const GREETING_TIMEOUT = 500;

/** How messages are sent to a host that has not greeted this page. */
type UngreetedState =
  /** It is not known whether the host has this SDK: messages are buffered. */
  | 'unknown'
  /**
   * The host did not greet in time: messages are sent without envelopes, and buffered in case it greets
   * later.
   */
  | 'presumedPlain'
  /** The host has sent a message without an envelope. A later page of the host may still greet. */
  | 'plain';

/** Whether the host of a seat has this SDK, so that their messages have envelopes. */
export class HostProtocol {
  readonly #clock: Clock;
  readonly #session: ReliableSession;
  readonly #page: PageStore;
  #stored: StoredSeat;
  #ungreeted: UngreetedState = 'unknown';
  /** Whether the host has greeted the previous page of this seat: the frames that follow have envelopes. */
  #greetedPreviousPage = false;
  /** Whether this page asks the host again, because of such a greeting, on this connection. */
  #hasRepeatedQuestion = false;
  #connectedAt = 0;

  constructor(clock: Clock, session: ReliableSession, page: PageStore, stored: StoredSeat) {
    this.#clock = clock;
    this.#session = session;
    this.#page = page;
    this.#stored = stored;
  }

  /** Whether the host has this SDK. Once it has greeted, this does not change. */
  get isExact(): boolean {
    return this.#session.peer !== 0;
  }

  get isUnknown(): boolean {
    return !this.isExact && this.#ungreeted === 'unknown';
  }

  /** There is a new connection to the relay. */
  connected(): void {
    this.#connectedAt = this.#clock.now();
    this.#hasRepeatedQuestion = false;
  }

  /** The host has not greeted in time, or the game has set the option `plain`. */
  notGreeted(): void {
    if (this.#ungreeted === 'unknown') this.#ungreeted = 'presumedPlain';
  }

  /** The host has sent a message without an envelope. */
  gotPlain(): void {
    this.#ungreeted = 'plain';
    this.#greetedPreviousPage = false;
    this.store(false);
  }

  /**
   * The host has greeted the previous page: the relay has buffered that greeting, or the host has
   * reconnected and the question of this page was lost. This page asks again. It does not use the mark in
   * such a greeting: any player can forge one, and a plain host may forward it to all players.
   */
  greetedPreviousPage(): void {
    // A plain host has only forwarded the greeting of another player.
    this.#greetedPreviousPage = this.#ungreeted !== 'plain';
    if (this.#hasRepeatedQuestion) return;
    this.#hasRepeatedQuestion = true;
    this.#clock.after(GREETING_TIMEOUT, () => {
      if (!this.isExact) this.#session.greetAgain();
      // Any other host is asked once on each connection: it may be plain, and forward many of them.
      if (this.#stored.hostIsExact) this.#hasRepeatedQuestion = false;
    });
  }

  /** Whether the relay may still deliver frames that it has buffered for the previous page. */
  get mayGetOldFrames(): boolean {
    const mayCome = this.#stored.hostIsExact || this.#greetedPreviousPage;
    return mayCome && this.#clock.now() - this.#connectedAt < OLD_FRAMES_TIMEOUT;
  }

  /** Stores for the next page whether the host has this SDK. */
  store(hostIsExact: boolean): void {
    if (this.#stored.hostIsExact === hostIsExact) return;
    this.#stored = { ...this.#stored, hostIsExact };
    this.#page.store(this.#stored);
  }
}
