import { expect, test } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import { Payload } from '../../../src/protocol/payload.js';
import { AwayPlayer, KEPT_OVERHEAD } from '../../../src/rooms/away-player.js';
import type { PlayerPeer } from '../../../src/rooms/peer.js';
import { TestPlayer, text } from '../../support/peers.js';

const LARGE = 1 << 20;

/** What a player who is back gets, as it is. */
function handedOver(away: AwayPlayer): Payload[] {
  const payloads: Payload[] = [];
  const peer: PlayerPeer = {
    send: (payload) => payloads.push(payload),
    setReading() {},
    close() {},
  };
  away.handOver(peer);
  return payloads;
}

const heard = (away: AwayPlayer): string[] =>
  handedOver(away).map(({ bytes }) => Buffer.from(bytes).toString());

test('what is sent is handed over once, in order, text as text and bytes as bytes', () => {
  const away = new AwayPlayer(LARGE);
  for (let i = 0; i < 100; i++) away.send(new Payload(Buffer.from(`${i}`), i % 2 === 0));
  const payloads = handedOver(away);
  expect(payloads.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(
    Array.from({ length: 100 }, (_, i) => `${i}`),
  );
  expect(payloads.map((payload) => payload.text)).toEqual(
    Array.from({ length: 100 }, (_, i) => i % 2 === 0),
  );
  expect([away.bytes, away.missed, handedOver(away)]).toEqual([0, 0, []]);
});

test('messages of every size are kept', () => {
  const away = new AwayPlayer(LARGE);
  const sizes = [0, 1, 125, 126, 65_535, 65_536, 500_000];
  for (const size of sizes) away.send(new Payload(Buffer.alloc(size, 'x'), true));
  expect(handedOver(away).map(({ bytes }) => bytes.length)).toEqual(sizes);
});

test('up to the bound all is kept; beyond it the oldest goes, and is counted', () => {
  const away = new AwayPlayer(3 * (KEPT_OVERHEAD + 1));
  for (const word of ['a', 'b', 'c']) away.send(text(word));
  expect([away.bytes, away.missed]).toEqual([3 * (KEPT_OVERHEAD + 1), 0]);
  away.send(text('d'));
  expect([away.bytes, away.missed]).toEqual([3 * (KEPT_OVERHEAD + 1), 1]);
  away.send(text('ef'));
  expect([away.missed, heard(away)]).toEqual([3, ['d', 'ef']]);
});

test('one that is larger than the bound is missed, and so is all before it', () => {
  const away = new AwayPlayer(KEPT_OVERHEAD + 10);
  away.send(text('a'));
  away.send(text('x'.repeat(11)));
  expect([away.bytes, away.missed]).toEqual([0, 2]);
  away.send(text('b'));
  expect(heard(away)).toEqual(['b']);
});

test('with no bound to speak of nothing is kept, and all is counted', () => {
  const away = new AwayPlayer(0);
  for (let i = 0; i < 1000; i++) away.send(text(''));
  expect([away.bytes, away.missed, heard(away)]).toEqual([0, 1000, []]);
});

test('empty messages have a bound, too', () => {
  const away = new AwayPlayer(1 << 16);
  for (let i = 0; i < 100_000; i++) away.send(text(''));
  expect(away.bytes).toBeLessThanOrEqual(1 << 16);
  expect(away.missed + handedOver(away).length).toBe(100_000);
});

test('emptied, it counts what it kept, and keeps what comes then', () => {
  const away = new AwayPlayer(2 * (KEPT_OVERHEAD + 1));
  for (const word of ['a', 'b', 'c']) away.send(text(word));
  away.empty();
  expect([away.bytes, away.missed]).toEqual([0, 3]);
  away.send(text('d'));
  expect([away.missed, heard(away)]).toEqual([3, ['d']]);
});

test('a broadcast that several keep is in memory once', () => {
  const seats = Array.from({ length: 3 }, () => new AwayPlayer(LARGE));
  const chunk = Buffer.allocUnsafeSlow(1 << 16).fill('x');
  const payload = new Payload(chunk.subarray(14, 1014), true, 14);
  for (const away of seats) away.send(payload);
  const kept = seats.map((away) => handedOver(away)[0]);
  expect(new Set(kept).size).toBe(1);
  expect(kept[0]?.bytes.buffer.byteLength).toBeLessThan(1100);
  // Who is back and who was here all the time get the same.
  expect(Buffer.compare(kept[0]?.frame as Buffer, payload.frame)).toBe(0);
});

test('closed, it keeps nothing', () => {
  const seat = new AwayPlayer(LARGE);
  seat.send(text('a'));
  seat.setReading();
  seat.close();
  const player = new TestPlayer();
  seat.handOver(player);
  player.close(CLOSINGS.kicked);
  expect([seat.bytes, player.news()]).toEqual([0, [CLOSINGS.kicked]]);
});
