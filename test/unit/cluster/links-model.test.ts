import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_WINDOW, MIN_WINDOW } from '../../../src/cluster/link/receive-windows.js';
import { readHead } from '../../../src/cluster/wire/head.js';
import { distance, FIRST_BYTE, FLAG, plus } from '../../../src/cluster/wire/wire.js';
import { Payload } from '../../../src/protocol/payload.js';
import { TestRelay } from '../../support/link-pair.js';
import { type Fate, MemoryBroker, type Passing } from '../../support/memory-bus.js';
import { TestTimers } from '../../support/test-timers.js';

/*
 * Two relays, and a bus that loses, doubles, delays and reorders. The model is what each of them has
 * sent: within a link and a lane, what arrives is what was sent, or the beginning of it if the link broke.
 */

type Step =
  | {
      readonly is: 'send';
      readonly by: 0 | 1;
      readonly lane: number;
      readonly size: number;
      readonly times: number;
    }
  | { readonly is: 'pass'; readonly seconds: number }
  | { readonly is: 'cut'; readonly by: 0 | 1; readonly seconds: number }
  | { readonly is: 'freeze'; readonly by: 0 | 1; readonly seconds: number }
  | { readonly is: 'break'; readonly by: 0 | 1 };

const by = fc.constantFrom<0 | 1>(0, 1);
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 200 }) },
  { weight: 2, arbitrary: fc.integer({ min: 10_000, max: 60_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 100_000, max: 900_000 }) },
);
const send = fc.record({
  is: fc.constant('send' as const),
  by,
  lane: fc.nat({ max: 3 }),
  size,
  times: fc.integer({ min: 1, max: 12 }),
});
const pass = fc.record({
  is: fc.constant('pass' as const),
  seconds: fc.oneof(fc.constantFrom(0, 0.001, 0.05), fc.double({ min: 0, max: 1, noNaN: true })),
});
/** Shorter than what breaks a link. */
const interruption = fc.record({
  is: fc.constantFrom('cut' as const, 'freeze' as const),
  by,
  seconds: fc.double({ min: 0, max: 4, noNaN: true }),
});
const breaking = fc.record({ is: fc.constant('break' as const), by });

/** Delays of copies, in milliseconds; an empty list is a loss. The list is used again and again. */
const fates = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant([0]) },
    { weight: 2, arbitrary: fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant([]) },
  ),
  { minLength: 1, maxLength: 40 },
);

/** Checks on the wire that nobody sends more than the other end has granted. */
class CreditWatch {
  readonly #sent = new Map<string, { readonly numbers: Set<number>; bytes: number }>();
  readonly #granted = new Map<string, number>();

  see({ from, bytes }: Passing): void {
    const head = readHead(Buffer.from(bytes));
    if ((head.flags & FLAG.reset) !== 0) return;
    const own = `${from} ${head.from}`;
    // A grant counts as soon as it was sent.
    const before = this.#granted.get(own);
    if (before === undefined || distance(head.credit, before) > 0) {
      this.#granted.set(own, head.credit);
    }
    if ((head.flags & FLAG.frames) === 0) return;
    const sent = this.#sent.get(own) ?? { numbers: new Set(), bytes: FIRST_BYTE };
    this.#sent.set(own, sent);
    if (sent.numbers.has(head.number)) return;
    sent.numbers.add(head.number);
    sent.bytes = plus(sent.bytes, bytes.length);
    const other = `${from === 'A' ? 'B' : 'A'} ${head.to}`;
    const granted = this.#granted.get(other) ?? plus(FIRST_BYTE, MIN_WINDOW);
    expect(distance(sent.bytes, granted)).toBeLessThanOrEqual(0);
  }
}

/** What was sent and received, by link and lane. */
class Model {
  readonly timers = new TestTimers();
  readonly broker = new MemoryBroker(this.timers);
  readonly relays = [new TestRelay(this.broker, 'A'), new TestRelay(this.broker, 'B')] as const;
  readonly sent = new Map<string, string[]>();
  readonly #credit = new CreditWatch();
  #count = 0;

  setFates(fates: readonly (readonly number[])[]): void {
    let at = 0;
    const fate: Fate = (message) => {
      this.#credit.see(message);
      return fates[at++ % fates.length] ?? [];
    };
    this.broker.fate = fate;
  }

  /** From then on everything arrives. */
  heal(): void {
    this.broker.fate = (message) => {
      this.#credit.see(message);
      return [0];
    };
  }

  send(by: 0 | 1, lane: number, size: number): void {
    const { run } = this.relays[by];
    const link = this.relays[by].to(this.relays[1 - by] as TestRelay);
    const text = `${this.#count++} `.padEnd(size, 'x');
    const payload = new Payload(Buffer.from(text), this.#count % 2 === 0);
    // One side has players, the other one rooms: both have lanes.
    if (run === 'A') link.from(lane, payload);
    else link.to(lane, lane, payload);
    const key = `${run} ${link.local} ${lane}`;
    const messages = this.sent.get(key) ?? [];
    messages.push(text);
    this.sent.set(key, messages);
    this.checkMemory();
  }

  checkMemory(): void {
    for (const relay of this.relays) {
      for (const { link } of relay.opened) {
        expect(link.unacknowledgedBytes).toBeLessThanOrEqual(MAX_WINDOW);
        expect(link.streams.bytes).toBeLessThanOrEqual(4 * (1 << 20));
      }
    }
  }

  /** What has arrived at a relay, by link and lane of the sender. */
  received(at: 0 | 1): Map<string, string[]> {
    const received = new Map<string, string[]>();
    for (const { run, link, log } of this.relays[at].opened) {
      for (const [kind, to, content] of log.heard as [string, number | number[], string][]) {
        const lane = kind === 'to' ? (to as number[])[0] : to;
        const key = `${run} ${link.remote} ${lane}`;
        const messages = received.get(key) ?? [];
        messages.push(content.replace(/^#/, ''));
        received.set(key, messages);
      }
    }
    return received;
  }
}

function run(model: Model, steps: readonly Step[], heal = () => model.heal()): void {
  for (const step of steps) {
    switch (step.is) {
      case 'send':
        for (let i = 0; i < step.times; i++) model.send(step.by, step.lane, step.size);
        break;
      case 'pass':
        model.timers.pass(step.seconds);
        break;
      case 'cut':
        model.relays[step.by].bus.setCut(true);
        model.timers.pass(step.seconds);
        model.relays[step.by].bus.setCut(false);
        break;
      case 'freeze':
        model.relays[step.by].bus.setFrozen(true);
        model.timers.pass(step.seconds);
        model.relays[step.by].bus.setFrozen(false);
        break;
      case 'break':
        for (const { link } of model.relays[step.by].opened) link.break('on purpose');
    }
    model.checkMemory();
  }
  heal();
  model.timers.pass(60);
}

function compare(expected: Map<string, string[]>, received: Map<string, string[]>): void {
  const show = (map: Map<string, string[]>) =>
    Object.fromEntries([...map].toSorted().map(([key, texts]) => [key, texts.map(abridge)]));
  expect(show(received)).toEqual(show(expected));
}

function abridge(text: string): string {
  return `${text.slice(0, 20).trimEnd()} of ${text.length}`;
}

function sentBy({ sent }: Model, name: string): Map<string, string[]> {
  return new Map([...sent].filter(([key]) => key.startsWith(name)));
}

test('everything arrives once and in order, whatever the bus does for some seconds', () => {
  const steps = fc.array(
    fc.oneof({ weight: 4, arbitrary: send }, { weight: 4, arbitrary: pass }, interruption),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(steps, fates, (steps, fates) => {
      const model = new Model();
      model.setFates(fates);
      run(model, steps as Step[]);
      const [a, b] = model.relays;
      expect([a.broken, b.broken]).toEqual([[], []]);
      compare(sentBy(model, 'A'), model.received(1));
      compare(sentBy(model, 'B'), model.received(0));
      expect([a.links.bufferedBytes, b.links.bufferedBytes]).toEqual([0, 0]);
      expect(model.timers.running).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test('of a link that breaks, the beginning arrives; later links are whole', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: send },
      { weight: 4, arbitrary: pass },
      { weight: 1, arbitrary: interruption },
      { weight: 2, arbitrary: breaking },
    ),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(steps, fates, (steps, fates) => {
      const model = new Model();
      model.setFates(fates);
      run(model, steps as Step[]);
      // A link of which the other end knew nothing is found out by what comes next.
      for (const by of [0, 1, 0, 1] as const) {
        model.send(by, 0, 10);
        model.timers.pass(60);
      }
      for (const by of [0, 1] as const) {
        const relay = model.relays[by];
        const received = model.received((1 - by) as 0 | 1);
        for (const [key, messages] of sentBy(model, relay.run)) {
          const arrived = received.get(key) ?? [];
          expect(messages.slice(0, arrived.length).map(abridge)).toEqual(arrived.map(abridge));
          const link = relay.opened.find(
            ({ link }) => link.local === Number(key.split(' ')[1]),
          )?.link;
          if (link?.isOpen) expect(arrived.length).toBe(messages.length);
        }
      }
      const open = model.relays.map(({ opened }) => opened.filter(({ link }) => link.isOpen));
      expect(open.map(({ length }) => length)).toEqual([1, 1]);
      const [a, b] = open.map(([one]) => one?.link);
      expect([a?.remote, b?.remote]).toEqual([b?.local, a?.local]);
    }),
    { numRuns: 150 },
  );
});

test('bytes that change on their way break links, and cost no more memory than a link may have', () => {
  const change = fc.record({ at: fc.nat({ max: 200 }), byte: fc.nat({ max: 255 }) });
  const steps = fc.array(fc.oneof(send, pass), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(steps, fc.array(fc.option(change), { minLength: 1 }), (steps, changes) => {
      const model = new Model();
      let at = 0;
      model.broker.fate = ({ bytes }) => {
        const change = changes[at++ % changes.length];
        if (change) bytes[change.at % bytes.length] = change.byte;
        return [0];
      };
      run(model, steps as Step[], () => {
        model.broker.fate = () => [0];
      });
      for (const { opened, broken } of model.relays) {
        expect(opened.filter(({ link }) => !link.isOpen)).toHaveLength(broken.length);
        for (const { link } of opened) if (!link.isOpen) expect(link.bufferedBytes).toBe(0);
      }
    }),
    { numRuns: 150 },
  );
});
