import { beforeEach, expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { Payload } from '../../../src/protocol/payload.js';
import { HostOfflineBuffer } from '../../../src/rooms/host-offline-buffer.js';
import type { PlayerId } from '../../../src/rooms/ids.js';
import { MESSAGE_OVERHEAD } from '../../../src/rooms/offline-buffer.js';
import type { PresenceEvent } from '../../../src/rooms/room-event.js';
import { type PeerCall, TestHost, text } from '../../support/peers.js';

const ONE = 1 as PlayerId;
let fulls: number;
beforeEach(() => {
  fulls = 0;
});

function buffer(bound: number): HostOfflineBuffer {
  return new HostOfflineBuffer(bound, () => fulls++);
}

function drained(buffered: HostOfflineBuffer): PeerCall[] {
  const back = new TestHost();
  buffered.drainTo(back);
  return back.takeCalls();
}

const TYPES: Record<string, PresenceEvent['type']> = {
  joined: 'playerJoined',
  left: 'playerLeft',
  disconnected: 'playerDisconnected',
  reconnected: 'playerReconnected',
};

const presence = (words: string): PresenceEvent => {
  const [player, what = ''] = words.split(' ');
  const type = TYPES[what] as PresenceEvent['type'];
  const id = Number(player) as PlayerId;
  return type === 'playerReconnected' ? { type, player: id, missed: 0 } : { type, player: id };
};

test('events and messages are delivered once, in order', () => {
  const buffered = buffer(1 << 20);
  buffered.event(presence('1 joined'));
  buffered.message(ONE, text('hi'));
  buffered.event(presence('1 left'));
  expect(drained(buffered)).toEqual([
    presence('1 joined'),
    { from: 1, text: 'hi' },
    presence('1 left'),
  ]);
  expect([drained(buffered), buffered.bytes, fulls]).toEqual([[], 0, 0]);
});

test('it reports once that it is full, and drops nothing that is still added', () => {
  const buffered = buffer(2 * MESSAGE_OVERHEAD + 4);
  buffered.message(ONE, text('ab'));
  expect(fulls).toBe(0);
  buffered.message(ONE, text('cd'));
  expect([fulls, buffered.bytes]).toEqual([1, 2 * MESSAGE_OVERHEAD + 4]);
  buffered.message(ONE, text('ef'));
  expect(fulls).toBe(1);
  expect(drained(buffered)).toEqual(['ab', 'cd', 'ef'].map((words) => ({ from: 1, text: words })));
});

test.each([
  ['1 disconnected, 1 reconnected', ''],
  ['1 reconnected, 1 disconnected', ''],
  ['1 disconnected, 1 reconnected, 1 disconnected', '1 disconnected'],
  ['1 disconnected, 1 left', '1 left'],
  ['1 reconnected, 1 left', '1 left'],
  ['1 disconnected, 1 reconnected, 1 left', '1 left'],
  [
    '1 disconnected, 2 disconnected, 3 reconnected, 1 reconnected, 1 disconnected',
    '2 disconnected, 3 reconnected, 1 disconnected',
  ],
  ['1 left, 2 disconnected, 2 reconnected', '1 left'],
])('when it is full, the events %s become: %s', (events, remaining) => {
  const buffered = buffer(1);
  buffered.message(ONE, text('full'));
  for (const event of events.split(', ')) buffered.event(presence(event));
  const expected = remaining === '' ? [] : remaining.split(', ').map(presence);
  expect(drained(buffered)).toEqual([{ from: 1, text: 'full' }, ...expected]);
});

test('players who reconnect in a loop do not fill the memory', () => {
  const buffered = buffer(10 * MESSAGE_OVERHEAD);
  for (let i = 0; i < 10_001; i++)
    buffered.event(presence(`1 ${i % 2 === 0 ? 'disconnected' : 'reconnected'}`));
  expect(buffered.bytes).toBe(10 * MESSAGE_OVERHEAD);
  expect(drained(buffered)).toHaveLength(11);
});

test('players who say something else about themselves in a loop do not fill the memory either', () => {
  const buffered = buffer(10 * MESSAGE_OVERHEAD);
  const about = 'x'.repeat(1000);
  for (let i = 0; i < 1000; i++) buffered.event({ type: 'aboutChanged', player: ONE, about });
  expect(buffered.bytes).toBeLessThan(12 * MESSAGE_OVERHEAD + about.length);
  expect(drained(buffered).at(0)).toEqual({ type: 'aboutChanged', player: ONE, about });
});

test('events that report missed messages are always delivered', () => {
  const buffered = buffer(1);
  buffered.message(ONE, text('full'));
  buffered.event({ type: 'playerReconnected', player: ONE, missed: 3 });
  buffered.event(presence('1 disconnected'));
  expect(drained(buffered).slice(1)).toEqual([
    { type: 'playerReconnected', player: ONE, missed: 3 },
    presence('1 disconnected'),
  ]);
});

test('a message does not retain the chunk that it arrived in', () => {
  const buffered = buffer(1 << 20);
  const chunk = Buffer.allocUnsafeSlow(1 << 16);
  buffered.message(ONE, new Payload(chunk.subarray(6, 106), false));
  const back = new TestHost();
  let memory = 0;
  back.message = (_, { bytes }) => {
    memory = bytes.buffer.byteLength;
  };
  buffered.drainTo(back);
  expect(memory).toBeGreaterThanOrEqual(100);
  expect(memory).toBeLessThan(200);
});

test('a closed buffer stores nothing', () => {
  const buffered = buffer(1);
  buffered.message(ONE, text('full'));
  buffered.event(presence('1 disconnected'));
  buffered.close();
  const back = new TestHost();
  buffered.drainTo(back);
  back.close(CLOSE_REASONS.hostGone);
  expect([buffered.bytes, back.takeCalls()]).toEqual([0, [CLOSE_REASONS.hostGone]]);
});

test('messages of one player can be dropped, with their bytes', () => {
  const buffered = buffer(1 << 20);
  const two = 2 as PlayerId;
  buffered.message(ONE, text('an old one'));
  buffered.message(two, text('of another player'));
  buffered.event(presence('1 reconnected'));
  buffered.forgetMessages(ONE);
  buffered.message(ONE, text('a new one'));
  const length = 'of another player'.length + 'a new one'.length;
  expect(buffered.bytes).toBe(3 * MESSAGE_OVERHEAD + length);
  expect(drained(buffered)).toEqual([
    { from: 2, text: 'of another player' },
    presence('1 reconnected'),
    { from: 1, text: 'a new one' },
  ]);
});

test('events keep their order when messages are dropped from a full buffer', () => {
  const buffered = buffer(2 * MESSAGE_OVERHEAD);
  buffered.message(ONE, text('a'));
  buffered.message(ONE, text('b'));
  buffered.event(presence('2 disconnected'));
  buffered.forgetMessages(ONE);
  buffered.event(presence('2 reconnected'));
  buffered.event(presence('2 disconnected'));
  expect(drained(buffered)).toEqual([presence('2 disconnected')]);
  expect(fulls).toBe(1);
});
