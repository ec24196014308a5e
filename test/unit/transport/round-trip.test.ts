import { expect, test } from 'vitest';
import { RoundTrip } from '../../../src/transport/round-trip.js';

test('the time ends with the pong that has the data of the ping', () => {
  const trip = new RoundTrip();
  const ping = Buffer.from(trip.start(100));
  expect(trip.end(Buffer.alloc(0), 110)).toBeUndefined();
  expect(trip.end(Buffer.alloc(8), 110)).toBeUndefined();
  expect(trip.end(ping, 125)).toBe(25);
  expect(trip.end(ping, 130)).toBeUndefined();
});

test('every ping has other data, and only the latest counts', () => {
  const trip = new RoundTrip();
  const [first, second] = [Buffer.from(trip.start(0)), Buffer.from(trip.start(10))];
  expect(first.equals(second)).toBe(false);
  expect(trip.end(first, 20)).toBeUndefined();
  expect(trip.end(second, 20)).toBe(10);
});

test('a measurement can be cancelled', () => {
  const trip = new RoundTrip();
  const ping = trip.start(0);
  trip.cancel();
  expect(trip.end(ping, 10)).toBeUndefined();
});
