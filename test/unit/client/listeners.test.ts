import { expect, test } from 'vitest';
import { Events } from '../../../src/client/emitter.js';
import type { ListenerOptions } from '../../../src/client/index.js';
import { nextTurn } from './fakes.js';

class TestEmitter extends Events<{ word: [word: string]; number: [number: number] }> {
  constructor() {
    super(['word', 'number']);
  }
  emitWord(word: string): void {
    this.emit('word', word);
  }
}

/** An emitter that has a listener already, so that it buffers nothing. */
async function newEmitter() {
  const emitter = new TestEmitter();
  emitter.on('word', () => {});
  await nextTurn();
  return emitter;
}

test('a listener of `once` is called once, even if it emits the next event', async () => {
  const emitter = await newEmitter();
  const received: string[] = [];
  emitter.once('word', (word) => {
    received.push(word);
    emitter.emitWord('nested');
  });
  emitter.emitWord('a');
  emitter.emitWord('b');
  expect(received).toEqual(['a']);
});

test('listeners of `once` get a buffered event each, and leave the others to later listeners', async () => {
  const emitter = new TestEmitter();
  for (const word of ['a', 'b', 'c', 'd']) emitter.emitWord(word);
  const received: string[] = [];
  const receive = (word: string): void => void received.push(word);
  emitter.once('word', receive);
  await nextTurn();
  expect(received).toEqual(['a']);
  expect(await new Promise((resolve) => emitter.once('word', resolve))).toBe('b');
  emitter.emitWord('e');
  emitter.on('word', receive);
  await nextTurn();
  expect(received).toEqual(['a', 'c', 'd', 'e']);
  emitter.once('word', receive);
  emitter.emitWord('f');
  expect(received.slice(4)).toEqual(['f', 'f']);
});

test('a listener of `once` that is added by another one gets the next buffered event', async () => {
  const emitter = new TestEmitter();
  for (const word of ['a', 'b', 'c']) emitter.emitWord(word);
  const received: string[] = [];
  emitter.once('word', (first) =>
    emitter.once('word', (second) => void received.push(first, second)),
  );
  await nextTurn();
  expect(received).toEqual(['a', 'b']);
});

test.each(['on', 'once', 'off'] as const)(
  '`%s` throws an error that lists the events, if there is no such event',
  (call) => {
    const emitter = new TestEmitter();
    for (const name of ['wrod', 'toString']) {
      expect(() => emitter[call](name as never, () => {})).toThrow(
        new TypeError(`there is no event ${name}; there are word, number`),
      );
    }
  },
);

test('`off` removes a listener, however it was added, and no other one', async () => {
  const emitter = await newEmitter();
  const received: string[] = [];
  const listener = (word: string): void => void received.push(word);
  const other = (word: string): void => void received.push(`other ${word}`);
  emitter.on('word', listener);
  emitter.on('word', listener);
  emitter.once('word', listener);
  emitter.on('word', other);
  emitter.off('word', listener);
  emitter.off('word', listener);
  emitter.off('number', listener as never);
  emitter.emitWord('a');
  expect(received).toEqual(['other a']);
});

test.each(['on', 'once'] as const)('an AbortSignal removes a listener of `%s`', async (add) => {
  const emitter = await newEmitter();
  const controller = new AbortController();
  const options: ListenerOptions = { signal: controller.signal };
  const received: string[] = [];
  const listener = (word: string): void => void received.push(word);
  emitter[add]('word', listener, options);
  controller.abort();
  emitter[add]('word', listener, options);
  emitter.emitWord('a');
  expect(received).toEqual([]);
});

test('a removed listener leaves no handler at its AbortSignal', async () => {
  const emitter = await newEmitter();
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
  const end = emitter.on('word', () => {}, { signal });
  emitter.once('word', () => {}, { signal });
  expect(listeners).toBe(2);
  end();
  emitter.emitWord('a');
  expect(listeners).toBe(0);
});
