import type { Bus } from '../../src/cluster/bus/bus.js';
import type { Link } from '../../src/cluster/link/link.js';
import { Links } from '../../src/cluster/link/links.js';
import { SYSTEM_TIMERS, type Timers } from '../../src/launch/timers.js';
import { FrameLog, type Heard } from './frame-log.js';
import type { MemoryBroker, MemoryBus } from './memory-bus.js';

export const PREFIX = 'lr.test';

/** One relay with its links. */
export class LinkedRelay<B extends Bus> {
  readonly run: string;
  readonly bus: B;
  readonly links: Links;
  /** What every link has carried, the earliest first. */
  readonly opened: { readonly run: string; readonly link: Link; readonly log: FrameLog }[] = [];
  readonly broken: string[] = [];
  readonly paces: boolean[] = [];

  constructor(run: string, bus: B, timers: Timers = SYSTEM_TIMERS, stall = 15_000) {
    this.run = run;
    this.bus = bus;
    this.links = new Links({
      bus,
      prefix: PREFIX,
      run,
      timers,
      schedule: (flushable) => void timers.after(0, () => flushable.flush()),
      maxMessage: 1 << 20,
      stall,
      observer: {
        opened: (link, run) => {
          const log = new FrameLog();
          link.handler = log;
          this.opened.push({ run, link, log });
        },
        paceChanged: (_link, _run, keepsUp) => void this.paces.push(keepsUp),
        broken: (_link, _run, reason) => void this.broken.push(reason),
      },
    });
  }

  /** The link to another relay. */
  to({ run }: { readonly run: string }): Link {
    const link = this.links.to(run);
    if (link === undefined) throw new Error('too many links');
    return link;
  }

  /** What all links have carried. */
  get heard(): Heard[] {
    return this.opened.flatMap(({ log }) => log.heard);
  }
}

/** A relay in the memory of a test. */
export class TestRelay extends LinkedRelay<MemoryBus> {
  constructor(broker: MemoryBroker, run: string, stall?: number) {
    super(run, broker.connect(run), broker.timers, stall);
  }
}
