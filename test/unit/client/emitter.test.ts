import process from 'node:process';
import { expect, test } from 'vitest';
import { Events } from '../../../src/client/emitter.js';
import { PlayerEvents } from '../../../src/client/host/player-events.js';
import type { Player } from '../../../src/client/index.js';

class Radio extends Events<{ word: [word: string]; number: [number: number] }> {
  constructor() {
    super(['word', 'number']);
  }
  say(word: string): void {
    this.emit('word', word);
  }
  count(number: number): void {
    this.emit('number', number);
  }
}

const aTurn = (): Promise<void> => new Promise((resolve) => queueMicrotask(resolve));

test('events before the first listener are queued for the listeners of that turn, in order', async () => {
  const radio = new Radio();
  radio.say('a');
  radio.count(1);
  radio.say('b');
  const heard: unknown[] = [];
  radio.on('word', (word) => {
    heard.push(word);
    // Comes after what waits.
    if (word === 'a') radio.say('c');
  });
  radio.on('number', (number) => heard.push(number));
  expect(heard).toEqual([]);
  await aTurn();
  expect(heard).toEqual(['a', 1, 'b', 'c']);
  radio.say('d');
  expect(heard.at(-1)).toBe('d');
});

test('the oldest events are dropped if there is never a listener', async () => {
  const radio = new Radio();
  for (let number = 1; number <= 1_030; number++) radio.count(number);
  const heard: number[] = [];
  radio.on('number', (number) => heard.push(number));
  await aTurn();
  expect([heard[0], heard.length]).toEqual([7, 1_024]);
});

test('a listener is called until it is removed, even one that was added twice', async () => {
  const radio = new Radio();
  const heard: string[] = [];
  const listener = (word: string): void => void heard.push(word);
  const end = radio.on('word', listener);
  radio.on('word', listener);
  await aTurn();
  radio.say('a');
  end();
  end();
  radio.say('b');
  expect(heard).toEqual(['a', 'a', 'b']);
});

test('a listener that another listener removes is not called any more', async () => {
  const radio = new Radio();
  const heard: string[] = [];
  radio.on('word', () => end());
  const end = radio.on('word', (word) => heard.push(word));
  await aTurn();
  radio.say('a');
  expect(heard).toEqual([]);
});

test('an exception in a listener does not affect others', async () => {
  const radio = new Radio();
  const heard: string[] = [];
  const failed = new Promise((resolve) => process.once('uncaughtException', resolve));
  const others = process.listeners('uncaughtException').slice(0, -1);
  for (const other of others) process.off('uncaughtException', other);
  radio.on('word', () => {
    throw new Error('a mistake in the game');
  });
  radio.on('word', (word) => heard.push(word));
  await aTurn();
  radio.say('a');
  expect(heard).toEqual(['a']);
  expect(await failed).toMatchObject({ message: 'a mistake in the game' });
  for (const other of others) process.on('uncaughtException', other);
});

test('each kind of event is queued until its own first listener, and delays no other', async () => {
  const radio = new Radio();
  radio.say('a');
  radio.count(1);
  const heard: unknown[] = [];
  radio.on('number', (number) => heard.push(number));
  await aTurn();
  radio.say('b');
  radio.count(2);
  expect(heard).toEqual([1, 2]);
  radio.on('word', (word) => heard.push(word));
  await aTurn();
  radio.say('c');
  expect(heard).toEqual([1, 2, 'a', 'b', 'c']);
});

test('a listener that adds the first one of another kind misses no event', async () => {
  const radio = new Radio();
  radio.say('a');
  radio.count(1);
  const heard: unknown[] = [];
  radio.on('word', (word) => {
    heard.push(word);
    radio.on('number', (number) => void heard.push(number));
  });
  await aTurn();
  await aTurn();
  expect(heard).toEqual(['a', 1]);
});

test('a kind without listeners keeps its latest events, and other kinds lose none', async () => {
  const radio = new Radio();
  radio.say('kept');
  for (let number = 1; number <= 5_000; number++) radio.count(number);
  radio.say('kept, too');
  const heard: unknown[] = [];
  radio.on('word', (word) => heard.push(word));
  await aTurn();
  expect(heard).toEqual(['kept', 'kept, too']);
});

test('queued events are limited in bytes, too', async () => {
  const radio = new Radio();
  const long = 'x'.repeat(200_000);
  for (let n = 0; n < 10; n++) radio.say(`${n}${long}`);
  const heard: string[] = [];
  radio.on('word', (word) => heard.push(word.charAt(0)));
  await aTurn();
  expect(heard).toEqual(['8', '9']);
});

test('one event above that limit is queued alone', async () => {
  const radio = new Radio();
  radio.say('small');
  radio.say('x'.repeat(2_000_000));
  const heard: number[] = [];
  radio.on('word', ({ length }) => heard.push(length));
  await aTurn();
  expect(heard).toEqual([2_000_000]);
});

class Door extends PlayerEvents {
  readonly status = 'open';
  constructor() {
    super(undefined);
  }
  say(name: 'join' | 'away' | 'leave', who: object): void {
    this.emit(name, who as Player);
  }
  hear(who: object, text: string): void {
    this.emit('message', who as Player, text);
  }
}

const [ann, ben] = [{ is: 'ann' }, { is: 'ben' }];

/** Listens to a kind, and writes down what comes. */
function write(door: Door, heard: string[], ...names: ('join' | 'away' | 'leave' | 'message')[]) {
  for (const name of names) {
    door.on(name, (...[who]: readonly unknown[]) => {
      heard.push(`${name} ${(who as typeof ann).is}`);
    });
  }
}

test.each([[['leave', 'join']], [['join', 'leave']]] as const)(
  'listeners that are added in the order %j hear a player leave after the join',
  async (names) => {
    const door = new Door();
    for (const name of ['join', 'away', 'leave'] as const) door.say(name, ann);
    const heard: string[] = [];
    write(door, heard, ...names);
    await aTurn();
    expect(heard).toEqual(['join ann', 'leave ann']);
  },
);

test('a leave before all listeners is queued after the join, which has no listener yet', async () => {
  const door = new Door();
  for (const name of ['join', 'away', 'leave'] as const) door.say(name, ann);
  const heard: string[] = [];
  write(door, heard, 'leave');
  await aTurn();
  expect(heard).toEqual([]);
  write(door, heard, 'join');
  await aTurn();
  expect(heard).toEqual(['join ann', 'leave ann']);
});

test('a leave is delivered without a listener for join, and no join follows it', async () => {
  const door = new Door();
  const heard: string[] = [];
  write(door, heard, 'leave');
  await aTurn();
  for (const name of ['join', 'away', 'leave'] as const) door.say(name, ann);
  expect(heard).toEqual(['leave ann']);
  write(door, heard, 'join', 'away');
  await aTurn();
  door.say('join', ben);
  expect(heard).toEqual(['leave ann', 'join ben']);
});

test('a queued leave follows the other events of the player, even without the join', async () => {
  const door = new Door();
  door.say('join', ann);
  door.hear(ann, 'hello');
  door.say('leave', ann);
  const heard: string[] = [];
  write(door, heard, 'leave', 'message');
  await aTurn();
  expect(heard).toEqual(['message ann', 'leave ann']);
  write(door, heard, 'join');
  await aTurn();
  door.say('join', ben);
  expect(heard).toEqual(['message ann', 'leave ann', 'join ben']);
});

test('events that the code adding listeners causes follow the queued ones', () => {
  const radio = new Radio();
  radio.say('a');
  const heard: string[] = [];
  radio.on('word', (word) => heard.push(word));
  radio.say('b');
  expect(heard).toEqual(['a', 'b']);
});

test('if too many joins are queued, no player leaves without having joined', async () => {
  const door = new Door();
  const players = Array.from({ length: 1_500 }, (_, n) => ({ is: String(n) }));
  for (const player of players) {
    door.say('join', player);
    door.say('leave', player);
  }
  const heard: string[] = [];
  write(door, heard, 'leave', 'join');
  await aTurn();
  expect(heard.length).toBe(2_048);
  expect(heard.slice(0, 2)).toEqual(['join 476', 'leave 476']);
});
