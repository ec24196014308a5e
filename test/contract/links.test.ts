import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bus } from '../../src/cluster/bus/bus.js';
import { Payload } from '../../src/protocol/payload.js';
import { BUSES, type TestBuses, untilStatus } from '../support/buses.js';
import type { Heard } from '../support/frame-log.js';
import { LinkedRelay } from '../support/link-pair.js';

const LANES = 5;

/** Sends numbered messages of many sizes, some of them long. */
class Source {
  readonly #from: LinkedRelay<Bus>;
  readonly #to: LinkedRelay<Bus>;
  count = 0;

  constructor(from: LinkedRelay<Bus>, to: LinkedRelay<Bus>) {
    this.#from = from;
    this.#to = to;
  }

  send(): void {
    const n = this.count++;
    const size = n % 97 === 0 ? 200_000 : (n * 7919) % 700;
    const payload = new Payload(Buffer.from(`${n} `.padEnd(size, 'x')), true);
    this.#from.to(this.#to).from(n % LANES, payload);
  }

  /** Sends as fast as the link takes it. */
  async pour(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.send();
      if (i % 50 === 0) await new Promise(setImmediate);
      while (!this.#from.to(this.#to).keepsUp) await new Promise(setImmediate);
    }
  }

  /** Resolves when all has arrived; it is compared by lane. */
  async arrived(): Promise<void> {
    await expect.poll(() => this.#to.heard.length).toBe(this.count);
    for (let lane = 0; lane < LANES; lane++) {
      const expected = Array.from({ length: this.count }, (_, n) => n).filter(
        (n) => n % LANES === lane,
      );
      expect(numbersOf(this.#to.heard, lane)).toEqual(expected);
    }
  }
}

function numbersOf(heard: readonly Heard[], lane: number): number[] {
  return heard.filter(([, to]) => to === lane).map(([, , text]) => Number.parseInt(`${text}`, 10));
}

describe.each(BUSES)('links $kind', ({ options, start }) => {
  const pair = async (): Promise<{
    buses: TestBuses;
    a: LinkedRelay<Bus>;
    b: LinkedRelay<Bus>;
  }> => {
    const buses = await start();
    const a = new LinkedRelay('A', await buses.connect());
    const b = new LinkedRelay('B', await buses.connect());
    onTestFinished(() => {
      a.links.close();
      b.links.close();
    });
    await a.bus.flush();
    await b.bus.flush();
    return { buses, a, b };
  };

  test('carry what both ends send, in order', options, async () => {
    const { a, b } = await pair();
    const sources = [new Source(a, b), new Source(b, a)];
    await Promise.all(sources.map((source) => source.pour(3000)));
    await Promise.all(sources.map((source) => source.arrived()));
    expect([a.broken, b.broken]).toEqual([[], []]);
    await expect.poll(() => a.links.bufferedBytes + b.links.bufferedBytes).toBe(0);
  });

  test('lose and double nothing when the bus restarts under load', options, async () => {
    const { buses, a, b } = await pair();
    const sources = [new Source(a, b), new Source(b, a)];
    const pouring = Promise.all(sources.map((source) => source.pour(3000)));
    for (let i = 0; i < 2; i++) {
      const statuses = [a, b].map(({ bus }) => untilStatus(bus, 'disconnected'));
      await buses.stop();
      await Promise.all(statuses);
      const back = [a, b].map(({ bus }) => untilStatus(bus, 'reconnected'));
      await buses.start();
      await Promise.all(back);
    }
    await pouring;
    await Promise.all(sources.map((source) => source.arrived()));
    expect([a.broken, b.broken]).toEqual([[], []]);
  });
});
