import { describe, expect, test, vi } from 'vitest';
import {
  type Data,
  type HostStatus,
  joinRoom,
  type KeyStorage,
  type Seat,
} from '../../../../src/client/index.js';
import {
  type Greeting,
  readFrame,
  readGreeting,
  writeAck,
  writeGreeting,
  writeMessage,
} from '../../../../src/client/session/envelope.js';
import { toSharedSignal, toStoredFrame } from '../../../../src/client/shared/item.js';
import { MemoryStorage } from '../../../support/memory-storage.js';
import { EMPTY_GREETING, type FakeClock, FakeSocket, stillEnvironment } from '../fakes.js';

/** A greeting that any player can forge: it has a player's id, like a host's, and unknown marks. */
const FORGED = writeGreeting({ ...EMPTY_GREETING, from: 9, to: 8, question: 1, player: 3 });

/** Bytes of a plain host that look like a wrapped message. */
const BYTES = writeMessage({ kind: 'bytes', body: Uint8Array.of(7) });

interface Joined {
  readonly seat: Seat;
  readonly clock: FakeClock;
  readonly received: Data[];
}

/** Joins, and records the messages that the game gets. `first` arrives before everything else. */
async function join(
  storage: KeyStorage | null,
  ...first: (string | Uint8Array)[]
): Promise<Joined> {
  const { WebSocket, clock } = stillEnvironment();
  const joined = joinRoom('ws://relay', 'BCDF', { WebSocket, clock, storage });
  await Promise.resolve();
  await Promise.resolve();
  FakeSocket.last.open();
  for (const data of first) FakeSocket.last.receive(data);
  clock.pass(500);
  const seat = await joined;
  const received: Data[] = [];
  seat.on('message', (data) => received.push(data));
  await Promise.resolve();
  return { seat, clock, received };
}

/** Joins a host that uses the SDK, which is stored for the next page in this tab. */
async function joinExact(tab: KeyStorage): Promise<Joined> {
  const joined = await join(tab);
  greet();
  return joined;
}

/** The host greets this page. */
function greet(more: Partial<Greeting> = {}): void {
  const greeting = { ...EMPTY_GREETING, from: 9, to: mark(), question: 1, player: 3 };
  FakeSocket.last.receive(writeGreeting({ ...greeting, ...more }));
}

/** Returns the host's answer to the latest question of the page. */
function answerOf(): Greeting {
  return {
    ...EMPTY_GREETING,
    from: 9,
    to: mark(),
    answer: greetings().at(-1)?.question ?? 0,
    next: 1,
    player: 3,
  };
}

/** Returns the mark in the greetings of the page. */
function mark(): number {
  return greetings().at(-1)?.from ?? 0;
}

/** The greetings that the page has sent on its latest connection. */
function greetings(): Greeting[] {
  const { sent } = FakeSocket.last;
  return sent.flatMap((data) => (typeof data === 'string' ? [] : (readGreeting(data) ?? [])));
}

test('a greeting to an earlier page is not delivered to the game', async () => {
  const answer = { ...EMPTY_GREETING, from: 9, to: 8, question: 1, answer: 2, next: 1, player: 3 };
  expect((await join(null, writeGreeting(answer))).received).toEqual([]);
});

test('messages after such a greeting are not delivered either', async () => {
  expect((await join(null, FORGED, BYTES)).received).toEqual([]);
});

test('a greeting of another player that a plain host forwards is an ordinary message', async () => {
  const greeting = writeGreeting({ ...EMPTY_GREETING, from: 9, to: 0, question: 2 });
  expect((await join(null, greeting)).received).toEqual([greeting]);
});

test('a forged greeting that a plain host forwards does not change receiving, sending, or the id', async () => {
  const tab = new MemoryStorage();
  const { seat, clock, received } = await join(tab, 'welcome', FORGED, 'question 1', BYTES);
  clock.pass(5_000);
  FakeSocket.last.receive(FORGED);
  FakeSocket.last.receive(BYTES);
  FakeSocket.last.receive('question 2');
  expect(received).toEqual(['welcome', 'question 1', BYTES, BYTES, 'question 2']);
  seat.send('answer');
  expect(FakeSocket.last.sent.at(-1)).toBe('answer');
  expect(seat.id).toBeUndefined();
  expect((await join(tab, BYTES)).received).toEqual([BYTES]);
});

test('a plain host that forwards forged greetings gets one question, not one for each', async () => {
  const { clock } = await join(null);
  const before = greetings().length;
  for (let round = 0; round < 10; round++) {
    FakeSocket.last.receive(FORGED);
    clock.pass(1_000);
  }
  expect(greetings().length - before).toBe(1);
});

test('a host that greets the earlier page gets questions until it greets this one', async () => {
  const tab = new MemoryStorage();
  await joinExact(tab);
  const { seat, clock, received } = await join(tab);
  for (let round = 0; round < 3; round++) {
    const before = greetings().length;
    clock.pass(10_000);
    FakeSocket.last.receive(FORGED);
    clock.pass(500);
    expect(greetings().length - before).toBe(1);
  }
  greet();
  expect(seat.id).toBe(3);
  expect(received).toEqual([]);
});

test('frames for the earlier page are not delivered, for as long as they may arrive', async () => {
  const tab = new MemoryStorage();
  await joinExact(tab);
  const { clock, received } = await join(tab, BYTES);
  clock.pass(29_000);
  FakeSocket.last.receive(BYTES);
  expect(received).toEqual([]);
  clock.pass(500);
  FakeSocket.last.receive(BYTES);
  expect(received).toEqual([BYTES]);
});

test.each([
  ['text', 'plain'],
  ['bytes that are not a frame', Uint8Array.of(200, 1)],
])('a host that used the SDK before and sends %s is plain', async (_name, data) => {
  const tab = new MemoryStorage();
  await joinExact(tab);
  expect((await join(tab, data, BYTES)).received).toEqual([data, BYTES]);
  expect((await join(tab, BYTES)).received).toEqual([BYTES]);
});

test.each([
  ['restart', () => greet({ from: 10 })],
  ['gap', () => greet({ answer: greetings().at(-1)?.question ?? 0, next: 5 })],
] as const)(
  'leaving during the event %s closes the seat, and deletes the key',
  async (name, trigger) => {
    const tab = new MemoryStorage();
    const { seat } = await join(tab);
    if (name === 'restart') greet();
    const key = new URL(FakeSocket.last.url).searchParams.get('seat');
    const statuses: string[] = [];
    seat.on(name, () => seat.leave());
    seat.on('status', (status) => statuses.push(status));
    seat.on('close', () => statuses.push('close'));
    trigger();
    expect(statuses).toEqual(['open', 'closed', 'close']);
    expect(seat.status).toBe('closed');
    await join(tab);
    expect(new URL(FakeSocket.last.url).searchParams.get('seat')).not.toBe(key);
  },
);

test('leaving during the reconnect delivers no message after the close', async () => {
  const { seat, clock, received } = await join(null, 'welcome');
  seat.on('status', (status) => status === 'open' && seat.leave());
  FakeSocket.last.lose();
  clock.pass(1_000);
  FakeSocket.last.open();
  FakeSocket.last.receive('too late');
  expect(seat.status).toBe('closed');
  expect(received).toEqual(['welcome']);
});

describe('a seat queries the relay', () => {
  /** Sets the relay's answers; the returned mock counts the requests. */
  function answer(info: object, status = 200) {
    const request = vi.fn(async (_url: string) => Response.json(info, { status }));
    vi.stubGlobal('fetch', request);
    return request;
  }

  /** Advances the time by this number of seconds, and lets promises settle. */
  async function pass(clock: FakeClock, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      clock.pass(1_000);
      // A body is read in a turn of its own.
      await new Promise(setImmediate);
    }
  }

  test('about a host that does not answer, and stays connected while the host is disconnected', async () => {
    const { seat, clock } = await joinExact(new MemoryStorage());
    const statuses: HostStatus[] = [];
    seat.on('host', (status) => statuses.push(status));
    const requests = answer({ host: 'disconnected', seat: 'connected' });
    FakeSocket.last.receive(writeGreeting(answerOf()));
    await pass(clock, 32);
    expect([statuses, seat.host, FakeSocket.all.length]).toEqual([
      ['disconnected'],
      'disconnected',
      1,
    ]);
    await pass(clock, 3_600);
    expect([FakeSocket.all.length, requests.mock.calls.length < 15]).toEqual([1, true]);
    expect(requests.mock.calls[0]?.[0]).toMatch(
      /^http:\/\/relay\/BCDF\?format=json&seat=[\w-]{16,64}$/,
    );
    greet();
    expect(seat.host).toBe('disconnected');
    FakeSocket.last.receive(writeGreeting(answerOf()));
    expect([statuses, seat.host]).toEqual([['disconnected', 'connected'], 'connected']);
  });

  test('and reconnects if the host is connected and does not answer', async () => {
    const { clock } = await joinExact(new MemoryStorage());
    FakeSocket.last.receive(writeGreeting(answerOf()));
    answer({ host: 'connected', seat: 'connected' });
    await pass(clock, 33);
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('a few seconds after it has sent a message that is not acknowledged', async () => {
    const { seat, clock } = await joinExact(new MemoryStorage());
    FakeSocket.last.receive(writeGreeting(answerOf()));
    const requests = answer({ host: 'disconnected', seat: 'connected' });
    for (let count = 0; count < 1_000; count++) seat.send('x');
    await pass(clock, 6);
    expect([seat.host, requests.mock.calls.length]).toEqual(['disconnected', 1]);
    for (let second = 0; second < 15; second++) {
      seat.send('y');
      await pass(clock, 1);
    }
    expect(requests).toHaveBeenCalledTimes(1);
  });

  test('just as early for a message after an acknowledged one', async () => {
    const { seat, clock } = await joinExact(new MemoryStorage());
    FakeSocket.last.receive(writeGreeting(answerOf()));
    answer({ host: 'disconnected', seat: 'connected' });
    seat.send('acknowledged');
    await pass(clock, 1);
    FakeSocket.last.receive(writeAck(1));
    seat.send('not acknowledged');
    await pass(clock, 4);
    expect(seat.host).toBe('connected');
    await pass(clock, 1);
    expect(seat.host).toBe('disconnected');
  });

  test('about a plain host once a minute at most, and stays connected', async () => {
    const { clock, seat } = await join(null, 'plain');
    const requests = answer({ host: 'connected', seat: 'connected' });
    await pass(clock, 3_600);
    expect(requests.mock.calls.length).toBeGreaterThan(50);
    expect(requests.mock.calls.length).toBeLessThan(65);
    expect([FakeSocket.all.length, seat.status, seat.host]).toEqual([1, 'open', 'connected']);
  });

  test.each([
    ['the relay has no connection for it', { seat: 'disconnected' }, 200, 2],
    ['the room has ended', {}, 404, 2],
    ['the room has no reconnect window', { host: 'connected' }, 200, 1],
    ['it has sent too many requests', {}, 429, 1],
  ])('and reconnects to a plain host, or not, if %s', async (_name, info, status, connections) => {
    const { clock } = await join(null, 'plain');
    answer(info, status);
    await pass(clock, 26);
    expect(FakeSocket.all).toHaveLength(connections);
  });

  test.each([
    ['a size that is not a number', { max_message: 'x' }],
    ['a negative size', { max_message: -1 }],
    ['an invalid host', { host: 7, seat: {} }],
    ['a number', 7],
    ['null', null],
  ])('and ignores %s', async (_name, info) => {
    answer(info as object);
    const { WebSocket, clock } = stillEnvironment();
    answer(info as object);
    const joined = joinRoom('ws://relay', 'BCDF', { WebSocket, clock, storage: null });
    await pass(clock, 0);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    FakeSocket.last.open();
    FakeSocket.last.receive('plain');
    const seat = await joined;
    seat.send('x'.repeat(100_000));
    expect(seat.host).toBe('connected');
  });
});

test.each([
  [0, 'an earlier version of the SDK, which would take time frames for messages', 0],
  [1, 'this version', 8],
])(
  'a host whose notice has the origin %i is of %s, and gets %i time frames',
  async (origin, _version, count) => {
    const { seat, clock } = await join(null);
    greet();
    FakeSocket.last.receive(
      writeGreeting({ ...EMPTY_GREETING, from: 9, to: mark(), next: 1_000, origin }),
    );
    FakeSocket.last.receive(writeGreeting(answerOf()));
    for (let round = 0; round < 10; round++) {
      clock.pass(5_000);
      seat.send(`message ${round}`);
      FakeSocket.last.receive(BYTES);
    }
    const frames = FakeSocket.last.sent.map((frame) => readFrame(frame as Uint8Array));
    expect(frames.filter((frame) => frame === undefined)).toEqual([]);
    expect(frames.filter((frame) => frame?.is === 'time')).toHaveLength(count);
  },
);

test('of states that nobody listens to, only the latest are buffered, up to a size', async () => {
  const { seat } = await join(null);
  const content = new TextEncoder().encode(JSON.stringify({ text: 'x'.repeat(300_000) }));
  for (let number = 1; number <= 10; number++) {
    const item = toSharedSignal({ kind: 'state', mark: 7, number, key: '', content });
    FakeSocket.last.receive(toStoredFrame(item));
  }
  const states: unknown[] = [];
  seat.on('state', (state) => states.push(state));
  await Promise.resolve();
  expect(states).toHaveLength(3);
  expect(states.at(-1)).toBe(seat.state);
});

test('a seat that has ended leaves no timers', async () => {
  const { seat, clock } = await joinExact(new MemoryStorage());
  FakeSocket.last.receive(writeGreeting(answerOf()));
  seat.send('not acknowledged');
  expect(clock.timers).toBeGreaterThan(0);
  seat.leave();
  expect(clock.timers).toBe(0);
});
