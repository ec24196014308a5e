import process from 'node:process';
import { expect, test } from 'vitest';
import { Events } from '../../../src/client/emitter.js';

class Radio extends Events<{ word: [word: string]; number: [number: number] }> {
  say(word: string): void {
    this.emit('word', word);
  }
  count(number: number): void {
    this.emit('number', number);
  }
}

const aTurn = (): Promise<void> => new Promise((resolve) => queueMicrotask(resolve));

test('events before the first listener wait for the listeners of that turn, in order', async () => {
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

test('the oldest events go if nobody ever listens', async () => {
  const radio = new Radio();
  for (let number = 1; number <= 1_030; number++) radio.count(number);
  const heard: number[] = [];
  radio.on('number', (number) => heard.push(number));
  await aTurn();
  expect([heard[0], heard.length]).toEqual([7, 1_024]);
});

test('a listener is called until it is ended, even one that was added twice', async () => {
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

test('a listener that another one ends is not called any more', async () => {
  const radio = new Radio();
  const heard: string[] = [];
  radio.on('word', () => end());
  const end = radio.on('word', (word) => heard.push(word));
  await aTurn();
  radio.say('a');
  expect(heard).toEqual([]);
});

test('a listener that fails hinders no other', async () => {
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
