import { describe, expect, test } from 'vitest';
import type { MessageError } from '../../../src/client/errors/message-error.js';
import { GameEvents } from '../../../src/client/game-events.js';
import { type Codec, json, type ListenerOptions, type Status } from '../../../src/client/index.js';

interface RadioEvents {
  message: [message: unknown];
  error: [error: MessageError];
  close: [];
}

/** A seat without a connection. */
class Radio extends GameEvents<RadioEvents> {
  status: Status = 'open';
  constructor(codec?: Codec) {
    super(['message', 'error', 'close'], codec);
  }
  say(message: unknown): void {
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

/** What a loop over all messages gets. */
async function all(messages: AsyncIterable<unknown>): Promise<unknown[]> {
  const heard: unknown[] = [];
  for await (const message of messages) heard.push(message);
  return heard;
}

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a loop over messages', () => {
  test('gets buffered and new messages in order, and ends with the room', async () => {
    const radio = new Radio();
    radio.say(1);
    const heard = all(radio.messages());
    radio.say(2);
    await aTurn();
    radio.say(3);
    radio.close();
    expect(await heard).toEqual([1, 2, 3]);
  });

  test('gets messages that were buffered before the end, after it', async () => {
    const radio = new Radio();
    radio.say(1);
    radio.close();
    expect(await all(radio.messages())).toEqual([1]);
    expect(await all(radio.messages())).toEqual([]);
  });

  test('removes its listener when it is left', async () => {
    const radio = new Radio();
    const messages = radio.messages();
    radio.say(1);
    for await (const message of messages) {
      expect(message).toBe(1);
      break;
    }
    radio.say(2);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  test('ends with its AbortSignal', async () => {
    const radio = new Radio();
    const controller = new AbortController();
    const heard = all(radio.messages({ signal: controller.signal }));
    radio.say(1);
    await aTurn();
    controller.abort();
    radio.say(2);
    expect(await heard).toEqual([1]);
    expect(await all(radio.messages({ signal: controller.signal }))).toEqual([]);
  });

  test.each([
    ['messages', 1, 1_024],
    ['bytes', new Uint8Array(262_144), 4],
  ])(
    'that is too slow gets the buffered messages, and then throws, by %s',
    async (_name, message, most) => {
      const radio = new Radio();
      const messages = radio.messages();
      await aTurn();
      for (let count = 0; count < most + 10; count++) radio.say(message);
      for (let count = 0; count < most; count++) expect((await messages.next()).done).toBeFalsy();
      await expect(messages.next()).rejects.toThrow(RangeError);
      expect((await messages.next()).done).toBe(true);
    },
  );

  test('settles several calls of `next` in order', async () => {
    const radio = new Radio();
    const messages = radio.messages();
    await aTurn();
    const results = Promise.all([messages.next(), messages.next(), messages.next()]);
    radio.say(1);
    radio.say(2);
    radio.close();
    expect((await results).map(({ value }) => value)).toEqual([1, 2, undefined]);
  });
});

describe('a message that the codec cannot decode', () => {
  const bad = ['{', Uint8Array.of(1)];

  test('causes an error event, and no message', async () => {
    const radio = new Radio(json);
    const heard: unknown[] = [];
    const errors: string[] = [];
    radio.on('message', (message) => heard.push(message));
    radio.on('error', ({ code }) => errors.push(code));
    await aTurn();
    for (const message of [...bad, '{"a":1}', 'null']) radio.say(message);
    expect(heard).toEqual([{ a: 1 }, null]);
    expect(errors).toEqual(['badMessage', 'badMessage']);
  });

  test('is skipped by a loop', async () => {
    const radio = new Radio(json);
    radio.on('error', () => {});
    for (const message of [...bad, '7']) radio.say(message);
    const heard = all(radio.messages());
    await aTurn();
    radio.close();
    expect(await heard).toEqual([7]);
  });

  test('is decoded once for several listeners, when it is delivered', async () => {
    let decoded = 0;
    const radio = new Radio({
      ...json,
      decode: () => ++decoded,
    });
    radio.say('1');
    expect(decoded).toBe(0);
    radio.on('message', () => {});
    radio.on('message', () => {});
    await aTurn();
    expect(decoded).toBe(1);
  });
});

test.each([[undefined], [() => {}], [Symbol('s')]])('JSON refuses to send %s', (message) => {
  expect(() => json.encode(message)).toThrow(TypeError);
});
