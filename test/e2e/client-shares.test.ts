import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Data, RoomOptions, Seat } from '../../src/client/index.js';
import { json } from '../../src/client/index.js';
import { Cable } from '../support/cable.js';
import { Player } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { startRelay } from '../support/relay.js';
import { RelayProcess } from '../support/relay-process.js';
import { eventsOf, SdkPage } from '../support/sdk-pages.js';

/** Collects messages, shared values and states of a seat, in the order of arrival. */
function inboxOf(seat: Seat): Inbox<unknown> {
  const inbox = new Inbox<unknown>();
  seat.on('message', (message) => inbox.put(message));
  seat.on('shared', (key, value) => inbox.put([key, value]));
  seat.on('state', (state, patch) => inbox.put({ state, patch }));
  return inbox;
}

/** A room whose host can be disconnected, and a URL for its players. */
async function openRoom(options: RoomOptions = {}, page = new SdkPage()) {
  const { url, port } = await startRelay();
  const cable = await Cable.to(port);
  const room = await page.createRoom(`ws://127.0.0.1:${cable.port}`, options);
  const disconnect = async (): Promise<void> => {
    const away = new Promise<void>((resolve) => {
      room.on('status', (status) => status === 'away' && resolve());
    });
    cable.unplug();
    await away;
  };
  const join = (player = new SdkPage(), seatOptions = {}) =>
    player.joinRoom(url, room.code, seatOptions);
  return { url, room, page, cable, disconnect, join };
}

describe('a shared value', () => {
  test('reaches players in order with messages, and late players before messages', async () => {
    const { room, join } = await openRoom();
    room.on('join', (player) => player.send('welcome'));
    const ana = await join();
    const inbox = inboxOf(ana);
    room.share('phase', 'lobby');
    room.send('a message');
    room.share('map', Uint8Array.of(0, 123));
    room.share('phase', 'question 1');
    const all = ['welcome', ['phase', 'lobby'], 'a message', ['map', Uint8Array.of(0, 123)]];
    expect(await inbox.take(5)).toEqual([...all, ['phase', 'question 1']]);
    const ben = await join();
    const late = inboxOf(ben);
    const current: [string, Data][] = [
      ['map', Uint8Array.of(0, 123)],
      ['phase', 'question 1'],
    ];
    expect(await late.take(3)).toEqual([...current, 'welcome']);
    expect([...ben.shared]).toEqual(current);
    expect([...ana.shared]).toEqual(current);
    room.send('end');
    expect([await inbox.next(), await late.next()]).toEqual(['end', 'end']);
  });

  test('is forgotten with `undefined`, also by a player who got it from the relay', async () => {
    const { room, join, cable, disconnect } = await openRoom();
    room.share('a', 'A');
    room.share('b', 'B');
    const ana = await join();
    const inbox = inboxOf(ana);
    room.share('a', undefined);
    room.share('unknown', undefined);
    expect(await inbox.take(3)).toEqual([
      ['a', 'A'],
      ['b', 'B'],
      ['a', undefined],
    ]);
    await disconnect();
    room.share('b', undefined);
    const ben = await join();
    expect([...ben.shared]).toEqual([['b', 'B']]);
    const late = inboxOf(ben);
    cable.plugIn();
    expect(await late.take(2)).toEqual([
      ['b', 'B'],
      ['b', undefined],
    ]);
    expect([...(await join()).shared]).toEqual([]);
    room.send('end');
    expect([await inbox.take(2), await late.next()]).toEqual([[['b', undefined], 'end'], 'end']);
  });

  test('is there for late players while the host is disconnected, and comes once', async () => {
    const { room, join, cable, disconnect } = await openRoom();
    room.share('phase', 'question 1');
    const state = room.shareState({ round: 1 });
    await join();
    await disconnect();
    room.share('phase', 'question 2');
    state.patch({ round: 2 });
    const seat = await join();
    expect([seat.id, seat.shared.get('phase'), seat.state]).toEqual([
      undefined,
      'question 1',
      { round: 1 },
    ]);
    const inbox = inboxOf(seat);
    cable.plugIn();
    await eventsOf(room, 'join').take(2);
    room.send('end');
    expect(await inbox.take(5)).toEqual([
      ['phase', 'question 1'],
      { state: { round: 1 }, patch: undefined },
      { state: { round: 2 }, patch: undefined },
      ['phase', 'question 2'],
      'end',
    ]);
  });

  test('comes again neither after a reconnect of the player nor after one of the host', async () => {
    const { room, join, page } = await openRoom();
    const player = new SdkPage();
    const seat = await join(player);
    const inbox = inboxOf(seat);
    const backs = eventsOf(room, 'back');
    room.share('a', 'A1');
    expect(await inbox.next()).toEqual(['a', 'A1']);
    player.breakConnection();
    room.share('a', 'A2');
    await backs.next();
    const open = new Promise<void>((resolve) => {
      room.on('status', (status) => status === 'open' && resolve());
    });
    page.breakConnection();
    room.share('a', 'A3');
    await open;
    room.send('end');
    expect(await inbox.take(3)).toEqual([['a', 'A2'], ['a', 'A3'], 'end']);
  });

  test('passes through the codec, and one that cannot be decoded is an error', async () => {
    const { room, join } = await openRoom({ codec: json } as RoomOptions);
    room.share('scores', { ana: 1 } as never);
    const seat = await join(new SdkPage(), { codec: json });
    expect(seat.shared.get('scores')).toEqual({ ana: 1 });
    const codec = { ...json, decode: () => JSON.parse('{') };
    const other = await join(new SdkPage(), { codec });
    const error = new Promise((resolve) => other.on('error', resolve));
    room.share('scores', { ana: 2 } as never);
    expect(await error).toMatchObject({ code: 'badMessage' });
    expect(other.shared.size).toBe(0);
  });

  test('is nothing that a plain player gets', async () => {
    const { url, room, join } = await openRoom();
    room.share('before', 'x');
    const plain = await Player.join(url, room.code);
    onTestFinished(() => plain.cut());
    plain.send('hello');
    await eventsOf(room, 'message').next();
    room.share('after', 'x');
    room.shareState({ round: 1 });
    room.send('end');
    expect(await plain.nextText()).toBe('end');
    expect((await join()).shared.size).toBe(2);
  });
});

describe('a reloaded page', () => {
  test('of a player gets the values and the whole state again', async () => {
    const { room, join } = await openRoom();
    const storage = new MemoryStorage();
    const first = new SdkPage({ storage });
    const state = room.shareState<{ round: number; winner?: string }>({ round: 1 });
    room.share('phase', 'one');
    await join(first);
    first.kill();
    await eventsOf(room, 'away').next();
    state.update((draft) => {
      draft.round++;
      draft.winner = 'Ana';
    });
    room.share('phase', 'two');
    const seat = await join(new SdkPage({ storage }));
    expect(seat.state).toEqual({ round: 2, winner: 'Ana' });
    expect(seat.shared.get('phase')).toBe('two');
    const inbox = inboxOf(seat);
    state.patch({ winner: null });
    while (
      JSON.stringify(await inbox.next()) !== '{"state":{"round":2},"patch":{"winner":null}}'
    ) {}
  });

  test('of a host leaves its values for late players until it shares others', async () => {
    const storage = new MemoryStorage();
    const first = new SdkPage({ storage });
    const { url, room, join, cable } = await openRoom({}, first);
    room.share('phase', 'one');
    room.shareState({ round: 1 });
    const ana = await join();
    const inbox = inboxOf(ana);
    expect(await inbox.take(2)).toHaveLength(2);
    first.kill();
    const hostUrl = `ws://127.0.0.1:${cable.port}`;
    const resumed = await new SdkPage({ storage }).createRoom(hostUrl);
    expect(resumed).toMatchObject({ code: room.code, resumed: true });
    const ben = await new SdkPage().joinRoom(url, resumed.code);
    expect([ben.shared.get('phase'), ben.state]).toEqual(['one', { round: 1 }]);
    resumed.share('phase', 'two');
    resumed.shareState({ round: 5 });
    expect(await inbox.take(2)).toEqual([
      ['phase', 'two'],
      { state: { round: 5 }, patch: undefined },
    ]);
    const cleo = await new SdkPage().joinRoom(url, resumed.code);
    expect([cleo.shared.get('phase'), cleo.state]).toEqual(['two', { round: 5 }]);
  });
});

test('values and the state survive a restart of the relay, with the host still disconnected', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lobby-relay-shares-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const options = ['--state-file', join(folder, 'state')];
  const relay = await RelayProcess.start(options);
  const cable = await Cable.to(relay.port);
  const room = await new SdkPage().createRoom(`ws://127.0.0.1:${cable.port}`);
  room.share('phase', 'question 1');
  room.shareState({ round: 1 });
  const joins = eventsOf(room, 'join');
  const ana = await new SdkPage().joinRoom(relay.url, room.code);
  await joins.next();
  const inbox = inboxOf(ana);
  expect((await inbox.take(2)).length).toBe(2);
  cable.unplug();
  relay.signal('SIGTERM');
  await relay.ended;
  const next = await RelayProcess.start([...options, '--port', String(relay.port)]);
  onTestFinished(() => next.stop());
  const ben = await new SdkPage().joinRoom(next.url, room.code);
  expect([ben.shared.get('phase'), ben.state]).toEqual(['question 1', { round: 1 }]);
  cable.plugIn();
  await joins.next();
  room.share('phase', 'question 2');
  expect(await inbox.next()).toEqual(['phase', 'question 2']);
});

test('a player who has lost messages gets the values and the whole state again', async () => {
  const { room, cable } = await openRoom({ buffer: 3_000 });
  const state = room.shareState({ round: 0 });
  room.share('phase', '0');
  const player = await new SdkPage().joinRoom(`ws://127.0.0.1:${cable.port}`, room.code);
  const inbox = inboxOf(player);
  const gaps = new Inbox<number>();
  player.on('gap', (count) => gaps.put(count));
  expect(await inbox.take(2)).toHaveLength(2);
  cable.unplug();
  while (room.status !== 'away') await new Promise(setImmediate);
  for (let round = 1; round <= 100; round++) {
    state.patch({ round });
    room.share('phase', `${round}`);
    room.send('a message');
  }
  cable.plugIn();
  expect(await gaps.next()).toBeGreaterThan(0);
  while (player.shared.get('phase') !== '100' || Object(player.state).round !== 100) {
    await new Promise(setImmediate);
  }
  state.patch({ round: 101 });
  while (Object(player.state).round !== 101) await new Promise(setImmediate);
});

test('a state that the relay cannot store is an error, and players still get it', async () => {
  const { room, join } = await openRoom();
  const errors = eventsOf(room, 'error');
  const large = 'x'.repeat(300_000);
  room.shareState({ large });
  expect(await errors.next()).toMatchObject({ code: 'keep_full' });
  const seat = await join();
  const state = await new Promise((resolve) => seat.on('state', resolve));
  expect(state).toEqual({ large });
});
