import { every, type StopTimer, type Timers } from '../../launch/timers.js';
import type { TimeRange } from '../../rooms/connected.js';
import type { Bus } from '../bus/bus.js';
import { type Beat, readBeat, readClock, writeBeat, writeClock } from './beat.js';
import { ENDED_AFTER, Liveness, PING_TIMEOUT, SILENT_AFTER } from './liveness.js';
import { RemoteClock } from './remote-clock.js';

/** How often a relay publishes its beat, in milliseconds. */
const BEAT_INTERVAL = 500;

/** How often a run in use is asked for its clock, in milliseconds. */
export const CLOCK_INTERVAL = 6000;

/** Every so many times, all runs are asked. */
const ALL_CLOCKS = 10;

/**
 * How long a run may take to answer that, in milliseconds. About as long as links may take to acknowledge
 * something: until then, players of a slow relay are served.
 */
export const CLOCK_TIMEOUT = 12_000;

/** More relays than any cluster has. Other clients of the bus could publish beats, too. */
const MAX_NODES = 1000;

/** How many pings a run may leave unanswered: each takes its timeout, and the next one waits as long. */
const MAX_PINGS = SILENT_AFTER / (2 * PING_TIMEOUT);

const NOTHING = new Uint8Array(0);

/** Whether a run is running; `silent` if it is stopped, or disconnected from the bus. */
export type RunState = 'running' | 'silent' | 'ended';

/** Gets changes in the state of other runs; `node` is the name of the relay, if it is known. */
export interface NodesObserver {
  /** Nothing was received for two seconds. The relay may be stopped, or disconnected. */
  silent(run: string, node: string | undefined): void;
  /** Something was received from a silent run. */
  back(run: string, node: string | undefined): void;
  /** The run has ended, and is forgotten. */
  ended(run: string, node: string | undefined): void;
  /** A run is heard of for the first time, or again after it had seemed to end. */
  appeared?(run: string): void;
}

export interface NodesParts {
  readonly bus: Bus;
  /** The prefix of all subjects. */
  readonly prefix: string;
  readonly timers: Timers;
  readonly observer: NodesObserver;
  /** The beat of this relay. */
  readonly own: () => Omit<Beat, 'clock'>;
}

/** The relays of a cluster. Publishes the beat of this one, and receives those of the others. */
export class Nodes {
  readonly #parts: NodesParts;
  readonly #liveness: Liveness;
  readonly #beats = new Map<string, Beat>();
  readonly #stops: StopTimer[];
  readonly #run: string;
  readonly #clocks = new Map<string, RemoteClock>();
  /** The runs in use, of which the clock must be known well. */
  readonly #used = new Set<string>();
  /** How often runs were asked for their clocks. */
  #asked = 0;
  readonly #checks = new Map<string, Promise<RunState>>();

  constructor(parts: NodesParts) {
    const { bus, prefix, timers, own, observer } = parts;
    this.#parts = parts;
    this.#run = own().run;
    this.#liveness = new Liveness({
      timers,
      ping: (run, timeout) => this.ping(run, timeout),
      observer: {
        silent: (run) => observer.silent(run, this.#beats.get(run)?.node),
        back: (run) => observer.back(run, this.#beats.get(run)?.node),
        ended: (run) => {
          const node = this.#beats.get(run)?.node;
          this.#beats.delete(run);
          this.#clocks.delete(run);
          this.#used.delete(run);
          observer.ended(run, node);
        },
      },
    });
    this.#stops = [
      bus.subscribe(`${prefix}.beat`, ({ bytes }) => this.#heard(readBeat(bytes))),
      bus.subscribe(`${prefix}.${this.#run}.ping`, (message) =>
        message.respond(writeClock(timers.now())),
      ),
      bus.onStatus((status) => {
        if (status !== 'reconnected') return;
        this.#liveness.reconnected();
        // Others that have forgotten this run must know its clock before its clients join again.
        this.#beat();
      }),
      every(timers, BEAT_INTERVAL, () => this.#beat()),
      every(timers, CLOCK_INTERVAL, () => this.#askForClocks()),
    ];
    this.#beat();
  }

  /** The latest beats of the other relays. */
  get others(): Beat[] {
    return [...this.#beats.values()];
  }

  /** The latest beat of a run; `undefined` if there was none, or the run has ended. */
  get(run: string): Beat | undefined {
    return this.#beats.get(run);
  }

  isSilent(run: string): boolean | undefined {
    return this.#liveness.isSilent(run);
  }

  /**
   * A time of a run's clock in that of this relay, as exactly as it is known; `undefined` if nothing was
   * heard of the run.
   *
   * @param at wraps at 2^32
   */
  ownTime(run: string, at: number): TimeRange | undefined {
    return this.#clocks.get(run)?.ownTime(at, this.#parts.timers.now());
  }

  /** Something other than a beat was received from the run. */
  heard(run: string): void {
    this.#liveness.heard(run);
  }

  /** Sets whether the run is in use, so that its end must be detected soon. */
  setUsed(run: string, isUsed: boolean): void {
    if (!isUsed) this.#used.delete(run);
    else if (!this.#used.has(run)) {
      this.#used.add(run);
      this.#askForClock(run);
    }
    this.#liveness.setUsed(run, isUsed);
  }

  /**
   * Finds out whether a run is running, as soon as that is certain. A run that does not answer for two
   * seconds counts as silent.
   */
  check(run: string): Promise<RunState> {
    const check = this.#checks.get(run) ?? this.#check(run);
    this.#checks.set(run, check);
    return check.finally(() => this.#checks.delete(run));
  }

  /** Checks whether a run answers. */
  async ping(run: string, timeout: number): Promise<'answer' | 'noResponders' | 'timeout'> {
    const { bus, prefix, timers } = this.#parts;
    const sentAt = timers.now();
    const answer = await bus.request(`${prefix}.${run}.ping`, NOTHING, timeout);
    const clock = answer.is === 'answer' ? readClock(answer.bytes) : undefined;
    if (clock !== undefined) this.#clockOf(run)?.answered(clock, sentAt, timers.now());
    return answer.is;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#liveness.close();
  }

  async #check(run: string): Promise<RunState> {
    const { timers } = this.#parts;
    let missingSince: number | undefined;
    // Not by the clock, which goes on while this process stands still, and what has arrived is not read.
    for (let tries = 0; tries < MAX_PINGS; tries++) {
      const answer = await this.ping(run, PING_TIMEOUT);
      if (answer === 'answer') return 'running';
      if (answer === 'timeout' || this.#liveness.isUnsure) missingSince = undefined;
      else missingSince ??= timers.now();
      const missing = missingSince === undefined ? 0 : timers.now() - missingSince;
      const isForgotten = missingSince !== undefined && !this.#beats.has(run);
      if (isForgotten || missing >= ENDED_AFTER) return 'ended';
      if (this.isSilent(run)) return 'silent';
      await new Promise<void>((resolve) => timers.after(PING_TIMEOUT, resolve));
    }
    return 'silent';
  }

  #beat(): void {
    const { bus, prefix, own, timers } = this.#parts;
    bus.publish(`${prefix}.beat`, writeBeat({ ...own(), clock: timers.now() }));
  }

  #askForClocks(): void {
    const asksAll = ++this.#asked % ALL_CLOCKS === 0;
    for (const run of asksAll ? this.#beats.keys() : this.#used) this.#askForClock(run);
  }

  /** `undefined` for a run that is neither known nor in use. */
  #clockOf(run: string): RemoteClock | undefined {
    if (!this.#beats.has(run) && !this.#used.has(run)) return undefined;
    const clock = this.#clocks.get(run) ?? new RemoteClock();
    this.#clocks.set(run, clock);
    return clock;
  }

  #askForClock(run: string): void {
    void this.ping(run, CLOCK_TIMEOUT);
  }

  #heard(beat: Beat | undefined): void {
    if (beat === undefined || beat.run === this.#run) return;
    if (!this.#beats.has(beat.run) && this.#beats.size >= MAX_NODES) return;
    const isNew = !this.#beats.has(beat.run);
    this.#beats.set(beat.run, beat);
    this.#clockOf(beat.run)?.heard(beat.clock, this.#parts.timers.now());
    this.#liveness.heard(beat.run);
    if (isNew) this.#askForClock(beat.run);
    if (isNew) this.#parts.observer.appeared?.(beat.run);
  }
}
