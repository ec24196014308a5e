import { describe, expect, test } from 'vitest';
import { MAX_LINKS } from '../../../src/cluster/link/receive-windows.js';
import { readHead } from '../../../src/cluster/wire/head.js';
import { FLAG, MAX_BATCH } from '../../../src/cluster/wire/wire.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { Payload } from '../../../src/protocol/payload.js';
import { PREFIX, TestRelay } from '../../support/link-pair.js';
import { MemoryBroker, type Passing } from '../../support/memory-bus.js';
import { TestTimers } from '../../support/test-timers.js';

/** Two relays that have no link yet, and what passes between them. */
function pair(stall?: number) {
  const timers = new TestTimers();
  const broker = new MemoryBroker(timers);
  const passed: Passing[] = [];
  broker.fate = (message) => {
    passed.push(message);
    return [0];
  };
  const a = new TestRelay(broker, 'A', stall);
  const b = new TestRelay(broker, 'B', stall);
  /** Lets what is on its way arrive. */
  const settle = () => timers.pass(0.001);
  return { timers, broker, a, b, passed, settle };
}

function text(content: string): Payload {
  return new Payload(Buffer.from(content), true);
}

const KIB_40 = 40 * 1024;

/** Everything from one relay is lost. */
const losing = (name: string) => (message: Passing) => (message.from === name ? [] : [0]);

describe('the frames of a turn', () => {
  test('leave in one batch, and are acknowledged by the batch of an answer', () => {
    const { a, b, passed, settle } = pair();
    for (let i = 0; i < 10; i++) a.to(b).from(i, text(`${i}`));
    settle();
    expect(b.heard).toHaveLength(10);
    b.to(a).seated(1, 3, 7, 2);
    settle();
    expect(a.heard).toEqual([['seated', 3, 7, 2]]);
    expect(passed.map(({ from }) => from)).toEqual(['A', 'B']);
    expect(a.to(b).unacknowledgedBytes).toBe(0);
  });

  test('are acknowledged soon if nobody answers', () => {
    const { a, b, passed, timers } = pair();
    a.to(b).disconnected(1, true);
    timers.pass(0.1);
    expect(passed.map(({ from }) => from)).toEqual(['A', 'B']);
    expect(a.to(b).isIdle).toBe(true);
    expect(timers.running).toBe(0);
  });

  test('carry a message once for all who get it, in one room', () => {
    const { a, b, settle } = pair();
    const message = text('go');
    const link = a.to(b);
    for (const handle of [3, 1, 2]) link.to(1, handle, message);
    link.to(2, 9, message);
    link.to(2, 9, text('go'));
    for (const handle of [3, 1]) link.close(1, handle, CLOSE_REASONS.gameOver);
    for (const handle of [3, 1]) link.setReading(handle, false);
    link.setReading(1, true);
    for (const handle of [7, 8]) link.measure(handle);
    settle();
    expect(b.heard).toEqual([
      ['to', [3, 1, 2], 'go'],
      ['to', [9], 'go'],
      ['to', [9], 'go'],
      ['close', [3, 1], CLOSE_REASONS.gameOver],
      ['reading', [3, 1], false],
      ['reading', [1], true],
      ['measure', [7, 8]],
    ]);
  });

  test('take several batches if they are more than fits one', () => {
    const { a, b, passed, settle } = pair();
    for (let i = 0; i < 12; i++) a.to(b).from(i, text('x'.repeat(10_000)));
    settle();
    expect(b.heard).toHaveLength(12);
    expect(Math.max(...passed.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(MAX_BATCH);
  });
});

describe('long messages', () => {
  test('let frames of others pass, and keep their place among those of their lane', () => {
    const { a, b, timers } = pair();
    const link = a.to(b);
    link.from(1, text('before'));
    link.from(1, text('y'.repeat(500_000)));
    link.from(1, text('after'));
    link.from(2, text('other'));
    timers.pass(0.1);
    const order = b.heard.map(([, handle, content]) => `${handle} ${String(content).slice(0, 6)}`);
    expect(order).toEqual(['1 before', '2 other', '1 yyyyyy', '1 after']);
  });

  test('are few at a time, and those that wait hold nobody else up', () => {
    const { a, b, timers } = pair();
    const link = a.to(b);
    for (let lane = 0; lane < 9; lane++) link.from(lane, text('y'.repeat(500_000)));
    link.from(0, text('after'));
    link.from(100, text('other'));
    timers.pass(0.5);
    const order = b.heard.map(([, handle, content]) => `${handle} ${String(content).slice(0, 5)}`);
    expect(order[0]).toBe('100 other');
    expect(order.slice(1).toSorted()).toEqual(
      ['0 after', ...Array.from({ length: 9 }, (_, lane) => `${lane} yyyyy`)].toSorted(),
    );
    expect(order.indexOf('0 after')).toBeGreaterThan(order.indexOf('0 yyyyy'));
    expect(b.broken).toEqual([]);
  });

  test('do not wait for small frames that never end', () => {
    const { a, b, timers } = pair();
    const link = a.to(b);
    link.from(1, text('y'.repeat(200_000)));
    for (let turns = 0; turns < 20; turns++) {
      for (let i = 0; i < 3; i++) link.from(2, text('x'.repeat(KIB_40)));
      timers.pass(0.001);
    }
    expect(b.heard.some(([, handle]) => handle === 1)).toBe(true);
  });
});

describe('what is lost', () => {
  test('is sent again as soon as a later batch arrives', () => {
    const { a, b, broker, timers, settle } = pair();
    broker.fate = losing('A');
    a.to(b).from(1, text('lost'));
    settle();
    broker.fate = () => [0];
    a.to(b).from(1, text('later'));
    timers.pass(0.05);
    expect(b.heard.map(([, , content]) => content)).toEqual(['lost', 'later']);
  });

  test('is sent again after 200 ms if nothing else comes', () => {
    const { a, b, broker, timers } = pair();
    broker.fate = losing('A');
    a.to(b).from(1, text('lost'));
    timers.pass(0.15);
    broker.fate = () => [0];
    timers.pass(0.04);
    expect(b.heard).toEqual([]);
    timers.pass(0.06);
    expect(b.heard).toEqual([['from', 1, 'lost']]);
  });

  test('is sent again at once after an interruption', () => {
    const { a, b, timers, settle } = pair();
    a.to(b).from(1, text('before'));
    timers.pass(1);
    a.bus.setCut(true);
    a.to(b).from(1, text('meanwhile'));
    timers.pass(3);
    a.bus.setCut(false);
    settle();
    expect(b.heard.map(([, , content]) => content)).toEqual(['before', 'meanwhile']);
  });
});

describe('a relay that stands still', () => {
  test('gets no more than its window, and few batches again', () => {
    const { a, b, timers, passed } = pair();
    a.to(b).from(0, text('open the window'));
    timers.pass(1);
    b.bus.setFrozen(true);
    for (let i = 0; i < 1000; i++) a.to(b).from(i, text('x'.repeat(10_000)));
    passed.length = 0;
    timers.pass(10);
    const bytes = passed.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(bytes).toBeGreaterThan(3 * 1024 * 1024);
    expect(bytes).toBeLessThan(5 * 1024 * 1024);
    b.bus.setFrozen(false);
    timers.pass(10);
    expect(b.heard).toHaveLength(1001);
    expect(a.broken).toEqual([]);
  });

  test('makes the link report that it does not keep up, until the queue is short again', () => {
    const { a, b, timers } = pair();
    b.bus.setFrozen(true);
    for (let i = 0; i < 30; i++) a.to(b).from(i, text('x'.repeat(KIB_40)));
    expect(a.paces).toEqual([false]);
    timers.pass(1);
    expect(a.to(b).queuedBytes).toBeGreaterThan(1024 * 1024);
    b.bus.setFrozen(false);
    timers.pass(1);
    expect(a.paces).toEqual([false, true]);
    expect(a.links.bufferedBytes).toBe(0);
  });

  test('breaks the link after the stall time', () => {
    const { a, b, timers } = pair(10_000);
    b.bus.setFrozen(true);
    a.to(b).from(1, text('hello'));
    timers.pass(9);
    expect(a.broken).toEqual([]);
    timers.pass(2);
    expect(a.broken).toEqual(['nothing was acknowledged']);
    expect(a.links.bufferedBytes).toBe(0);
  });

  test('is not the other one, if it is this one', () => {
    const { a, b, timers, settle } = pair(10_000);
    const link = a.to(b);
    link.from(1, text('hello'));
    settle();
    link.tick(timers.now());
    link.from(1, text('again'));
    // The clock of a process that was stopped jumps.
    link.tick(timers.now() + 60_000);
    expect(link.isOpen).toBe(true);
  });
});

describe('a batch that does not parse', () => {
  test.each([
    ['a head of another version', Buffer.alloc(22, 9)],
    ['nothing', Buffer.alloc(0)],
  ])('breaks its link, and no other: %s', (_what, bytes) => {
    const { broker, timers, a, b, settle } = pair();
    const c = new TestRelay(broker, 'C');
    a.to(b).from(1, text('hello'));
    c.to(b).from(1, text('hello'));
    settle();
    a.bus.publish(`${PREFIX}.B.link.A`, bytes);
    timers.pass(0.1);
    expect(b.broken).toHaveLength(1);
    expect(a.broken).toEqual(['the other relay has given up the link']);
    expect(c.broken).toEqual([]);
    a.to(b).from(2, text('on a new link'));
    timers.pass(0.1);
    expect(b.heard.at(-1)).toEqual(['from', 2, 'on a new link']);
  });

  test('breaks the link if it acknowledges what was never sent', () => {
    const { a, b, broker, settle } = pair();
    a.to(b).from(1, text('hello'));
    broker.fate = ({ from, bytes }) => {
      if (from === 'A') bytes[14] = 0xff;
      return [0];
    };
    settle();
    expect(b.broken).toEqual(['an acknowledgement of what was not sent']);
  });

  test('is no concern of a relay that has no link', () => {
    const { a, b, settle } = pair();
    a.bus.publish(`${PREFIX}.B.link.A`, Buffer.alloc(5));
    settle();
    expect(b.opened).toEqual([]);
  });
});

test('a handler that throws breaks the link, because its frames are lost', () => {
  const { a, b, settle } = pair();
  a.to(b).from(1, text('hello'));
  settle();
  const fault = new Error('a fault');
  Object.assign(b.opened[0]?.log as object, {
    from() {
      throw fault;
    },
  });
  a.to(b).from(1, text('again'));
  expect(settle).toThrow(fault);
  expect(b.broken).toEqual(['internal error']);
});

describe('links that began or ended at one end only', () => {
  test('two ends that begin at once have one link', () => {
    const { a, b, timers } = pair();
    a.to(b).from(1, text('from A'));
    b.to(a).from(1, text('from B'));
    timers.pass(1);
    expect([a.heard, b.heard]).toEqual([[['from', 1, 'from B']], [['from', 1, 'from A']]]);
    expect([a.opened, b.opened].map(({ length }) => length)).toEqual([1, 1]);
  });

  test('an answer to a link that has ended begins none', () => {
    const { a, b, broker, timers } = pair();
    broker.fate = losing('B');
    a.to(b).from(1, text('hello'));
    timers.pass(0.1);
    a.to(b).break('on purpose');
    broker.fate = () => [0];
    b.to(a).seated(1, 1, 1, 1);
    timers.pass(0.1);
    expect(a.opened).toHaveLength(1);
    expect(b.broken).toEqual(['the other relay has given up the link']);
  });

  test('a first batch that comes after its link has ended begins none', () => {
    const { a, b, broker, timers } = pair();
    broker.fate = ({ from, bytes }) => (from === 'A' ? [0] : heardOf(bytes) ? [] : [500]);
    b.to(a).from(1, text('late'));
    timers.pass(0.1);
    a.to(b).from(1, text('hello'));
    timers.pass(0.1);
    a.to(b).break('on purpose');
    broker.fate = () => [0];
    b.to(a).from(1, text('refused'));
    timers.pass(1);
    expect(a.opened).toHaveLength(1);
    expect(a.heard).toEqual([]);
  });

  test('a link of which the two ends think differently ends', () => {
    const { a, b, broker, timers, settle } = pair();
    // B begins, and its first batch is late; meanwhile it hears of a link of A that ends at once.
    broker.fate = ({ from, bytes }) => (from === 'A' ? [0] : heardOf(bytes) ? [] : [100]);
    b.to(a).from(1, text('late'));
    settle();
    a.to(b).from(1, text('hello'));
    settle();
    a.to(b).break('on purpose');
    broker.fate = () => [];
    a.to(b).from(1, text('by a link that B does not know'));
    timers.pass(0.11);
    broker.fate = losing('A');
    b.to(a).from(1, text('by the link that A has given up'));
    settle();
    expect(a.broken).toEqual(['on purpose', 'the other relay means another link']);
  });

  test('a run that has ended has no link', () => {
    const { a, b, timers } = pair();
    a.to(b).from(1, text('hello'));
    timers.pass(1);
    a.links.runEnded('B');
    expect(a.broken).toEqual(['the other relay has ended']);
    expect(a.links.size).toBe(0);
  });
});

/** Whether the sender of a batch has heard of the other end. */
function heardOf(bytes: Uint8Array): boolean {
  return readHead(Buffer.from(bytes)).to !== 0;
}

test('without a bus for five seconds, all links break', () => {
  const { a, b, timers, broker } = pair();
  a.to(b).from(1, text('hello'));
  timers.pass(1);
  broker.stop();
  timers.pass(4.9);
  expect(a.broken).toEqual([]);
  timers.pass(0.2);
  expect([a.broken, b.broken].flat()).toEqual(Array(2).fill('no connection to other relays'));
  broker.start();
  a.to(b).from(2, text('a new link'));
  timers.pass(1);
  expect(b.heard.at(-1)).toEqual(['from', 2, 'a new link']);
});

test('the links of a relay that ends are there until the others notice that it has ended', () => {
  const { a, b, timers } = pair();
  a.to(b).from(1, text('hello'));
  timers.pass(1);
  a.links.close();
  timers.pass(0.1);
  expect(a.broken).toEqual(['this relay ends']);
  expect(b.broken).toEqual([]);
  b.links.runEnded('A');
  expect(b.broken).toEqual(['the other relay has ended']);
  expect(timers.running).toBe(0);
});

test('a relay with too many links begins no other, and refuses those of others', () => {
  const timers = new TestTimers();
  const broker = new MemoryBroker(timers);
  const a = new TestRelay(broker, 'A');
  for (let i = 0; i < MAX_LINKS; i++) expect(a.links.to(`run-${i}`)).toBeDefined();
  expect(a.links.to('one-more')).toBeUndefined();
  const b = new TestRelay(broker, 'B');
  b.to(a).from(1, text('hello'));
  timers.pass(0.1);
  expect(b.broken).toEqual(['the other relay has given up the link']);
});

test('acknowledgements alone have no number of their own', () => {
  const { a, b, passed, timers } = pair();
  a.to(b).from(1, text('one'));
  timers.pass(1);
  a.to(b).from(1, text('two'));
  timers.pass(1);
  const heads = passed.map(({ from, bytes }) => ({ by: from, ...readHead(Buffer.from(bytes)) }));
  const numbers = heads.filter(({ by }) => by === 'B').map(({ number }) => number);
  expect(new Set(numbers).size).toBe(1);
  expect(heads.filter(({ flags }) => (flags & FLAG.frames) !== 0)).toHaveLength(2);
});
