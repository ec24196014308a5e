import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { Channel, type Envelope, NoAnswer } from '../../../src/workers/channel.js';

interface Fact {
  readonly is: string;
}

interface Questions {
  double: { readonly ask: { readonly number: number }; readonly answer: number };
}

function setUp() {
  const sent: unknown[] = [];
  const peer = {
    connected: true,
    send(message: unknown, socket?: Socket): boolean {
      sent.push(socket === undefined ? message : [message, socket]);
      return true;
    },
  };
  return { sent, peer, channel: new Channel<Fact, Questions>(peer as never) };
}

const nextTurn = () => new Promise(setImmediate);

test('the facts of a turn are one message', async () => {
  const { sent, channel } = setUp();
  channel.tell({ is: 'a' });
  channel.tell({ is: 'b' });
  expect(sent).toEqual([]);
  await nextTurn();
  channel.tell({ is: 'c' });
  await nextTurn();
  expect(sent).toEqual([{ facts: [{ is: 'a' }, { is: 'b' }] }, { facts: [{ is: 'c' }] }]);
});

test('everything arrives in the order in which it was sent', () => {
  const { sent, channel } = setUp();
  const socket = {} as Socket;
  channel.tell({ is: 'a' });
  channel.hand({ handOver: 1 }, socket);
  channel.tell({ is: 'b' });
  void channel.ask('double', { number: 2 });
  channel.tell({ is: 'c' });
  channel.tellNow({ is: 'd' });
  expect(sent).toEqual([
    { facts: [{ is: 'a' }] },
    [{ handOver: 1 }, socket],
    { facts: [{ is: 'b' }] },
    { question: 'double', id: 1, ask: { number: 2 } },
    { facts: [{ is: 'c' }, { is: 'd' }] },
  ]);
});

test('a question gets the answer of the other end', async () => {
  const { sent, channel } = setUp();
  const other = setUp();
  const asked = [channel.ask('double', { number: 2 }), channel.ask('double', { number: 3 })];
  for (const message of sent.toReversed() as Extract<Envelope<Fact>, { question: string }>[]) {
    await other.channel.answer<Questions>(message, { double: ({ number }) => 2 * number });
  }
  for (const message of other.sent) channel.answered(message as { answer: number; id: number });
  expect(await Promise.all(asked)).toEqual([4, 6]);
});

test('a question fails when the other end has ended, or does not answer', async () => {
  vi.useFakeTimers();
  try {
    const { channel } = setUp();
    const closed = channel.ask('double', { number: 2 });
    channel.close();
    await expect(closed).rejects.toBeInstanceOf(NoAnswer);
    const late = channel.ask('double', { number: 2 });
    vi.advanceTimersByTime(2000);
    await expect(late).rejects.toBeInstanceOf(NoAnswer);
    channel.answered({ answer: 4, id: 2 });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('nothing is sent to a process that has ended', () => {
  const { sent, peer, channel } = setUp();
  peer.connected = false;
  channel.tellNow({ is: 'a' });
  expect(sent).toEqual([]);
});
