import { expect, test } from 'vitest';
import type { Channel } from '../../../../src/dialects/signaling/channel.js';
import { CHANNEL_TIME, Channels } from '../../../../src/dialects/signaling/channels.js';
import { Slots } from '../../../../src/limits/slots.js';

const KIB = 1024;
const A = '192.0.2.1';
const B = '192.0.2.2';

function setup({ channels = 100, bytes = 1000 * KIB, perAddress = 1000 * KIB } = {}) {
  const isExempt = () => false;
  const places = new Slots({ perAddress: 10, perNetwork: 20, total: channels, isExempt });
  const budget = new Slots({ perAddress, perNetwork: bytes, total: bytes, isExempt });
  const events: string[] = [];
  const observer = {
    channelOpened: ({ number }: { number: number }) => void events.push(`opened ${number}`),
    channelExpired: ({ number }: Channel) => void events.push(`expired ${number}`),
  };
  return { channels: new Channels({ places, budget, observer }), places, budget, events };
}

function created(channels: Channels, address = A, now = 0): Channel {
  const channel = channels.create(address, now);
  if (channel === undefined) throw new Error('refused');
  return channel;
}

test('a channel has a random id', () => {
  const { channels } = setup();
  const ids = [created(channels).id, created(channels).id];
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(channels.find(id, 0)?.id).toBe(id);
  }
  expect(channels.find('', 0)).toBeUndefined();
});

test('a channel expires 300 seconds after its creation, even if it is in use', () => {
  const { channels, places, budget, events } = setup();
  const channel = created(channels, A, 5000);
  const later = created(channels, B, 6000);
  channel.putOffer('o');
  expect(channels.find(channel.id, 5000 + CHANNEL_TIME - 1)).toBe(channel);
  channel.putOffer('again');
  expect(channels.find(channel.id, 305_000)).toBeUndefined();
  expect(channels.find(later.id, 305_000)).toBe(later);
  expect(places.used).toBe(1);
  expect(budget.used).toBe(later.bytes);
  channels.expire(306_000);
  expect([channels.size, places.used, budget.used]).toEqual([0, 0, 0]);
  expect(events).toEqual(['opened 1', 'opened 2', 'expired 1', 'expired 2']);
});

test('the number of channels is limited per address and in total', () => {
  const { channels, places } = setup({ channels: 15 });
  for (let i = 0; i < 10; i++) created(channels, A);
  expect(channels.create(A, 0)).toBeUndefined();
  for (let i = 0; i < 5; i++) created(channels, B);
  expect(channels.create(B, 0)).toBeUndefined();
  expect([channels.size, places.used]).toEqual([15, 15]);
  created(channels, A, CHANNEL_TIME);
  expect(channels.size).toBe(1);
});

test('a channel above the byte limit takes no slot', () => {
  const { channels, places } = setup({ bytes: 2 * KIB });
  created(channels);
  created(channels);
  expect(channels.create(A, 0)).toBeUndefined();
  expect(places.used).toBe(2);
});

test('one channel stores up to 256 KiB', () => {
  const { channels, budget } = setup();
  const channel = created(channels);
  expect(channel.putOffer('x'.repeat(60 * KIB))).toBe(true);
  expect(channel.putAnswer('x'.repeat(60 * KIB))).toBe(true);
  expect(channel.addCandidate('x'.repeat(10 * KIB))).toBe(false);
  expect(channel.addCandidate('x'.repeat(7 * KIB))).toBe(true);
  expect(channel.candidates.size).toBe(1);
  expect(channel.bytes).toBeLessThanOrEqual(256 * KIB);
  expect(budget.used).toBe(channel.bytes);
});

test('a replaced offer frees its bytes, and one that does not fit replaces nothing', () => {
  const { channels, budget } = setup();
  const channel = created(channels);
  const empty = channel.bytes;
  expect(channel.putOffer('x'.repeat(50 * KIB))).toBe(true);
  for (let i = 0; i < 10; i++) expect(channel.putOffer('y'.repeat(100 * KIB))).toBe(true);
  expect(channel.putOffer('z'.repeat(130 * KIB))).toBe(false);
  expect(channel.offer?.[0]).toBe('y');
  expect(channel.putOffer('')).toBe(true);
  expect(channel.bytes).toBeLessThan(empty + 100);
  expect(budget.used).toBe(channel.bytes);
});

test('candidates keep their order, and equal ones are stored once', () => {
  const { channels } = setup();
  const channel = created(channels);
  for (const json of ['"b"', '"a"', '"b"', 'null']) expect(channel.addCandidate(json)).toBe(true);
  expect([...channel.candidates]).toEqual(['"b"', '"a"', 'null']);
});

test('one channel stores up to 256 candidates', () => {
  const { channels } = setup();
  const channel = created(channels);
  for (let i = 0; i < 256; i++) expect(channel.addCandidate(`${i}`)).toBe(true);
  expect(channel.addCandidate('256')).toBe(false);
  expect(channel.addCandidate('0')).toBe(true);
  expect(channel.candidates.size).toBe(256);
});

test("the bytes of the creator's address are limited, whoever fills its channels", () => {
  const { channels } = setup({ perAddress: 100 * KIB });
  expect(created(channels, A).putOffer('x'.repeat(40 * KIB))).toBe(true);
  expect(created(channels, A).putOffer('x'.repeat(40 * KIB))).toBe(false);
  expect(created(channels, B).putOffer('x'.repeat(40 * KIB))).toBe(true);
});
