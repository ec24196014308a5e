import { expect, test } from 'vitest';
import {
  type Greeting,
  readGreeting,
  writeGreeting,
  writeMessage,
} from '../../../src/client/exactly-once/envelope.js';
import { type Data, joinRoom, type KeyStorage, type Seat } from '../../../src/client/index.js';
import { type FakeClock, FakeSocket, newTab, stillEnvironment } from './fakes.js';

const NOTHING = { ask: 0, had: 0, answer: 0, origin: 0, next: 0, player: 0 };

/** Anybody can write one: it names a player, as a host's does, and is for nobody here. */
const FORGED = writeGreeting({ ...NOTHING, from: 9, to: 8, ask: 1, player: 3 });

/** A plain host's bytes that look like a message in an envelope. */
const BYTES = writeMessage({ kind: 'bytes', body: Uint8Array.of(7) });

interface Joined {
  readonly seat: Seat;
  readonly clock: FakeClock;
  readonly heard: Data[];
}

/** A seat, and what its game hears; `first` is what comes before anything else. */
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
  const heard: Data[] = [];
  seat.on('message', (data) => heard.push(data));
  await Promise.resolve();
  return { seat, clock, heard };
}

/** A page whose host has this SDK: the page after it in this tab knows that. */
async function joinExact(tab: KeyStorage): Promise<Joined> {
  const joined = await join(tab);
  greet();
  return joined;
}

/** The host greets this page. */
function greet(more: Partial<Greeting> = {}): void {
  const greeting = { ...NOTHING, from: 9, to: mark(), ask: 1, player: 3 };
  FakeSocket.last.receive(writeGreeting({ ...greeting, ...more }));
}

/** What the page calls itself in its greetings. */
function mark(): number {
  return greetings().at(-1)?.from ?? 0;
}

/** What the page has sent on its latest line. */
function greetings(): Greeting[] {
  const { sent } = FakeSocket.last;
  return sent.flatMap((data) => (typeof data === 'string' ? [] : (readGreeting(data) ?? [])));
}

test('a greeting for the page before, which was never greeted, is none for the game', async () => {
  const answer = { ...NOTHING, from: 9, to: 8, ask: 1, answer: 2, next: 1, player: 3 };
  expect((await join(null, writeGreeting(answer))).heard).toEqual([]);
});

test('neither are the messages that follow such a greeting', async () => {
  expect((await join(null, FORGED, BYTES)).heard).toEqual([]);
});

test("another player's greeting, passed on by a plain host, is a message like any other", async () => {
  const greeting = writeGreeting({ ...NOTHING, from: 9, to: 0, ask: 2 });
  expect((await join(null, greeting)).heard).toEqual([greeting]);
});

test('a forged greeting that a plain host passes on makes nobody deaf, mute or of another name', async () => {
  const tab = newTab();
  const { seat, clock, heard } = await join(tab, 'welcome', FORGED, 'question 1', BYTES);
  clock.pass(5_000);
  FakeSocket.last.receive(FORGED);
  FakeSocket.last.receive(BYTES);
  FakeSocket.last.receive('question 2');
  expect(heard).toEqual(['welcome', 'question 1', BYTES, BYTES, 'question 2']);
  seat.send('answer');
  expect(FakeSocket.last.sent.at(-1)).toBe('answer');
  expect(seat.id).toBeUndefined();
  expect((await join(tab, BYTES)).heard).toEqual([BYTES]);
});

test('a plain host that passes on forged greetings is not asked for each of them', async () => {
  const { clock } = await join(null);
  const before = greetings().length;
  for (let round = 0; round < 10; round++) {
    FakeSocket.last.receive(FORGED);
    clock.pass(1_000);
  }
  expect(greetings().length - before).toBe(1);
});

test('a host that is back and greets the page before is asked until it greets this one', async () => {
  const tab = newTab();
  await joinExact(tab);
  const { seat, clock, heard } = await join(tab);
  for (let round = 0; round < 3; round++) {
    const before = greetings().length;
    clock.pass(10_000);
    FakeSocket.last.receive(FORGED);
    clock.pass(500);
    expect(greetings().length - before).toBe(1);
  }
  greet();
  expect(seat.id).toBe(3);
  expect(heard).toEqual([]);
});

test('frames for the page before are none for the game, as long as they may come', async () => {
  const tab = newTab();
  await joinExact(tab);
  const { clock, heard } = await join(tab, BYTES);
  clock.pass(29_000);
  FakeSocket.last.receive(BYTES);
  expect(heard).toEqual([]);
  clock.pass(500);
  FakeSocket.last.receive(BYTES);
  expect(heard).toEqual([BYTES]);
});

test.each([
  ['text', 'I am plain'],
  ['bytes that are no frame', Uint8Array.of(200, 1)],
])('a host that was known to have the SDK and sends %s is plain', async (_name, data) => {
  const tab = newTab();
  await joinExact(tab);
  expect((await join(tab, data, BYTES)).heard).toEqual([data, BYTES]);
  expect((await join(tab, BYTES)).heard).toEqual([BYTES]);
});

test.each([
  ['restart', () => greet({ from: 10 })],
  ['gap', () => greet({ answer: greetings().at(-1)?.ask ?? 0, next: 5 })],
] as const)('whoever leaves at a %s has left, and leaves nothing behind', async (name, happen) => {
  const tab = newTab();
  const { seat } = await join(tab);
  if (name === 'restart') greet();
  const key = new URL(FakeSocket.last.url).searchParams.get('seat');
  const said: string[] = [];
  seat.on(name, () => seat.leave());
  seat.on('status', (status) => said.push(status));
  seat.on('close', () => said.push('close'));
  happen();
  expect(said).toEqual(['closed', 'close']);
  expect(seat.status).toBe('closed');
  await join(tab);
  expect(new URL(FakeSocket.last.url).searchParams.get('seat')).not.toBe(key);
});

test('whoever leaves when the line is there again hears no message after the close', async () => {
  const { seat, clock, heard } = await join(null, 'welcome');
  seat.on('status', (status) => status === 'open' && seat.leave());
  FakeSocket.last.lose();
  clock.pass(1_000);
  FakeSocket.last.open();
  FakeSocket.last.receive('too late');
  expect(seat.status).toBe('closed');
  expect(heard).toEqual(['welcome']);
});
