import { describe, expect, test } from 'vitest';
import type { MessageError } from '../../../src/client/errors/message-error.js';
import { GameEvents } from '../../../src/client/game-events.js';
import { type Codec, json, type ListenerOptions, type Status } from '../../../src/client/index.js';

interface TestEventMap {
  message: [message: unknown];
  error: [error: MessageError];
  close: [];
}

/** A seat without a connection. */
class TestEvents extends GameEvents<TestEventMap> {
  status: Status = 'open';
  constructor(codec?: Codec) {
    super(['message', 'error', 'close'], codec);
  }
  emitMessage(message: unknown): void {
    this.emit('message', message);
  }
  close(): void {
    this.status = 'closed';
    this.emit('close');
  }
  messages(options?: ListenerOptions): AsyncIterableIterator<unknown> {
    return this.iterate(([message]) => message, options);
  }
}

/** Collects the messages of a loop. */
async function all(messages: AsyncIterable<unknown>): Promise<unknown[]> {
  const received: unknown[] = [];
  for await (const message of messages) received.push(message);
  return received;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a loop over messages', () => {
  test('gets buffered and new messages in order, and ends with the room', async () => {
    const events = new TestEvents();
    events.emitMessage(1);
    const received = all(events.messages());
    events.emitMessage(2);
    await nextTurn();
    events.emitMessage(3);
    events.close();
    expect(await received).toEqual([1, 2, 3]);
  });

  test('that starts after the end gets the messages that were buffered before it', async () => {
    const events = new TestEvents();
    events.emitMessage(1);
    events.close();
    expect(await all(events.messages())).toEqual([1]);
    expect(await all(events.messages())).toEqual([]);
  });

  test('removes its listener when it is left', async () => {
    const events = new TestEvents();
    const messages = events.messages();
    events.emitMessage(1);
    for await (const message of messages) {
      expect(message).toBe(1);
      break;
    }
    events.emitMessage(2);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  test('ends with its AbortSignal', async () => {
    const events = new TestEvents();
    const controller = new AbortController();
    const received = all(events.messages({ signal: controller.signal }));
    events.emitMessage(1);
    await nextTurn();
    controller.abort();
    events.emitMessage(2);
    expect(await received).toEqual([1]);
    expect(await all(events.messages({ signal: controller.signal }))).toEqual([]);
  });

  test.each([
    ['messages', 1, 1_024],
    ['bytes', new Uint8Array(262_144), 4],
  ])(
    'that is too slow gets the buffered messages, and then throws (limit of %s)',
    async (_name, message, max) => {
      const events = new TestEvents();
      const messages = events.messages();
      await nextTurn();
      for (let count = 0; count < max + 10; count++) events.emitMessage(message);
      for (let count = 0; count < max; count++) expect((await messages.next()).done).toBeFalsy();
      await expect(messages.next()).rejects.toThrow(RangeError);
      expect((await messages.next()).done).toBe(true);
    },
  );

  test('settles several calls of `next` in order', async () => {
    const events = new TestEvents();
    const messages = events.messages();
    await nextTurn();
    const results = Promise.all([messages.next(), messages.next(), messages.next()]);
    events.emitMessage(1);
    events.emitMessage(2);
    events.close();
    expect((await results).map(({ value }) => value)).toEqual([1, 2, undefined]);
  });
});

describe('a message that the codec cannot decode', () => {
  const bad = ['{', Uint8Array.of(1)];

  test('causes an error event, and no message', async () => {
    const events = new TestEvents(json);
    const received: unknown[] = [];
    const errors: string[] = [];
    events.on('message', (message) => received.push(message));
    events.on('error', ({ code }) => errors.push(code));
    await nextTurn();
    for (const message of [...bad, '{"a":1}', 'null']) events.emitMessage(message);
    expect(received).toEqual([{ a: 1 }, null]);
    expect(errors).toEqual(['badMessage', 'badMessage']);
  });

  test('is skipped by a loop', async () => {
    const events = new TestEvents(json);
    events.on('error', () => {});
    for (const message of [...bad, '7']) events.emitMessage(message);
    const received = all(events.messages());
    await nextTurn();
    events.close();
    expect(await received).toEqual([7]);
  });

  test('is decoded once for several listeners, when it is delivered', async () => {
    let decoded = 0;
    const events = new TestEvents({
      ...json,
      decode: () => ++decoded,
    });
    events.emitMessage('1');
    expect(decoded).toBe(0);
    events.on('message', () => {});
    events.on('message', () => {});
    await nextTurn();
    expect(decoded).toBe(1);
  });
});

test.each([[undefined], [() => {}], [Symbol('s')]])('JSON refuses to send %s', (message) => {
  expect(() => json.encode(message)).toThrow(TypeError);
});
