import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { Room } from '../../../src/rooms/room.js';
import { Rooms } from '../../../src/rooms/rooms.js';
import type { Seat } from '../../../src/rooms/seat.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import { parseState } from '../../../src/state/saved-state.js';
import { StateFile } from '../../../src/state/state-file.js';
import { StateStore } from '../../../src/state/state-store.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { join as joinRoom, LIMITS, openRoom } from '../../support/rooms.js';

const INTERVAL = 1000;

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'state-'));
  path = join(directory, 'state');
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The rooms and the store of a relay, with a clock that the test controls. */
function kept(file = path) {
  const log: (string | [path: string, reason: string])[] = [];
  const rooms = new Rooms(LIMITS);
  const store = new StateStore(file, () => rooms.all, {
    stateFileRenamed: (aside, reason) => log.push([aside, reason]),
    stateFileFailed: (error) => log.push((error as NodeJS.ErrnoException).code ?? String(error)),
  });
  rooms.onChange((room) => store.changed(room));
  const write = vi.spyOn(StateFile.prototype, 'write');
  return {
    log,
    rooms,
    store,
    writes: () => write.mock.calls.length,
    /** Lets the time pass in which at most one write begins, and waits for its end. */
    async interval() {
      vi.advanceTimersByTime(INTERVAL);
      await Promise.allSettled(write.mock.results.map(({ value }) => value));
    },
  };
}

function open(rooms: Rooms, hold: number): { room: Room; host: TestHost } {
  const host = new TestHost();
  const settings = { maxPlayers: 1000, name: 'quiz', reconnectWindow: hold };
  return { room: openRoom(host, settings, rooms), host };
}

function seated(room: Room, n: number): { player: TestPlayer; seat: Seat } {
  const player = new TestPlayer();
  return { player, seat: joinRoom(room, player, parseSeatKey(`the-key-of-player-${n}`)) };
}

/** The rooms that the next process reads after this one has stopped. */
const inFile = (file = path): ReturnType<typeof parseState> =>
  parseState(readFileSync(file, 'utf8').replace('"final":false', '"final":true').split('\n'));

test('rooms with a reconnect window are written a second after a change, and removed when they end', async () => {
  const { rooms, interval } = kept();
  const { room } = open(rooms, 60);
  seated(room, 1);
  await interval();
  expect(inFile()).toEqual([room.saved]);
  const { seat, player } = seated(room, 2);
  seat.leave(player, false);
  await interval();
  expect(inFile()).toEqual([room.saved]);
  expect(inFile()[0]?.seats.map(({ away }) => away)).toEqual([false, true]);
  room.kick(1);
  room.change({ started: true });
  await interval();
  expect(inFile()).toMatchObject([
    { started: true, banned: [parseSeatKey('the-key-of-player-1')] },
  ]);
  room.end(CLOSE_REASONS.gameOver);
  await interval();
  expect(inFile()).toEqual([]);
});

test('the file is written at most once per second, and not without changes', async () => {
  const { rooms, interval, writes } = kept();
  const { room } = open(rooms, 60);
  for (let n = 0; n < 50; n++) seated(room, n);
  vi.advanceTimersByTime(INTERVAL - 1);
  expect(writes()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(writes()).toBe(1);
  // Changes during a write are written a second later, too.
  seated(room, 50);
  vi.advanceTimersByTime(INTERVAL * 10);
  expect(writes()).toBe(1);
  await interval();
  vi.advanceTimersByTime(INTERVAL - 1);
  expect(writes()).toBe(1);
  await interval();
  expect(writes()).toBe(2);
  expect(inFile()).toEqual([room.saved]);
  await interval();
  expect(writes()).toBe(2);
});

test('rooms without a reconnect window are not written', async () => {
  const { rooms, interval, writes } = kept();
  const { room } = open(rooms, 0);
  seated(room, 1);
  room.end(CLOSE_REASONS.gameOver);
  await interval();
  expect(writes()).toBe(0);
  open(rooms, 0);
  const { room: waiting } = open(rooms, 60);
  await interval();
  expect(inFile()).toEqual([waiting.saved]);
});

test('a room is serialized again only after a change', async () => {
  const { rooms, interval } = kept();
  const made = Array.from({ length: 300 }, () => open(rooms, 60).room);
  await interval();
  expect(inFile()).toHaveLength(300);
  const spies = made.map((room) => vi.spyOn(room, 'saved', 'get'));
  const [first] = made;
  seated(first as Room, 1);
  await interval();
  expect(spies.map((spy) => spy.mock.calls.length)).toEqual([1, ...new Array(299).fill(0)]);
  expect(inFile()[0]?.seats).toHaveLength(1);
});

test('the file is complete when rooms open and end during a write', async () => {
  const { rooms, interval } = kept();
  const made = Array.from({ length: 1000 }, () => open(rooms, 60).room);
  vi.advanceTimersByTime(INTERVAL);
  for (const room of made.slice(0, 500)) room.end(CLOSE_REASONS.gameOver);
  open(rooms, 60);
  await interval();
  expect(inFile().length).toBeGreaterThanOrEqual(501);
  await interval();
  expect(inFile()).toHaveLength(501);
});

test('the next process reads and restores what was written', async () => {
  const before = kept();
  const { room } = open(before.rooms, 60);
  const { resumeToken = '' } = room;
  seated(room, 1);
  before.store.finish();
  before.rooms.endAll(CLOSE_REASONS.restarting);
  await before.interval();
  expect(before.writes()).toBe(0);
  const after = kept();
  after.rooms.restore(after.store.read());
  const [restored] = after.rooms.all;
  expect(restored?.mayResume(resumeToken)).toBe(true);
  expect(restored?.info).toMatchObject({ name: 'quiz', players: 1 });
  expect(after.log).toEqual([]);
  // The room exists until its reconnect window ends.
  await after.interval();
  expect(inFile()).toEqual([restored?.saved]);
  vi.advanceTimersByTime(60_000);
  expect(after.rooms.size).toBe(0);
  await after.interval();
  expect(inFile()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('ids that were assigned after the last write are not reused after a crash', async () => {
  const before = kept();
  const { room } = open(before.rooms, 60);
  seated(room, 1);
  await before.interval();
  const { seat } = seated(room, 2);
  const killed = kept();
  killed.rooms.restore(killed.store.read());
  const [restored] = killed.rooms.all;
  expect(restored?.info?.players).toBe(1);
  expect(seated(restored as Room, 3).seat.id).toBeGreaterThan(seat.id);
  // A process that was stopped writes its final state.
  before.store.finish();
  const stopped = kept();
  stopped.rooms.restore(stopped.store.read());
  const [again] = stopped.rooms.all;
  expect(seated(again as Room, 3).seat.id).toBe(seat.id + 1);
});

test('the final write is not overwritten by an earlier one', async () => {
  const { rooms, store, interval } = kept();
  const { room } = open(rooms, 60);
  vi.advanceTimersByTime(INTERVAL);
  seated(room, 1);
  store.finish();
  await interval();
  expect(inFile()).toMatchObject([{ lastId: 1 }]);
});

test('after stop nothing is written', async () => {
  const { rooms, store, interval, writes } = kept();
  const { room } = open(rooms, 60);
  store.stop();
  seated(room, 1);
  await interval();
  expect(writes()).toBe(0);
});

test('a failed write is reported once, counted, and tried again', async () => {
  const place = join(directory, 'place');
  const { rooms, store, interval, log } = kept(join(place, 'state'));
  const { room } = open(rooms, 60);
  await interval();
  await interval();
  expect([log, store.errors]).toEqual([['ENOENT'], 2]);
  // Without further changes, the failed write is repeated.
  mkdirSync(place);
  await interval();
  expect(inFile(join(place, 'state'))).toEqual([room.saved]);
  expect([log, store.errors]).toEqual([['ENOENT'], 2]);
  rmSync(join(place, 'state'));
  rmdirSync(place);
  seated(room, 1);
  await interval();
  expect([log, store.errors]).toEqual([['ENOENT', 'ENOENT'], 3]);
  store.finish();
  expect([log, store.errors]).toEqual([['ENOENT', 'ENOENT'], 4]);
});

test('an unusable file is renamed, and the reason is reported', () => {
  writeFileSync(path, '{"format":"lobby-relay state","version":2}\n');
  const { store, log } = kept();
  expect(store.read()).toEqual([]);
  expect(log).toEqual([[`${path}.unreadable`, 'it has version 2, but this relay reads version 1']]);
  expect(readFileSync(`${path}.unreadable`, 'utf8')).toContain('"version":2');
  expect(store.read()).toEqual([]);
  expect(log).toHaveLength(1);
});

test('an unreadable file is renamed, not overwritten', () => {
  writeFileSync(path, 'of another user');
  // The tests may run as root, which may read every file.
  const forbidden = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  vi.spyOn(StateFile.prototype, 'read').mockImplementationOnce(() => {
    throw forbidden;
  });
  const { store, log } = kept();
  expect(store.read()).toEqual([]);
  expect(log).toEqual([[`${path}.unreadable`, 'EACCES: permission denied']]);
  store.finish();
  expect(readFileSync(`${path}.unreadable`, 'utf8')).toBe('of another user');
});

test('an unwritable path is reported at the start', () => {
  const { store, log } = kept(join(directory, 'nowhere', 'state'));
  expect(store.read()).toEqual([]);
  expect([log, store.errors]).toEqual([['ENOENT'], 1]);
});

test('a path that is not a file is reported and not changed', () => {
  mkdirSync(path);
  const { store, log } = kept();
  expect(store.read()).toEqual([]);
  expect(log).toEqual(['EISDIR']);
});

test('rooms that do not fit are not written, which is reported once', async () => {
  const log: unknown[] = [];
  const rooms = new Rooms(LIMITS);
  const stateFileFailed = (error: unknown): void => void log.push(error);
  const most = 4096;
  const store = new StateStore(
    path,
    () => rooms.all,
    { stateFileRenamed() {}, stateFileFailed },
    most,
  );
  rooms.onChange((room) => store.changed(room));
  for (let n = 0; n < 100; n++) open(rooms, 60);
  const write = vi.spyOn(StateFile.prototype, 'write');
  for (let turn = 0; turn < 3; turn++) {
    open(rooms, 60);
    vi.advanceTimersByTime(INTERVAL);
    await Promise.allSettled(write.mock.results.map(({ value }) => value));
  }
  expect(log.map(String)).toEqual([
    expect.stringMatching(/the state file is full; \d+ rooms are not saved/),
  ]);
  expect(readFileSync(path).length).toBeLessThanOrEqual(most);
  const read = new StateFile(path, most).read();
  expect(read.length).toBeGreaterThan(10);
  expect(read.length).toBeLessThan(100);
  // Rooms that do not fit do not cause repeated writes.
  expect(vi.getTimerCount()).toBe(0);
  // Rooms that fit again are written, and the next failure is reported again.
  for (const room of [...rooms.all].slice(10)) room.end(CLOSE_REASONS.gameOver);
  vi.advanceTimersByTime(INTERVAL);
  await Promise.allSettled(write.mock.results.map(({ value }) => value));
  expect(new StateFile(path, most).read()).toHaveLength(10);
  expect(log).toHaveLength(1);
});

test('rooms that do not fit are serialized a few in each turn, and again only after a change', async () => {
  const rooms = new Rooms(LIMITS);
  const log = { stateFileRenamed() {}, stateFileFailed() {} };
  const store = new StateStore(path, () => rooms.all, log, 1 << 19);
  rooms.onChange((room) => store.changed(room));
  let serialized = 0;
  const turns: number[] = [];
  vi.spyOn(StateFile.prototype, 'write').mockImplementation(async (pieces) => {
    for (const _ of pieces) turns.push(serialized - turns.reduce((sum, each) => sum + each, 0));
  });
  for (let n = 0; n < 20; n++) {
    const { room } = open(rooms, 60);
    room.deliveries.keep('everybody', 'map', text('x'.repeat(1 << 17)));
    const { saved } = room;
    vi.spyOn(room, 'saved', 'get').mockImplementation(() => {
      serialized++;
      return saved;
    });
  }
  vi.advanceTimersByTime(INTERVAL);
  expect([serialized, Math.max(...turns)]).toEqual([20, 1]);
  store.changed([...rooms.all][10] as Room);
  await vi.waitUntil(() => vi.getTimerCount() > 0);
  vi.advanceTimersByTime(INTERVAL);
  expect(serialized).toBe(21);
});

test('a file that is too large is not read', () => {
  writeFileSync(path, 'x'.repeat(2000));
  expect(() => new StateFile(path, 1999).read()).toThrow('it is too large');
});
