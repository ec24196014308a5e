import { expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { Payload } from '../../../src/protocol/payload.js';
import { MESSAGE_OVERHEAD, OfflineBuffer } from '../../../src/rooms/offline-buffer.js';
import type { PlayerPeer } from '../../../src/rooms/peer.js';
import { TestPlayer, text } from '../../support/peers.js';

const LARGE = 1 << 20;

/** Records the messages that a reconnected player receives. */
function drained(buffer: OfflineBuffer): Payload[] {
  const payloads: Payload[] = [];
  const peer: PlayerPeer = {
    send: (payload) => payloads.push(payload),
    setReading() {},
    close() {},
  };
  buffer.drainTo(peer);
  return payloads;
}

const received = (buffer: OfflineBuffer): string[] =>
  drained(buffer).map(({ bytes }) => Buffer.from(bytes).toString());

test('messages are delivered once, in order, text as text and bytes as bytes', () => {
  const buffer = new OfflineBuffer(LARGE);
  for (let i = 0; i < 100; i++) buffer.send(new Payload(Buffer.from(`${i}`), i % 2 === 0));
  const payloads = drained(buffer);
  expect(payloads.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(
    Array.from({ length: 100 }, (_, i) => `${i}`),
  );
  expect(payloads.map((payload) => payload.text)).toEqual(
    Array.from({ length: 100 }, (_, i) => i % 2 === 0),
  );
  expect([buffer.bytes, buffer.missed, drained(buffer)]).toEqual([0, 0, []]);
});

test('messages of all sizes are buffered', () => {
  const buffer = new OfflineBuffer(LARGE);
  const sizes = [0, 1, 125, 126, 65_535, 65_536, 500_000];
  for (const size of sizes) buffer.send(new Payload(Buffer.alloc(size, 'x'), true));
  expect(drained(buffer).map(({ bytes }) => bytes.length)).toEqual(sizes);
});

test('above the limit, the oldest messages are dropped and counted', () => {
  const buffer = new OfflineBuffer(3 * (MESSAGE_OVERHEAD + 1));
  for (const word of ['a', 'b', 'c']) buffer.send(text(word));
  expect([buffer.bytes, buffer.missed]).toEqual([3 * (MESSAGE_OVERHEAD + 1), 0]);
  buffer.send(text('d'));
  expect([buffer.bytes, buffer.missed]).toEqual([3 * (MESSAGE_OVERHEAD + 1), 1]);
  buffer.send(text('ef'));
  expect([buffer.missed, received(buffer)]).toEqual([3, ['d', 'ef']]);
});

test('a message above the limit is dropped, and so are all earlier ones', () => {
  const buffer = new OfflineBuffer(MESSAGE_OVERHEAD + 10);
  buffer.send(text('a'));
  buffer.send(text('x'.repeat(11)));
  expect([buffer.bytes, buffer.missed]).toEqual([0, 2]);
  buffer.send(text('b'));
  expect(received(buffer)).toEqual(['b']);
});

test('with a capacity of 0 every message is dropped and counted', () => {
  const buffer = new OfflineBuffer(0);
  for (let i = 0; i < 1000; i++) buffer.send(text(''));
  expect([buffer.bytes, buffer.missed, received(buffer)]).toEqual([0, 1000, []]);
});

test('empty messages are limited, too', () => {
  const buffer = new OfflineBuffer(1 << 16);
  for (let i = 0; i < 100_000; i++) buffer.send(text(''));
  expect(buffer.bytes).toBeLessThanOrEqual(1 << 16);
  expect(buffer.missed + drained(buffer).length).toBe(100_000);
});

test('an evicted buffer counts what it dropped, and buffers later messages', () => {
  const buffer = new OfflineBuffer(2 * (MESSAGE_OVERHEAD + 1));
  for (const word of ['a', 'b', 'c']) buffer.send(text(word));
  buffer.evict();
  expect([buffer.bytes, buffer.missed]).toEqual([0, 3]);
  buffer.send(text('d'));
  expect([buffer.missed, received(buffer)]).toEqual([3, ['d']]);
});

test('a broadcast in several buffers is in memory once', () => {
  const seats = Array.from({ length: 3 }, () => new OfflineBuffer(LARGE));
  const chunk = Buffer.allocUnsafeSlow(1 << 16).fill('x');
  const payload = new Payload(chunk.subarray(14, 1014), true, 14);
  for (const buffer of seats) buffer.send(payload);
  const kept = seats.map((buffer) => drained(buffer)[0]);
  expect(new Set(kept).size).toBe(1);
  expect(kept[0]?.bytes.buffer.byteLength).toBeLessThan(1100);
  // Reconnected and connected players receive the same.
  expect(Buffer.compare(kept[0]?.frame as Buffer, payload.frame)).toBe(0);
});

test('a closed buffer stores nothing', () => {
  const seat = new OfflineBuffer(LARGE);
  seat.send(text('a'));
  seat.close();
  const player = new TestPlayer();
  seat.drainTo(player);
  player.close(CLOSE_REASONS.kicked);
  expect([seat.bytes, player.takeCalls()]).toEqual([0, [CLOSE_REASONS.kicked]]);
});
