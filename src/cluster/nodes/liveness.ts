import type { StopTimer, Timers } from '../../launch/timers.js';
import type { BusAnswer } from '../bus/bus.js';

/** Gets changes in the state of other runs. */
export interface LivenessObserver {
  /** Nothing was received for two seconds. The relay may be stopped, or disconnected. */
  silent(run: string): void;
  /** Something was received from a silent run. */
  back(run: string): void;
  /** The run has ended, and is forgotten. */
  ended(run: string): void;
}

export interface LivenessParts {
  readonly timers: Timers;
  readonly observer: LivenessObserver;
  /** Sends a request that every run answers at once. */
  readonly ping: (run: string, timeout: number) => Promise<BusAnswer['is']>;
}

/** All times are in milliseconds. */
export const SILENT_AFTER = 2000;

/** How often to check, and how long nothing may be received from a run in use before it is pinged. */
const CHECK_INTERVAL = 250;

/** The longest time between two checks that counts. */
const MAX_STEP = 2 * CHECK_INTERVAL;

/**
 * The timeout of a ping, after which another one is sent. If a process dies while it has a ping, the bus
 * does not report that, but it reports the next ping at once.
 */
export const PING_TIMEOUT = 50;

/**
 * How long the bus must report no subscription of a run before the run counts as ended. A relay that has
 * lost its connection to the bus has none either, and reconnects after some 100 ms.
 */
export const ENDED_AFTER = 300;

interface Known {
  /** When something was received, by the clock of `Liveness`. */
  heardAt: number;
  isSilent: boolean;
  isUsed: boolean;
  isPinged: boolean;
  /** Since when the bus reports no subscription. */
  noRespondersSince: number | undefined;
}

/** Detects which other runs have ended, by their beats and by pings to those in use. */
export class Liveness {
  readonly #parts: LivenessParts;
  readonly #known = new Map<string, Known>();
  #checkedAt: number;
  /** A clock that stops with this process, because messages that arrived meanwhile are read later. */
  #clock = 0;
  #stop: StopTimer | undefined;
  /** Until then, missing subscriptions do not count: other relays may still be reconnecting. */
  #unsureUntil = 0;
  #isClosed = false;

  constructor(parts: LivenessParts) {
    this.#parts = parts;
    this.#checkedAt = parts.timers.now();
  }

  /** The runs that have not ended, as far as is known. */
  get runs(): string[] {
    return [...this.#known.keys()];
  }

  /** `undefined` for a run that is not known, or has ended. */
  isSilent(run: string): boolean | undefined {
    return this.#known.get(run)?.isSilent;
  }

  /** Whether missing subscriptions do not count, because other relays may still be reconnecting. */
  get isUnsure(): boolean {
    return this.#parts.timers.now() < this.#unsureUntil;
  }

  /** Something was received from the run. */
  heard(run: string): void {
    if (this.#isClosed) return;
    const known = this.#know(run);
    known.heardAt = this.#time;
    known.noRespondersSince = undefined;
    if (!known.isSilent) return;
    known.isSilent = false;
    this.#parts.observer.back(run);
  }

  /** Sets whether the run is in use, so that its end must be detected soon. */
  setUsed(run: string, isUsed: boolean): void {
    if (this.#isClosed || (!isUsed && !this.#known.has(run))) return;
    this.#know(run).isUsed = isUsed;
  }

  /** The connection to the bus was interrupted. */
  reconnected(): void {
    this.#unsureUntil = this.#parts.timers.now() + SILENT_AFTER;
    for (const known of this.#known.values()) known.noRespondersSince = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#stop?.();
    this.#known.clear();
  }

  get #time(): number {
    return this.#clock + Math.min(this.#parts.timers.now() - this.#checkedAt, MAX_STEP);
  }

  #know(run: string): Known {
    if (this.#stop === undefined) {
      this.#checkedAt = this.#parts.timers.now();
      this.#stop = this.#parts.timers.after(CHECK_INTERVAL, () => this.#check());
    }
    const known = this.#known.get(run) ?? {
      heardAt: this.#time,
      isSilent: false,
      isUsed: false,
      isPinged: false,
      noRespondersSince: undefined,
    };
    this.#known.set(run, known);
    return known;
  }

  #check(): void {
    this.#clock = this.#time;
    this.#checkedAt = this.#parts.timers.now();
    for (const [run, known] of [...this.#known]) {
      const quiet = this.#clock - known.heardAt;
      if (!known.isSilent && quiet >= SILENT_AFTER) {
        known.isSilent = true;
        this.#parts.observer.silent(run);
      }
      if (quiet >= CHECK_INTERVAL && (known.isUsed || known.isSilent)) this.#ping(run, known);
    }
    this.#stop = undefined;
    if (this.#known.size > 0)
      this.#stop = this.#parts.timers.after(CHECK_INTERVAL, () => this.#check());
  }

  #ping(run: string, known: Known): void {
    if (known.isPinged) return;
    known.isPinged = true;
    void this.#parts.ping(run, PING_TIMEOUT).then((answer) => {
      known.isPinged = false;
      if (this.#known.get(run) === known) this.#answered(run, known, answer);
    });
  }

  #answered(run: string, known: Known, answer: BusAnswer['is']): void {
    const now = this.#parts.timers.now();
    if (answer === 'answer') return this.heard(run);
    if (answer === 'timeout') {
      known.noRespondersSince = undefined;
      if (!known.isSilent) this.#ping(run, known);
      return;
    }
    if (this.isUnsure) return;
    known.noRespondersSince ??= now;
    if (now - known.noRespondersSince >= ENDED_AFTER) {
      this.#known.delete(run);
      this.#parts.observer.ended(run);
    } else this.#parts.timers.after(PING_TIMEOUT, () => this.#pingAgain(run, known));
  }

  #pingAgain(run: string, known: Known): void {
    if (this.#known.get(run) === known && known.noRespondersSince !== undefined)
      this.#ping(run, known);
  }
}
