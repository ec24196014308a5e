import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import { Room } from '../../../src/rooms/room.js';
import { RoomRegistry } from '../../../src/rooms/room-registry.js';
import { Seat } from '../../../src/rooms/seat.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import { parseState } from '../../../src/state/saved-state.js';
import { StateFile } from '../../../src/state/state-file.js';
import { StateKeeper } from '../../../src/state/state-keeper.js';
import { TestHost, TestPlayer } from '../../support/peers.js';
import { LIMITS } from '../../support/rooms.js';

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

/** A relay's rooms and what keeps them, with a clock that the test turns. */
function kept(file = path) {
  const log: (string | [path: string, why: string])[] = [];
  const rooms = new RoomRegistry(LIMITS);
  const keeper = new StateKeeper(file, () => rooms.all, {
    stateSetAside: (aside, why) => log.push([aside, why]),
    stateFailed: (error) => log.push((error as NodeJS.ErrnoException).code ?? String(error)),
  });
  rooms.onChange = (room) => keeper.changed(room);
  const write = vi.spyOn(StateFile.prototype, 'write');
  return {
    log,
    rooms,
    keeper,
    writes: () => write.mock.calls.length,
    /** Lets the time pass in which at most one write begins, and waits for its end. */
    async interval() {
      vi.advanceTimersByTime(INTERVAL);
      await Promise.allSettled(write.mock.results.map(({ value }) => value));
    },
  };
}

function open(rooms: RoomRegistry, hold: number): { room: Room; host: TestHost } {
  const host = new TestHost();
  const room = rooms.open(host);
  if (!(room instanceof Room)) throw new Error(room.reason);
  room.command({ cmd: 'prepare', maxPlayers: 1000, name: 'quiz', hold });
  return { room, host };
}

function seated(room: Room, n: number): { player: TestPlayer; seat: Seat } {
  const player = new TestPlayer();
  const seat = room.join(player, parseSeatKey(`the-key-of-player-${n}`));
  if (!(seat instanceof Seat)) throw new Error(seat.reason);
  return { player, seat };
}

/** As a process reads it that comes after this one was stopped. */
const inFile = (file = path): ReturnType<typeof parseState> =>
  parseState(readFileSync(file, 'utf8').replace('"final":false', '"final":true'));

test('rooms that wait are in the file a second after they have changed, and leave it', async () => {
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
  room.command({ cmd: 'kick', player: 1 });
  room.command({ cmd: 'start' });
  await interval();
  expect(inFile()).toMatchObject([
    { started: true, banned: [parseSeatKey('the-key-of-player-1')] },
  ]);
  room.command({ cmd: 'stop' });
  await interval();
  expect(inFile()).toEqual([]);
});

test('it is written once a second at most, and not at all while nothing changes', async () => {
  const { rooms, interval, writes } = kept();
  const { room } = open(rooms, 60);
  for (let n = 0; n < 50; n++) seated(room, n);
  vi.advanceTimersByTime(INTERVAL - 1);
  expect(writes()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(writes()).toBe(1);
  // What changes while it is written waits for its second, too.
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

test('rooms that do not wait are none of its business', async () => {
  const { rooms, interval, writes } = kept();
  const { room } = open(rooms, 0);
  seated(room, 1);
  room.command({ cmd: 'stop' });
  await interval();
  expect(writes()).toBe(0);
  open(rooms, 0);
  const { room: waiting } = open(rooms, 60);
  await interval();
  expect(inFile()).toEqual([waiting.saved]);
});

test('a room is written down anew only if it has changed', async () => {
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

test('rooms that come and go while it is written leave it whole', async () => {
  const { rooms, interval } = kept();
  const made = Array.from({ length: 1000 }, () => open(rooms, 60).room);
  vi.advanceTimersByTime(INTERVAL);
  for (const room of made.slice(0, 500)) room.command({ cmd: 'stop' });
  open(rooms, 60);
  await interval();
  expect(inFile().length).toBeGreaterThanOrEqual(501);
  await interval();
  expect(inFile()).toHaveLength(501);
});

test('what was written comes back, and is read by the next process', async () => {
  const before = kept();
  const { room, host } = open(before.rooms, 60);
  const { resume = '' } = host.news().at(-1) as { resume?: string };
  seated(room, 1);
  before.keeper.finish();
  before.rooms.endAll(CLOSINGS.restarting);
  await before.interval();
  expect(before.writes()).toBe(0);
  const after = kept();
  after.rooms.restore(after.keeper.read());
  const [restored] = after.rooms.all;
  expect(restored?.mayResume(resume)).toBe(true);
  expect(restored?.info).toMatchObject({ name: 'quiz', players: 1 });
  expect(after.log).toEqual([]);
  // It is there until nobody has come for as long as it waits.
  await after.interval();
  expect(inFile()).toEqual([restored?.saved]);
  vi.advanceTimersByTime(60_000);
  expect(after.rooms.rooms).toBe(0);
  await after.interval();
  expect(inFile()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('ids that are not in the file yet when the process is killed are not given again', async () => {
  const before = kept();
  const { room } = open(before.rooms, 60);
  seated(room, 1);
  await before.interval();
  const { seat } = seated(room, 2);
  const killed = kept();
  killed.rooms.restore(killed.keeper.read());
  const [restored] = killed.rooms.all;
  expect(restored?.info?.players).toBe(1);
  expect(seated(restored as Room, 3).seat.id).toBeGreaterThan(seat.id);
  // One that was stopped had its last word.
  before.keeper.finish();
  const stopped = kept();
  stopped.rooms.restore(stopped.keeper.read());
  const [again] = stopped.rooms.all;
  expect(seated(again as Room, 3).seat.id).toBe(seat.id + 1);
});

test('what finishes is not overtaken by what was being written', async () => {
  const { rooms, keeper, interval } = kept();
  const { room } = open(rooms, 60);
  vi.advanceTimersByTime(INTERVAL);
  seated(room, 1);
  keeper.finish();
  await interval();
  expect(inFile()).toMatchObject([{ lastId: 1 }]);
});

test('stopped, it writes nothing any more', async () => {
  const { rooms, keeper, interval, writes } = kept();
  const { room } = open(rooms, 60);
  keeper.stop();
  seated(room, 1);
  await interval();
  expect(writes()).toBe(0);
});

test('a path that cannot be written is told of once, counted, and tried again', async () => {
  const place = join(directory, 'place');
  const { rooms, keeper, interval, log } = kept(join(place, 'state'));
  const { room } = open(rooms, 60);
  await interval();
  await interval();
  expect([log, keeper.errors]).toEqual([['ENOENT'], 2]);
  // Nothing has changed since: what could not be written still has to be.
  mkdirSync(place);
  await interval();
  expect(inFile(join(place, 'state'))).toEqual([room.saved]);
  expect([log, keeper.errors]).toEqual([['ENOENT'], 2]);
  rmSync(join(place, 'state'));
  rmdirSync(place);
  seated(room, 1);
  await interval();
  expect([log, keeper.errors]).toEqual([['ENOENT', 'ENOENT'], 3]);
  keeper.finish();
  expect([log, keeper.errors]).toEqual([['ENOENT', 'ENOENT'], 4]);
});

test('a file that cannot be used is set aside, with a reason', () => {
  writeFileSync(path, '{"format":"lobby-relay state","version":2}\n');
  const { keeper, log } = kept();
  expect(keeper.read()).toEqual([]);
  expect(log).toEqual([[`${path}.unreadable`, 'it is of version 2, and this relay reads 1']]);
  expect(readFileSync(`${path}.unreadable`, 'utf8')).toContain('"version":2');
  expect(keeper.read()).toEqual([]);
  expect(log).toHaveLength(1);
});

test('a file that must not be read is set aside, and not written over', () => {
  writeFileSync(path, 'of another user');
  // The tests may run as root, who may read anything.
  const forbidden = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  vi.spyOn(StateFile.prototype, 'read').mockImplementationOnce(() => {
    throw forbidden;
  });
  const { keeper, log } = kept();
  expect(keeper.read()).toEqual([]);
  expect(log).toEqual([[`${path}.unreadable`, 'EACCES: permission denied']]);
  keeper.finish();
  expect(readFileSync(`${path}.unreadable`, 'utf8')).toBe('of another user');
});

test('a path that cannot be written is told of at the start, whoever is away', () => {
  const { keeper, log } = kept(join(directory, 'nowhere', 'state'));
  expect(keeper.read()).toEqual([]);
  expect([log, keeper.errors]).toEqual([['ENOENT'], 1]);
});

test('a path that is no file is told of, and stays', () => {
  mkdirSync(path);
  const { keeper, log } = kept();
  expect(keeper.read()).toEqual([]);
  expect(log).toEqual(['EISDIR']);
});
