import { expect, test } from 'vitest';
import type { Room, Seat } from '../../src/client/index.js';
import { Cable } from '../support/cable.js';
import { Player as PlainPlayer } from '../support/clients.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { startRelay } from '../support/relay.js';
import { clockAt, eventsOf, SdkPage } from '../support/sdk-pages.js';

/** The difference between the estimate and the host's clock. There is none before a measurement. */
async function errorOf(room: Room, seat: Seat): Promise<number> {
  while (seat.hostTime() === undefined) await new Promise(setImmediate);
  return (seat.hostTime() as number) - room.time();
}

/** How wrong the estimate may be, on a busy machine. The clocks differ by much more. */
const TOLERANCE = 2_000;

test('the host knows round-trip times, and players know the time of the host', async () => {
  const { url } = await startRelay();
  const room = await new SdkPage({ clock: clockAt(5e6) }).createRoom(url);
  const seat = await new SdkPage().joinRoom(url, room.code);
  const [player] = room.players;
  expect(Math.abs(await errorOf(room, seat))).toBeLessThan(TOLERANCE);
  while (player?.rtt === undefined) await new Promise(setImmediate);
  expect(player.rtt).toBeGreaterThanOrEqual(0);
  expect(player.rtt).toBeLessThan(TOLERANCE);
});

test('a player without the SDK has no round-trip time', async () => {
  const { url } = await startRelay();
  const room = await new SdkPage().createRoom(url);
  const joins = eventsOf(room, 'join');
  await PlainPlayer.join(url, room.code);
  expect((await joins.next()).rtt).toBeUndefined();
});

test('the estimate outlives broken connections of both ends', async () => {
  const { url, port } = await startRelay();
  const [hostCable, phoneCable] = [await Cable.to(port), await Cable.to(port)];
  const via = (cable: Cable) => `ws://127.0.0.1:${cable.port}`;
  const room = await new SdkPage({ clock: clockAt(5e6) }).createRoom(via(hostCable));
  const seat = await new SdkPage().joinRoom(via(phoneCable), room.code);
  await errorOf(room, seat);
  const message = new Promise((resolve) => seat.once('message', resolve));
  for (const cable of [hostCable, phoneCable]) cable.cut();
  room.send('after the cut');
  expect(await message).toBe('after the cut');
  expect(Math.abs(await errorOf(room, seat))).toBeLessThan(TOLERANCE);
  expect(url).toContain(String(port));
});

test('a reloaded page of the host has another clock', async () => {
  const { url } = await startRelay();
  const storage = new MemoryStorage();
  const first = new SdkPage({ storage, clock: clockAt(5e6) });
  const before = await first.createRoom(url);
  const seat = await new SdkPage().joinRoom(url, before.code);
  await errorOf(before, seat);
  const restarted = new Promise<number | undefined>((resolve) => {
    seat.on('restart', () => resolve(seat.hostTime()));
  });
  first.kill();
  const room = await new SdkPage({ storage, clock: clockAt(9e6) }).createRoom(url);
  expect(await restarted).toBeUndefined();
  expect(Math.abs(await errorOf(room, seat))).toBeLessThan(TOLERANCE);
});
