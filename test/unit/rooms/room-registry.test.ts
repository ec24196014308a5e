import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { keptBytes } from '../../../src/rooms/kept.js';
import { Room } from '../../../src/rooms/room.js';
import { RoomRegistry } from '../../../src/rooms/room-registry.js';
import type { SavedRoom, SavedSeat } from '../../../src/rooms/saved-room.js';
import { Seat } from '../../../src/rooms/seat.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import type { SecretHash } from '../../../src/rooms/secret.js';
import { TestHost, TestPlayer } from '../../support/peers.js';
import { LIMITS } from '../../support/rooms.js';

interface Reply {
  readonly key: RoomCode;
  readonly resume: string;
}

function open(registry: RoomRegistry): { room: Room; host: TestHost; code: RoomCode } {
  const host = new TestHost();
  const room = registry.open(host);
  if (!(room instanceof Room)) throw new Error(room.reason);
  room.command({ cmd: 'prepare', maxPlayers: 8, name: '' });
  return { room, host, code: room.info?.code as RoomCode };
}

test('a room is found by its code until it ends', () => {
  const registry = new RoomRegistry({ ...LIMITS, maxPlayers: 8, maxRooms: 10 });
  const { room, host, code } = open(registry);
  expect(registry.find(code)).toBe(room);
  registry.join(code, new TestPlayer());
  expect([registry.rooms, registry.players]).toEqual([1, 1]);
  room.hostGone(host, false);
  expect(registry.find(code)).toBeUndefined();
  expect(registry.join(code, new TestPlayer())).toBe(CLOSINGS.noSuchRoom);
  expect([registry.rooms, registry.players]).toEqual([0, 0]);
});

test('rooms have codes of their own', () => {
  const registry = new RoomRegistry({ ...LIMITS, maxPlayers: 8, maxRooms: 1000 });
  const codes = new Set(Array.from({ length: 1000 }, () => open(registry).code));
  expect(codes.size).toBe(1000);
});

test('a full relay takes no host; one that came before it was full learns it at prepare', () => {
  const registry = new RoomRegistry({ ...LIMITS, maxPlayers: 8, maxRooms: 1 });
  const early = new TestHost();
  const earlyRoom = registry.open(early) as Room;
  const { room, host } = open(registry);
  expect(registry.open(new TestHost())).toBe(CLOSINGS.relayFull);
  earlyRoom.command({ cmd: 'prepare', maxPlayers: 8, name: '' });
  expect(early.news().at(-1)).toBe(CLOSINGS.relayFull);
  room.hostGone(host, false);
  expect(registry.open(new TestHost())).toBeInstanceOf(Room);
});

test('ending all closes everybody, hosts without a room among them', () => {
  const registry = new RoomRegistry({ ...LIMITS, maxPlayers: 8, maxRooms: 10 });
  const unprepared = new TestHost();
  registry.open(unprepared);
  const { host, code } = open(registry);
  const player = new TestPlayer();
  registry.join(code, player);
  registry.endAll(CLOSINGS.restarting);
  const last = [unprepared, host, player].map((peer) => peer.news().at(-1));
  expect(last).toEqual([CLOSINGS.restarting, CLOSINGS.restarting, CLOSINGS.restarting]);
  expect(registry.rooms).toBe(0);
});

test('while it drains there are no new rooms, not even for a host that is there', () => {
  const registry = new RoomRegistry({ ...LIMITS, maxPlayers: 8, maxRooms: 10 });
  const early = new TestHost();
  const room = registry.open(early) as Room;
  const { code } = open(registry);
  registry.draining = true;
  expect(registry.open(new TestHost())).toBe(CLOSINGS.restarting);
  room.command({ cmd: 'prepare', maxPlayers: 8, name: '' });
  expect(early.news().at(-1)).toBe(CLOSINGS.restarting);
  expect(registry.join(code, new TestPlayer())).toBeInstanceOf(Seat);
});

describe('a room that waits', () => {
  const KEY = parseSeatKey('the-key-of-a-player');

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function held(registry: RoomRegistry, hold = 60) {
    const host = new TestHost();
    const room = registry.open(host) as Room;
    room.command({ cmd: 'prepare', maxPlayers: 8, name: 'quiz', hold });
    const { key, resume } = host.news().at(-1) as unknown as Reply;
    return { room, host, code: key, token: resume };
  }

  test('is taken over by code and token, and by nothing else', () => {
    const registry = new RoomRegistry(LIMITS);
    const { room, host, code, token } = held(registry);
    const other = held(registry);
    room.hostGone(host, false);
    const refused = [
      registry.resume(code, `${token}x`, new TestHost()),
      registry.resume(code, '', new TestHost()),
      registry.resume(code, other.token, new TestHost()),
      registry.resume(other.code, token, new TestHost()),
      registry.resume('ZZZZ' as RoomCode, token, new TestHost()),
      registry.resume(open(registry).code, token, new TestHost()),
    ];
    expect(new Set(refused)).toEqual(new Set([CLOSINGS.noSuchRoom]));
    const back = new TestHost();
    expect(registry.resume(code, token, back)).toBe(room);
    expect(back.news()[0]).toEqual({
      cmd: 'prepare_reply',
      key: code,
      resume: token,
      resumed: true,
    });
    room.command({ cmd: 'prepare', maxPlayers: 1, name: '' });
    expect(back.news()).toContainEqual({ cmd: 'prepare_reply', key: code, resume: token });
  });

  test.each([
    [0.5, 500],
    [60, 60_000],
    [86_400, 600_000],
    [1e300, 600_000],
    [Number.POSITIVE_INFINITY, 600_000],
  ])('that is asked for %d s, is there for %d ms', (hold, milliseconds) => {
    const registry = new RoomRegistry(LIMITS);
    const { room, host, code, token } = held(registry, hold);
    const player = new TestPlayer();
    registry.join(code, player);
    room.hostGone(host, false);
    vi.advanceTimersByTime(milliseconds - 1);
    expect(registry.find(code)).toBe(room);
    vi.advanceTimersByTime(1);
    expect(player.news()).toEqual([CLOSINGS.hostGone]);
    const late = new TestHost();
    expect(registry.resume(code, token, late)).toBe(CLOSINGS.noSuchRoom);
    expect([late.news(), vi.getTimerCount()]).toEqual([[], 0]);
  });

  test.each([0, -0, Number.NaN, -1])('is none with a hold of %d', (hold) => {
    const { room, token } = held(new RoomRegistry(LIMITS), hold);
    expect([room.waits, room.saved, token]).toEqual([false, undefined, undefined]);
  });

  test('lives on when its host is back in the turn in which it would have ended', () => {
    const registry = new RoomRegistry(LIMITS);
    const { room, host, code, token } = held(registry, 60);
    const other = held(registry, 60);
    const back = new TestHost();
    // Due at the same time as the end of both rooms, and between them.
    other.room.hostGone(other.host, false);
    setTimeout(() => registry.resume(code, token, back), 60_000);
    room.hostGone(host, false);
    vi.advanceTimersByTime(60_000);
    expect([registry.find(code), registry.find(other.code)]).toEqual([room, undefined]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['stopped', (room: Room) => room.command({ cmd: 'stop' })],
    ['ended by the relay', (room: Room) => room.end(CLOSINGS.restarting)],
  ])('leaves no timer behind when it is %s', (_, end) => {
    const registry = new RoomRegistry(LIMITS);
    const { room, code } = held(registry);
    for (const key of [KEY, parseSeatKey('the-key-of-another')]) {
      const player = new TestPlayer();
      (registry.join(code, player, key) as Seat).leave(player, false);
    }
    expect(vi.getTimerCount()).toBe(2);
    end(room);
    expect(vi.getTimerCount()).toBe(0);
    expect(keptBytes([room])).toBe(0);
  });

  test('comes back from what was written down, within the limits that hold now', () => {
    const before = new RoomRegistry(LIMITS);
    const { room, code, token } = held(before, 600);
    before.join(code, new TestPlayer(), KEY);
    const saved = room.saved as SavedRoom;
    const after = new RoomRegistry({ ...LIMITS, maxPlayers: 2, maxHold: 1 });
    after.restore([saved, saved]);
    expect([after.rooms, after.players]).toEqual([1, 1]);
    expect(after.find(code)?.info).toMatchObject({ players: 1, maxPlayers: 2 });
    expect(after.find(code)?.hasSeat(KEY as SecretHash)).toBe(true);
    const back = new TestHost();
    expect(after.resume(code, token, back)).toBe(after.find(code));
    expect(back.news()).toContainEqual({ cmd: 'player_away', player: 1 });
    vi.advanceTimersByTime(1000);
    expect(back.news()).toContainEqual({ cmd: 'player_left', player: 1 });
    expect(after.find(code)?.saved?.hold).toBe(1);
  });

  test('comes back without those who cannot, whatever is written of them', () => {
    const before = new RoomRegistry(LIMITS);
    const { room, code, token } = held(before);
    for (let players = 0; players < 2; players++) before.join(code, new TestPlayer());
    const saved = room.saved as SavedRoom;
    const [here, away] = saved.seats as [SavedSeat, SavedSeat];
    const after = new RoomRegistry(LIMITS);
    after.restore([{ ...saved, seats: [here, { ...away, away: true }] }]);
    expect(after.find(code)?.saved?.seats).toEqual([]);
    const back = new TestHost();
    after.resume(code, token, back);
    expect(back.news()).toContainEqual({ cmd: 'player_left', player: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });
});
