import type { Timers } from '../../launch/timers.js';
import type { Bus } from '../bus/bus.js';
import { BatchMemory } from '../wire/batch-memory.js';
import { WireError } from '../wire/frames.js';
import { type Head, readHead } from '../wire/head.js';
import { FLAG } from '../wire/wire.js';
import { Link, type LinkContext, resetOf } from './link.js';
import { ReceiveWindows } from './receive-windows.js';

/** Gets the events of links. */
export interface LinksObserver {
  /** A link was opened by this relay or the other one. The observer sets its handler. */
  opened(link: Link, run: string): void;
  /** While the link does not keep up, reading from its clients and hosts is to be paused. */
  paceChanged(link: Link, run: string, keepsUp: boolean): void;
  /** All connections that use the link count as disconnected. */
  broken(link: Link, run: string, reason: string): void;
}

/** Output that is sent at the end of a turn of the event loop. */
interface Flushable {
  readonly bulk: boolean;
  flush(): void;
}

export interface LinksParts {
  readonly bus: Bus;
  /** The prefix of all subjects. */
  readonly prefix: string;
  /** This run of this relay. */
  readonly run: string;
  readonly timers: Timers;
  readonly schedule: (flushable: Flushable) => void;
  readonly observer: LinksObserver;
  /** The longest message, in bytes. */
  readonly maxMessage: number;
  /** The longest time without an acknowledgement, in milliseconds. Then a link breaks. */
  readonly stall: number;
}

/** The time between ticks of links that are not idle, in milliseconds. */
const TICK = 25;

/** The longest time without a connection to the bus, in milliseconds. Then all links break. */
const MAX_OUTAGE = 5000;

/** The number of other runs whose ended links are remembered. */
const MAX_ENDED = 1024;

/** The links of this relay, one to each run of another relay. */
export class Links {
  readonly #parts: LinksParts;
  readonly #links = new Map<string, Link>();
  /** The highest number of an ended link at the other end, for each run. */
  readonly #ended = new Map<string, number>();
  readonly #windows = new ReceiveWindows();
  readonly #memory = new BatchMemory();
  readonly #stops: (() => void)[];
  #count = 0;
  #stopTicks: (() => void) | undefined;
  #stopOutage: (() => void) | undefined;
  /** Whether there has been no connection for so long that links have broken. */
  #isOut = false;

  constructor(parts: LinksParts) {
    this.#parts = parts;
    const { bus, prefix, run } = parts;
    this.#stops = [
      bus.subscribe(`${prefix}.${run}.link.*`, ({ subject, bytes }) => {
        const from = subject.slice(subject.lastIndexOf('.') + 1);
        this.#receive(from, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      }),
      bus.onStatus((status) => {
        if (status === 'reconnected') this.#reconnected();
        else this.#disconnected();
      }),
    ];
  }

  /** The memory of all links, in bytes. */
  get bufferedBytes(): number {
    return [...this.#links.values()].reduce((sum, link) => sum + link.bufferedBytes, 0);
  }

  get size(): number {
    return this.#links.size;
  }

  /** The link to a run, which is opened if that is possible; `undefined` if there is none. */
  to(run: string): Link | undefined {
    return this.#links.get(run) ?? this.#open(run);
  }

  /** The run has ended. */
  runEnded(run: string): void {
    this.#links.get(run)?.end('the other relay has ended');
    this.#ended.delete(run);
  }

  /** The relay ends. The others notice that, and what is behind the links may go on elsewhere. */
  close(): void {
    for (const link of [...this.#links.values()]) link.end('this relay ends');
    for (const stop of this.#stops) stop();
    this.#stopTicks?.();
    this.#stopOutage?.();
  }

  #open(run: string): Link | undefined {
    if (this.#isOut) return undefined;
    const window = this.#windows.open();
    if (window === undefined) return undefined;
    const { prefix, observer, maxMessage, stall } = this.#parts;
    const subject = `${prefix}.${run}.link.${this.#parts.run}`;
    this.#count++;
    const context = this.#contextOf(run, subject);
    const parts = { local: this.#count, window, memory: this.#memory, context, maxMessage, stall };
    const link = new Link(parts);
    this.#links.set(run, link);
    observer.opened(link, run);
    return link;
  }

  #contextOf(run: string, subject: string): LinkContext {
    const { bus, observer, schedule, timers } = this.#parts;
    let isScheduled = false;
    return {
      transmit: (batch) => bus.publish(subject, batch),
      schedule: (link) => {
        if (isScheduled) return;
        isScheduled = true;
        schedule({
          bulk: false,
          flush: () => {
            isScheduled = false;
            link.flush(timers.now());
            this.#startTicks();
          },
        });
      },
      paceChanged: (link, keepsUp) => observer.paceChanged(link, run, keepsUp),
      broken: (link, reason) => {
        this.#links.delete(run);
        this.#setEnded(run, link.remote);
        observer.broken(link, run, reason);
      },
    };
  }

  #receive(run: string, batch: Buffer): void {
    try {
      this.#take(run, readHead(batch), batch);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#links.get(run)?.break(error.message);
    }
  }

  /** Passes a batch to its link. Batches of a link that has ended at this end are refused. */
  #take(run: string, head: Head, batch: Buffer): void {
    let link = this.#links.get(run);
    if ((head.flags & FLAG.reset) !== 0) {
      if (link?.local === head.to) link.end('the other relay has given up the link');
      return;
    }
    if (head.from <= (this.#ended.get(run) ?? 0)) return this.#refuse(run, head);
    if (link !== undefined && link.remote !== 0 && link.remote !== head.from) {
      if (head.from < link.remote) return this.#refuse(run, head);
      link.end('the other relay has begun a new link');
      link = undefined;
    }
    if (head.to !== 0 && head.to !== link?.local) {
      if (link?.remote === head.from) link.end('the other relay means another link');
      return this.#refuse(run, head);
    }
    link ??= this.#open(run);
    if (link === undefined) return this.#refuse(run, head);
    link.receive(head, batch, this.#parts.timers.now());
    this.#startTicks();
  }

  #refuse(run: string, { from }: Head): void {
    this.#setEnded(run, from);
    this.#reset(run, from);
  }

  /** Says that the link with this number at the other end has ended. */
  #reset(run: string, number: number): void {
    const { bus, prefix } = this.#parts;
    bus.publish(`${prefix}.${run}.link.${this.#parts.run}`, resetOf(0, number));
  }

  #setEnded(run: string, number: number): void {
    const last = this.#ended.get(run) ?? 0;
    this.#ended.delete(run);
    this.#ended.set(run, Math.max(last, number));
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #startTicks(): void {
    if (this.#stopTicks !== undefined || this.#isIdle) return;
    this.#stopTicks = this.#parts.timers.after(TICK, () => {
      this.#stopTicks = undefined;
      for (const link of [...this.#links.values()]) link.tick(this.#parts.timers.now());
      this.#startTicks();
    });
  }

  get #isIdle(): boolean {
    for (const link of this.#links.values()) if (!link.isIdle) return false;
    return true;
  }

  #disconnected(): void {
    this.#stopOutage ??= this.#parts.timers.after(MAX_OUTAGE, () => {
      this.#isOut = true;
      for (const link of [...this.#links.values()]) link.break('no connection to other relays');
    });
  }

  #reconnected(): void {
    this.#stopOutage?.();
    this.#stopOutage = undefined;
    this.#isOut = false;
    // The other relays do not know of links that broke meanwhile, and may not use them for long.
    for (const [run, number] of this.#ended) this.#reset(run, number);
    for (const link of [...this.#links.values()]) link.reconnected(this.#parts.timers.now());
    this.#startTicks();
  }
}
