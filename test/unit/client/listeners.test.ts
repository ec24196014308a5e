import { expect, test } from 'vitest';
import { Events } from '../../../src/client/emitter.js';
import type { ListenerOptions } from '../../../src/client/index.js';

class Radio extends Events<{ word: [word: string]; number: [number: number] }> {
  constructor() {
    super(['word', 'number']);
  }
  say(word: string): void {
    this.emit('word', word);
  }
}

const aTurn = (): Promise<void> => new Promise((resolve) => queueMicrotask(resolve));

/** A radio with a listener of words already, so that nothing is buffered. */
async function newRadio() {
  const radio = new Radio();
  radio.on('word', () => {});
  await aTurn();
  return radio;
}

test('a listener of `once` is called once, even if it causes the next event', async () => {
  const radio = await newRadio();
  const heard: string[] = [];
  radio.once('word', (word) => {
    heard.push(word);
    radio.say('nested');
  });
  radio.say('a');
  radio.say('b');
  expect(heard).toEqual(['a']);
});

test('listeners of `once` get a buffered event each, and leave the others to later listeners', async () => {
  const radio = new Radio();
  for (const word of ['a', 'b', 'c', 'd']) radio.say(word);
  const heard: string[] = [];
  const hear = (word: string): void => void heard.push(word);
  radio.once('word', hear);
  await aTurn();
  expect(heard).toEqual(['a']);
  expect(await new Promise((resolve) => radio.once('word', resolve))).toBe('b');
  radio.say('e');
  radio.on('word', hear);
  await aTurn();
  expect(heard).toEqual(['a', 'c', 'd', 'e']);
  radio.once('word', hear);
  radio.say('f');
  expect(heard.slice(4)).toEqual(['f', 'f']);
});

test('a listener of `once` that is added by another one gets the next buffered event', async () => {
  const radio = new Radio();
  for (const word of ['a', 'b', 'c']) radio.say(word);
  const heard: string[] = [];
  radio.once('word', (first) => radio.once('word', (second) => void heard.push(first, second)));
  await aTurn();
  expect(heard).toEqual(['a', 'b']);
});

test.each(['on', 'once', 'off'] as const)(
  '`%s` names the events if there is no such one',
  (call) => {
    const radio = new Radio();
    for (const name of ['wrod', 'toString']) {
      expect(() => radio[call](name as never, () => {})).toThrow(
        new TypeError(`there is no event ${name}; there are word, number`),
      );
    }
  },
);

test('`off` removes a listener, however it was added, and no other one', async () => {
  const radio = await newRadio();
  const heard: string[] = [];
  const listener = (word: string): void => void heard.push(word);
  const other = (word: string): void => void heard.push(`other ${word}`);
  radio.on('word', listener);
  radio.on('word', listener);
  radio.once('word', listener);
  radio.on('word', other);
  radio.off('word', listener);
  radio.off('word', listener);
  radio.off('number', listener as never);
  radio.say('a');
  expect(heard).toEqual(['other a']);
});

test.each(['on', 'once'] as const)('an AbortSignal removes a listener of `%s`', async (add) => {
  const radio = await newRadio();
  const controller = new AbortController();
  const options: ListenerOptions = { signal: controller.signal };
  const heard: string[] = [];
  const listener = (word: string): void => void heard.push(word);
  radio[add]('word', listener, options);
  controller.abort();
  radio[add]('word', listener, options);
  radio.say('a');
  expect(heard).toEqual([]);
});

test('a removed listener leaves no handler at its AbortSignal', async () => {
  const radio = await newRadio();
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...all: Parameters<typeof add>) => {
    listeners++;
    add(...all);
  };
  signal.removeEventListener = (...all: Parameters<typeof remove>) => {
    listeners--;
    remove(...all);
  };
  const end = radio.on('word', () => {}, { signal });
  radio.once('word', () => {}, { signal });
  expect(listeners).toBe(2);
  end();
  radio.say('a');
  expect(listeners).toBe(0);
});
