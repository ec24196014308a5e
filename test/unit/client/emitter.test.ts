import process from 'node:process';
import { expect, test } from 'vitest';
import { Events } from '../../../src/client/emitter.js';
import { PlayerEvents } from '../../../src/client/host/player-events.js';
import type { Player } from '../../../src/client/index.js';
import { nextTurn } from './fakes.js';

class TestEmitter extends Events<{ word: [word: string]; number: [number: number] }> {
  constructor() {
    super(['word', 'number']);
  }
  emitWord(word: string): void {
    this.emit('word', word);
  }
  emitNumber(number: number): void {
    this.emit('number', number);
  }
}

test('events before the first listener are buffered, and delivered in order after the current turn', async () => {
  const emitter = new TestEmitter();
  emitter.emitWord('a');
  emitter.emitNumber(1);
  emitter.emitWord('b');
  const received: unknown[] = [];
  emitter.on('word', (word) => {
    received.push(word);
    // Is delivered after the buffered events.
    if (word === 'a') emitter.emitWord('c');
  });
  emitter.on('number', (number) => received.push(number));
  expect(received).toEqual([]);
  await nextTurn();
  expect(received).toEqual(['a', 1, 'b', 'c']);
  emitter.emitWord('d');
  expect(received.at(-1)).toBe('d');
});

test('the oldest events are dropped if there is never a listener', async () => {
  const emitter = new TestEmitter();
  for (let number = 1; number <= 1_030; number++) emitter.emitNumber(number);
  const received: number[] = [];
  emitter.on('number', (number) => received.push(number));
  await nextTurn();
  expect([received[0], received.length]).toEqual([7, 1_024]);
});

test('a listener that was added twice is called twice, until it is removed', async () => {
  const emitter = new TestEmitter();
  const received: string[] = [];
  const listener = (word: string): void => void received.push(word);
  const end = emitter.on('word', listener);
  emitter.on('word', listener);
  await nextTurn();
  emitter.emitWord('a');
  end();
  end();
  emitter.emitWord('b');
  expect(received).toEqual(['a', 'a', 'b']);
});

test('a listener that another listener removes is not called any more', async () => {
  const emitter = new TestEmitter();
  const received: string[] = [];
  emitter.on('word', () => end());
  const end = emitter.on('word', (word) => received.push(word));
  await nextTurn();
  emitter.emitWord('a');
  expect(received).toEqual([]);
});

test('an exception in a listener does not affect others', async () => {
  const emitter = new TestEmitter();
  const received: string[] = [];
  const failed = new Promise((resolve) => process.once('uncaughtException', resolve));
  const others = process.listeners('uncaughtException').slice(0, -1);
  for (const other of others) process.off('uncaughtException', other);
  emitter.on('word', () => {
    throw new Error('a mistake in the game');
  });
  emitter.on('word', (word) => received.push(word));
  await nextTurn();
  emitter.emitWord('a');
  expect(received).toEqual(['a']);
  expect(await failed).toMatchObject({ message: 'a mistake in the game' });
  for (const other of others) process.on('uncaughtException', other);
});

test('each kind of event is buffered until its own first listener, and delays no other kind', async () => {
  const emitter = new TestEmitter();
  emitter.emitWord('a');
  emitter.emitNumber(1);
  const received: unknown[] = [];
  emitter.on('number', (number) => received.push(number));
  await nextTurn();
  emitter.emitWord('b');
  emitter.emitNumber(2);
  expect(received).toEqual([1, 2]);
  emitter.on('word', (word) => received.push(word));
  await nextTurn();
  emitter.emitWord('c');
  expect(received).toEqual([1, 2, 'a', 'b', 'c']);
});

test('a listener that adds the first listener of another kind causes no loss of events', async () => {
  const emitter = new TestEmitter();
  emitter.emitWord('a');
  emitter.emitNumber(1);
  const received: unknown[] = [];
  emitter.on('word', (word) => {
    received.push(word);
    emitter.on('number', (number) => void received.push(number));
  });
  await nextTurn();
  await nextTurn();
  expect(received).toEqual(['a', 1]);
});

test('many events of a kind without listeners do not displace events of other kinds', async () => {
  const emitter = new TestEmitter();
  emitter.emitWord('kept');
  for (let number = 1; number <= 5_000; number++) emitter.emitNumber(number);
  emitter.emitWord('kept, too');
  const received: unknown[] = [];
  emitter.on('word', (word) => received.push(word));
  await nextTurn();
  expect(received).toEqual(['kept', 'kept, too']);
});

test('the messages in buffered events are limited in bytes', async () => {
  const emitter = new TestEmitter();
  const long = 'x'.repeat(200_000);
  for (let n = 0; n < 10; n++) emitter.emitWord(`${n}${long}`);
  const received: string[] = [];
  emitter.on('word', (word) => received.push(word.charAt(0)));
  await nextTurn();
  expect(received).toEqual(['8', '9']);
});

test('one message above that limit is buffered alone', async () => {
  const emitter = new TestEmitter();
  emitter.emitWord('small');
  emitter.emitWord('x'.repeat(2_000_000));
  const received: number[] = [];
  emitter.on('word', ({ length }) => received.push(length));
  await nextTurn();
  expect(received).toEqual([2_000_000]);
});

class TestPlayerEvents extends PlayerEvents {
  readonly status = 'open';
  constructor() {
    super(undefined);
  }
  emitPlayer(name: 'join' | 'away' | 'leave', player: object): void {
    this.emit(name, player as Player);
  }
  emitMessage(player: object, text: string): void {
    this.emit('message', player as Player, text);
  }
}

const [ann, ben] = [{ name: 'ann' }, { name: 'ben' }];

/** Records the events of these kinds. */
function record(
  events: TestPlayerEvents,
  received: string[],
  ...names: ('join' | 'away' | 'leave' | 'message')[]
) {
  for (const name of names) {
    events.on(name, (...[player]: readonly unknown[]) => {
      received.push(`${name} ${(player as typeof ann).name}`);
    });
  }
}

test.each([[['leave', 'join']], [['join', 'leave']]] as const)(
  'listeners that are added in the order %j get the leave of a player after the join',
  async (names) => {
    const events = new TestPlayerEvents();
    for (const name of ['join', 'away', 'leave'] as const) events.emitPlayer(name, ann);
    const received: string[] = [];
    record(events, received, ...names);
    await nextTurn();
    expect(received).toEqual(['join ann', 'leave ann']);
  },
);

test('a buffered leave is delivered after the join, even if its listener is added first', async () => {
  const events = new TestPlayerEvents();
  for (const name of ['join', 'away', 'leave'] as const) events.emitPlayer(name, ann);
  const received: string[] = [];
  record(events, received, 'leave');
  await nextTurn();
  expect(received).toEqual([]);
  record(events, received, 'join');
  await nextTurn();
  expect(received).toEqual(['join ann', 'leave ann']);
});

test('a leave is delivered without a listener for join, and no join follows it', async () => {
  const events = new TestPlayerEvents();
  const received: string[] = [];
  record(events, received, 'leave');
  await nextTurn();
  for (const name of ['join', 'away', 'leave'] as const) events.emitPlayer(name, ann);
  expect(received).toEqual(['leave ann']);
  record(events, received, 'join', 'away');
  await nextTurn();
  events.emitPlayer('join', ben);
  expect(received).toEqual(['leave ann', 'join ben']);
});

test('a buffered leave is delivered after other events of the player, even without a listener for join', async () => {
  const events = new TestPlayerEvents();
  events.emitPlayer('join', ann);
  events.emitMessage(ann, 'hello');
  events.emitPlayer('leave', ann);
  const received: string[] = [];
  record(events, received, 'leave', 'message');
  await nextTurn();
  expect(received).toEqual(['message ann', 'leave ann']);
  record(events, received, 'join');
  await nextTurn();
  events.emitPlayer('join', ben);
  expect(received).toEqual(['message ann', 'leave ann', 'join ben']);
});

test('events that the code that adds listeners emits are delivered after the buffered ones', () => {
  const emitter = new TestEmitter();
  emitter.emitWord('a');
  const received: string[] = [];
  emitter.on('word', (word) => received.push(word));
  emitter.emitWord('b');
  expect(received).toEqual(['a', 'b']);
});

test('if buffered joins are dropped, so are the leaves of their players', async () => {
  const events = new TestPlayerEvents();
  const players = Array.from({ length: 1_500 }, (_, n) => ({ name: String(n) }));
  for (const player of players) {
    events.emitPlayer('join', player);
    events.emitPlayer('leave', player);
  }
  const received: string[] = [];
  record(events, received, 'leave', 'join');
  await nextTurn();
  expect(received.length).toBe(2_048);
  expect(received.slice(0, 2)).toEqual(['join 476', 'leave 476']);
});
