import { describe, expect, test, vi } from 'vitest';
import { resolveEnvironment } from '../../../../src/client/environment.js';
import { PageStore } from '../../../../src/client/storage/page-store.js';
import { MemoryStorage } from '../../../support/memory-storage.js';
import { FakeClock, FakeSocket } from '../fakes.js';
import { Device, delayedChannels, MemoryLocks } from './browser-tabs.js';

describe.each([
  ['with Web Locks', () => new MemoryLocks()],
  ['with a BroadcastChannel alone', () => undefined],
])('%s', (_name, locks) => {
  test('a reloaded page finds its own value, and no other', async () => {
    const device = new Device(locks());
    const [one, two] = [device.openSeat(), device.openSeat()];
    expect(await one.visit('one')).toBe('one');
    expect(await two.visit('two')).toBe('two');
    one.leave();
    expect(await device.openSeat(one.session).visit('new')).toBe('one');
    two.leave();
    expect(await device.openSeat(two.session).visit('new')).toBe('two');
  });

  test('tabs that are reloaded at once find their own values', async () => {
    const device = new Device(locks());
    const tabs = [device.openSeat(), device.openSeat(), device.openSeat()];
    for (const [index, tab] of tabs.entries()) await tab.visit(index);
    for (const tab of tabs) tab.leave();
    const reloaded = tabs.map(({ session }) => device.openSeat(session));
    const found = await Promise.all(reloaded.map((tab) => tab.visit('new')));
    expect(found).toEqual([0, 1, 2]);
  });

  test('a tab that is opened beside others finds nothing', async () => {
    const device = new Device(locks());
    await device.openSeat().visit('one');
    await device.openSeat().visit('two');
    expect(await device.openSeat().visit('three')).toBe('three');
  });

  test('a new tab finds the value of a closed tab', async () => {
    const device = new Device(locks());
    const closed = device.openSeat();
    await closed.visit('closed');
    await device.openSeat().visit('open');
    closed.leave();
    expect(await device.openSeat().visit('new')).toBe('closed');
    expect(await device.openSeat().visit('new')).toBe('new');
  });

  test('of two tabs that are opened at once, one finds the value of a closed tab', async () => {
    const device = new Device(locks());
    const closed = device.openSeat();
    await closed.visit('closed');
    closed.leave();
    const clock = new FakeClock();
    const tabs = [device.openSeat(undefined, clock), device.openSeat(undefined, clock)];
    const visiting = Promise.all(tabs.map((tab) => tab.visit('new')));
    // With Web Locks, one has the lock. With a channel, one has got the request of the other.
    await vi.waitFor(() => expect(clock.timers).toBe(1));
    clock.pass(300);
    expect((await visiting).sort()).toEqual(['closed', 'new']);
  });

  test('a duplicated tab finds nothing, even if the first tab has changed its value', async () => {
    const device = new Device(locks());
    const tab = device.openRoom();
    await tab.visit('a room');
    const copy = new MemoryStorage(tab.session);
    tab.store('the room with one more player');
    expect(await device.openRoom(copy).find()).toBeUndefined();
  });

  test('a value for one tab is not found by another', async () => {
    const device = new Device(locks());
    const tab = device.openRoom();
    await tab.visit('a room');
    tab.leave();
    expect(await device.openRoom().find()).toBeUndefined();
  });

  test('a removed value is not found', async () => {
    const device = new Device(locks());
    const tab = device.openSeat();
    await tab.visit('left');
    tab.remove();
    expect(await device.openSeat(tab.session).find()).toBeUndefined();
    expect([tab.session.length, device.local.length]).toEqual([0, 0]);
  });

  test.each(['release', 'remove'] as const)(
    '%s in one page does not affect the other',
    async (end) => {
      const device = new Device(locks());
      const first = device.openRoom();
      await first.visit('first');
      const second = device.openRoom(first.session);
      expect(await second.visit('second')).toBe('second');
      first[end]();
      expect(await device.openRoom(first.session).find()).toBeUndefined();
      second.release();
      expect(await device.openRoom(first.session).find()).toBe('second');
    },
  );

  test('a page that is restored from the back/forward cache uses its value again', async () => {
    const device = new Device(locks());
    const tab = device.openSeat();
    await tab.visit('cached');
    tab.leave();
    tab.comeBack();
    // It has the lock again when another page has found nothing.
    expect(await device.openRoom().find()).toBeUndefined();
    expect(await device.openSeat().visit('new')).toBe('new');
  });
});

test('of two tabs that request a lock simultaneously, one finds the value of a closed tab', async () => {
  const device = new Device();
  const deliver = delayedChannels();
  const clock = new FakeClock();
  const closed = device.openSeat();
  await closed.visit('closed');
  closed.leave();
  const tabs = [device.openSeat(undefined, clock), device.openSeat(undefined, clock)];
  const visiting = Promise.all(tabs.map((tab) => tab.visit('new')));
  // The tabs use the channel when the request for a Web Lock has failed.
  await new Promise(setImmediate);
  expect(clock.timers).toBe(2);
  deliver();
  expect(clock.timers).toBe(1);
  clock.pass(300);
  expect((await visiting).sort()).toEqual(['closed', 'new']);
});

test('a tab that answers slowly keeps its value', async () => {
  const device = new Device();
  const clock = new FakeClock();
  const slow = device.openSeat();
  await slow.visit('slow');
  const fast = device.openSeat(undefined, clock);
  const visiting = fast.visit('new');
  await vi.waitFor(() => expect(clock.timers).toBe(1));
  // The answer of the other tab arrives just before the timeout.
  clock.pass(999);
  expect(await visiting).toBe('new');
});

test('a page that changes its URL is found under both', async () => {
  const device = new Device(new MemoryLocks());
  const tab = device.openRoom();
  await tab.visit('a room');
  device.path = '/play/lobby';
  tab.leave();
  const reloaded = device.openRoom(tab.session);
  expect(await reloaded.find()).toBe('a room');
  reloaded.release();
  device.path = '/another-game';
  expect(await device.openRoom(tab.session).find()).toBeUndefined();
});

test('with neither Web Locks nor a BroadcastChannel, a tab finds only its own value', async () => {
  const device = new Device();
  vi.stubGlobal('BroadcastChannel', undefined);
  const tab = device.openSeat();
  await tab.visit('one');
  tab.leave();
  expect(await device.openSeat().visit('two')).toBe('two');
  expect(await device.openSeat(tab.session).visit('new')).toBe('one');
});

test('old, unreadable and excess entries are removed, but not the entries of other programs', async () => {
  const device = new Device(new MemoryLocks());
  const now = Date.now();
  const old = { id: 'old', at: now - 86_400_001, value: 'old' };
  // Far enough ahead, however long the test takes.
  const ahead = { id: 'ahead', at: now + 2 * 86_400_000, value: 'ahead' };
  device.local.setItem('lobby-relay seat old', JSON.stringify(old));
  device.local.setItem('lobby-relay seat ahead', JSON.stringify(ahead));
  for (const text of ['', '{', 'null', '[]', '7', '{"id":1}']) {
    device.local.setItem(`lobby-relay seat ${text}`, text);
  }
  device.local.setItem('highscore', '{');
  for (let count = 0; count < 40; count++) {
    const entry = { id: `id ${count}`, at: now - count, value: count };
    device.local.setItem(`lobby-relay another ${count}`, JSON.stringify(entry));
  }
  expect(await device.openSeat().visit('new')).toBe('new');
  expect(device.local.getItem('highscore')).toBe('{');
  expect(device.local.length).toBe(34);
  expect(device.local.getItem('lobby-relay another 31')).not.toBeNull();
  expect(device.local.getItem('lobby-relay another 32')).toBeNull();
});

test('a value is written at most once a second, and once more at the end', () => {
  const storage = new MemoryStorage();
  const clock = new FakeClock();
  const environment = resolveEnvironment({ WebSocket: FakeSocket, storage, clock });
  const store = new PageStore(environment, { name: () => 'room', isShared: false });
  for (let time = 0; time < 10_000; time += 10) {
    store.store(time);
    clock.pass(10);
  }
  expect(storage.writes).toBeLessThanOrEqual(4 + 10);
  expect(storage.writes).toBeGreaterThanOrEqual(10);
  store.store('the last');
  store.release();
  const stored = JSON.parse(storage.getItem('lobby-relay room') ?? '');
  expect([stored.value, clock.timers]).toEqual(['the last', 0]);
});

test('a pending write is done when the page is closed', async () => {
  const device = new Device(new MemoryLocks());
  const tab = device.openSeat();
  for (let count = 1; count <= 10; count++) tab.store(count);
  tab.leave();
  expect(await device.openSeat(tab.session).find()).toBe(10);
});
