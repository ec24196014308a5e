import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLOSE_REASONS, type CloseReason } from '../../../src/protocol/close-codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import type { Room } from '../../../src/rooms/room.js';
import { Rooms } from '../../../src/rooms/rooms.js';
import type { SavedRoom, SavedSeat } from '../../../src/rooms/saved-room.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import type { SecretHash } from '../../../src/rooms/secret.js';
import { noTotals } from '../../../src/rooms/totals.js';
import { TestHost, TestPlayer } from '../../support/peers.js';
import { bufferedBytes, join, LIMITS, openRoom, refusal } from '../../support/rooms.js';

function open(rooms: Rooms): { room: Room; host: TestHost; code: RoomCode } {
  const host = new TestHost();
  const room = openRoom(host, {}, rooms);
  return { room, host, code: room.identity.code };
}

/** Resumes the room of this code; tells whether that was allowed. */
function resume(rooms: Rooms, code: RoomCode, token: string, host = new TestHost()): boolean {
  return rooms.find(code)?.resume(host, token) ?? false;
}

const refusedFor = (reason: CloseReason) => ({ is: 'refused', reason });

const SETTINGS = { name: '', maxPlayers: 8, reconnectWindow: 0 };

test('a room is found by its code until it ends', async () => {
  const rooms = new Rooms({ ...LIMITS, maxPlayers: 8, maxRooms: 10 });
  const { room, host, code } = open(rooms);
  expect(rooms.find(code)).toBe(room);
  expect(await rooms.locate(code)).toEqual({ is: 'here', room });
  join(room, new TestPlayer());
  expect([rooms.size, rooms.totals.players]).toEqual([1, 1]);
  room.hostGone(host, false);
  expect(rooms.find(code)).toBeUndefined();
  expect(await rooms.locate(code)).toEqual({ is: 'nowhere' });
  expect(refusal(room, new TestPlayer())).toBe(CLOSE_REASONS.noSuchRoom);
  expect([rooms.size, rooms.totals.players]).toEqual([0, 0]);
});

test('every room has its own code', () => {
  const rooms = new Rooms({ ...LIMITS, maxPlayers: 8, maxRooms: 1000 });
  const codes = new Set(Array.from({ length: 1000 }, () => open(rooms).code));
  expect(codes.size).toBe(1000);
});

test('a full relay opens no room until one has ended', () => {
  const rooms = new Rooms({ ...LIMITS, maxRooms: 1 });
  expect(rooms.refusal).toBeUndefined();
  const { room, host } = open(rooms);
  expect(rooms.refusal).toBe(CLOSE_REASONS.relayFull);
  expect(rooms.open(SETTINGS, new TestHost())).toEqual(refusedFor(CLOSE_REASONS.relayFull));
  room.hostGone(host, false);
  expect(rooms.open(SETTINGS, new TestHost())).toMatchObject({ is: 'opened' });
});

test('endAll closes all hosts and players', () => {
  const rooms = new Rooms(LIMITS);
  const { room, host } = open(rooms);
  const player = new TestPlayer();
  join(room, player);
  rooms.endAll(CLOSE_REASONS.restarting);
  const last = [host, player].map((peer) => peer.takeCalls().at(-1));
  expect(last).toEqual([CLOSE_REASONS.restarting, CLOSE_REASONS.restarting]);
  expect(rooms.size).toBe(0);
});

test('during a drain no room opens, and players can still join', () => {
  const rooms = new Rooms(LIMITS);
  const { room } = open(rooms);
  rooms.draining = true;
  expect(rooms.refusal).toBe(CLOSE_REASONS.restarting);
  expect(rooms.open(SETTINGS, new TestHost())).toEqual(refusedFor(CLOSE_REASONS.restarting));
  join(room, new TestPlayer());
});

test('rooms are numbered, and the observer is notified', () => {
  const events: string[] = [];
  const rooms = new Rooms(LIMITS, {
    roomOpened: ({ number }) => events.push(`${number} opened`),
    roomEnded: ({ identity, everJoined }, { reason }) =>
      events.push(`${identity.number} ended after ${everJoined}: ${reason}`),
    hostDisconnected: ({ number }) => events.push(`${number} without host`),
    hostResumed: ({ number }) => events.push(`${number} with host`),
  });
  open(rooms);
  const host = new TestHost();
  const room = openRoom(host, { reconnectWindow: 60 }, rooms);
  join(room, new TestPlayer());
  const { resumeToken = '' } = room;
  room.hostGone(host, false);
  room.resume(new TestHost(), resumeToken);
  room.end(CLOSE_REASONS.gameOver);
  expect(events.slice(0, 3)).toEqual(['1 opened', '2 opened', '2 without host']);
  expect(events.slice(3)).toEqual(['2 with host', '2 ended after 1: game over']);
});

describe('a room with a reconnect window', () => {
  const KEY = parseSeatKey('the-key-of-a-player');

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function held(rooms: Rooms, reconnectWindow = 60) {
    const host = new TestHost();
    const room = openRoom(host, { name: 'quiz', reconnectWindow }, rooms);
    return { room, host, code: room.identity.code, token: room.resumeToken ?? '' };
  }

  test('is resumed with its code and token only', () => {
    const rooms = new Rooms(LIMITS);
    const { room, host, code, token } = held(rooms);
    const other = held(rooms);
    room.hostGone(host, false);
    const refused = [
      resume(rooms, code, `${token}x`),
      resume(rooms, code, ''),
      resume(rooms, code, other.token),
      resume(rooms, other.code, token),
      resume(rooms, open(rooms).code, token),
    ];
    expect(refused).toEqual([false, false, false, false, false]);
    const back = new TestHost();
    expect(resume(rooms, code, token, back)).toBe(true);
    expect(back.takeCalls()[0]).toEqual({ type: 'hostResumed', code, token });
    expect(room.resumeToken).toBe(token);
  });

  test.each([
    [0.5, 500],
    [60, 60_000],
    [86_400, 600_000],
    [1e300, 600_000],
    [Number.POSITIVE_INFINITY, 600_000],
  ])('of %d s lasts %d ms', (hold, milliseconds) => {
    const rooms = new Rooms(LIMITS);
    const { room, host, code, token } = held(rooms, hold);
    const player = new TestPlayer();
    join(room, player);
    room.hostGone(host, false);
    vi.advanceTimersByTime(milliseconds - 1);
    expect(rooms.find(code)).toBe(room);
    vi.advanceTimersByTime(1);
    expect(player.takeCalls()).toEqual([CLOSE_REASONS.hostGone]);
    const late = new TestHost();
    expect(room.resume(late, token)).toBe(false);
    expect([late.takeCalls(), vi.getTimerCount()]).toEqual([[], 0]);
  });

  test.each([0, -0, Number.NaN, -1])('does not exist with a hold of %d', (hold) => {
    const { room } = held(new Rooms(LIMITS), hold);
    const { hasReconnectWindow, saved, resumeToken } = room;
    expect([hasReconnectWindow, saved, resumeToken]).toEqual([false, undefined, undefined]);
  });

  test('continues if its host resumes in the turn of the timeout', () => {
    const rooms = new Rooms(LIMITS);
    const { room, host, code, token } = held(rooms, 60);
    const other = held(rooms, 60);
    const back = new TestHost();
    // Due at the same time as the end of both rooms, and between them.
    other.room.hostGone(other.host, false);
    setTimeout(() => room.resume(back, token), 60_000);
    room.hostGone(host, false);
    vi.advanceTimersByTime(60_000);
    expect([rooms.find(code), rooms.find(other.code)]).toEqual([room, undefined]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['stopped', (room: Room) => room.end(CLOSE_REASONS.gameOver, CLOSE_REASONS.stopped)],
    ['ended by the relay', (room: Room) => room.end(CLOSE_REASONS.restarting)],
  ])('has no timer left when it is %s', (_, end) => {
    const rooms = new Rooms(LIMITS);
    const { room } = held(rooms);
    for (const key of [KEY, parseSeatKey('the-key-of-another')]) {
      const player = new TestPlayer();
      join(room, player, key).leave(player, false);
    }
    expect(vi.getTimerCount()).toBe(2);
    end(room);
    expect(vi.getTimerCount()).toBe(0);
    expect(bufferedBytes([room])).toBe(0);
    expect(rooms.totals).toEqual(noTotals());
  });

  test('is restored within the current limits', () => {
    const before = new Rooms(LIMITS);
    const { room, code, token } = held(before, 600);
    join(room, new TestPlayer(), KEY);
    const saved = room.saved as SavedRoom;
    const after = new Rooms({ ...LIMITS, maxPlayers: 2, maxHold: 1 });
    after.restore([saved, saved]);
    expect([after.size, after.totals.players]).toEqual([1, 1]);
    expect(after.find(code)?.info).toMatchObject({ players: 1, maxPlayers: 2 });
    expect(after.find(code)?.seatWith(KEY as SecretHash)?.status).toBe('disconnected');
    const back = new TestHost();
    expect(resume(after, code, token, back)).toBe(true);
    expect(back.takeCalls()).toContainEqual({ type: 'playerDisconnected', player: 1 });
    vi.advanceTimersByTime(1000);
    expect(back.takeCalls()).toContainEqual({ type: 'playerLeft', player: 1 });
    expect(after.find(code)?.saved?.hold).toBe(1);
  });

  test('is restored up to the maximum rooms and players', () => {
    const before = new Rooms(LIMITS);
    const rooms = Array.from({ length: 5 }, () => held(before));
    const [{ code, token, room } = held(before)] = rooms;
    for (let n = 0; n < 4; n++) {
      join(room, new TestPlayer(), parseSeatKey(`the-key-of-player-${n}`));
    }
    const saved = rooms.map((each) => each.room.saved as SavedRoom);
    expect(room.info?.players).toBe(4);
    const after = new Rooms({ ...LIMITS, maxPlayers: 3, maxRooms: 4 });
    expect(after.restore(saved)).toBe(1);
    expect([after.size, after.totals.players]).toEqual([4, 3]);
    const back = new TestHost();
    resume(after, code, token, back);
    expect(back.takeCalls()).toContainEqual({ type: 'playerLeft', player: 4 });
    expect(new Rooms(LIMITS).restore(saved, 2)).toBe(3);
  });

  test('is restored without players who cannot reconnect', () => {
    const before = new Rooms(LIMITS);
    const { room, code, token } = held(before);
    for (let players = 0; players < 2; players++) join(room, new TestPlayer());
    const saved = room.saved as SavedRoom;
    const [here, away] = saved.seats as [SavedSeat, SavedSeat];
    const after = new Rooms(LIMITS);
    after.restore([{ ...saved, seats: [here, { ...away, away: true }] }]);
    expect(after.find(code)?.saved?.seats).toEqual([]);
    const back = new TestHost();
    resume(after, code, token, back);
    expect(back.takeCalls()).toContainEqual({ type: 'playerLeft', player: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });
});
