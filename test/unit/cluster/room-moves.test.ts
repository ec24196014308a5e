import { beforeEach, expect, test, vi } from 'vitest';
import { BusError } from '../../../src/cluster/bus/bus.js';
import { SYSTEM_TIMERS } from '../../../src/launch/timers.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import type { Room } from '../../../src/rooms/room.js';
import { EndedMoves } from '../../../src/server/cluster/moves/ended-moves.js';
import { RoomMoves, type RoomMovesParts } from '../../../src/server/cluster/moves/room-moves.js';

const CODE = 'BCDF' as RoomCode;
const PLACE = { run: 'other', url: '' };

beforeEach(() => {
  vi.useFakeTimers();
});

/** The moves of a relay that has the room, unless it is `gone`. */
function setUp({ gone = false } = {}) {
  const end = vi.fn();
  const endMove = vi.fn(async () => true);
  const room = gone ? undefined : { identity: { code: CODE, number: 1 }, end };
  const parts = {
    run: 'own',
    earlier: new Set<string>(),
    timers: SYSTEM_TIMERS,
    maxHold: 60,
    rooms: { find: () => room, takeBack: vi.fn(), takenElsewhere: vi.fn() },
    directory: () => ({ endMove, moveOf: () => ({ epoch: 2, place: { ...PLACE, run: 'own' } }) }),
    links: { release: () => () => {}, seatsIn: () => [] },
    records: { forget: vi.fn(), stop: vi.fn() },
    waiting: { in: () => [], close: vi.fn() },
    followers: { send: () => 0 },
    movedAway: vi.fn(),
    fault: (error: unknown) => {
      throw error;
    },
  };
  const ended = new EndedMoves({ ...parts, directory: () => parts.directory() } as never);
  const moves = new RoomMoves({ ...parts, ended } as unknown as RoomMovesParts);
  return { moves, ended, parts, end, endMove };
}

test('a room that has moved and ended elsewhere, unnoticed, ends here', () => {
  const { moves, end, parts } = setUp();
  moves.moved(CODE, { epoch: 2, place: undefined }, undefined);
  expect(end).toHaveBeenCalled();
  expect(parts.rooms.takeBack).toHaveBeenCalledWith(CODE);
});

test('a room is not ended by a move of an earlier one that is reported again', () => {
  const { moves, end } = setUp();
  const ended = { epoch: 2, place: undefined };
  moves.moved(CODE, ended, ended);
  expect(end).not.toHaveBeenCalled();
});

test('the move of a room that ended before the move was known is ended', () => {
  const { moves, endMove } = setUp({ gone: true });
  moves.moved(CODE, { epoch: 2, place: { ...PLACE, run: 'own' } }, undefined);
  expect(endMove).toHaveBeenCalledExactlyOnceWith(CODE, 2);
});

test('a move that was made without an answer is not ended: the room waits for its host', () => {
  const { moves, endMove } = setUp({ gone: true });
  moves.mayHaveMoved({ saved: { code: CODE, resume: 'hash', hold: 60 } } as Room);
  moves.moved(CODE, { epoch: 2, place: { ...PLACE, run: 'own' } }, undefined);
  expect(endMove).not.toHaveBeenCalled();
  expect(moves.isAway(CODE)).toBe(true);
  moves.moved(CODE, { epoch: 3, place: PLACE }, undefined);
  expect(moves.isAway(CODE)).toBe(false);
});

test('moves of many rooms that end at once are written once each', async () => {
  const { moves, endMove } = setUp({ gone: true });
  for (let at = 0; at < 100; at++) moves.roomEnded(`CODE${at}` as RoomCode);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(endMove).toHaveBeenCalledTimes(100);
});

test('what cannot be written is written later, and closing leaves no timer', async () => {
  const { moves, endMove } = setUp({ gone: true });
  endMove.mockRejectedValueOnce(new BusError('no answer'));
  moves.roomEnded(CODE);
  await vi.advanceTimersByTimeAsync(999);
  expect(endMove).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(endMove).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(endMove).toHaveBeenCalledTimes(2);
  endMove.mockRejectedValueOnce(new BusError('no answer'));
  moves.roomEnded(CODE);
  await vi.advanceTimersByTimeAsync(10);
  moves.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('moves to relays that do not come back are ended, so that their codes can be drawn again', () => {
  const { ended, parts, endMove } = setUp({ gone: true });
  const home = (run: string) => ({ run, url: '', epoch: 3 });
  const directory = {
    ...parts.directory(),
    moves: [
      [CODE, home('lost')],
      ['CDFG', home('other')],
    ],
  };
  parts.directory = () => directory;
  ended.endExpired((run) => run === 'lost');
  expect(endMove).toHaveBeenCalledExactlyOnceWith(CODE, 3);
});

test('if rooms cannot be written, no more of them are let go', async () => {
  const { parts } = setUp();
  const rooms = Array.from({ length: 45 }, (_, number) => ({
    identity: { code: `CODE${number}`, number },
    hasReconnectWindow: true,
    saved: { code: `CODE${number}`, resume: 'hash', hold: 60 },
    end: vi.fn(),
  }));
  const finish = vi.fn(async () => {
    throw new BusError('no answer');
  });
  const moves = new RoomMoves({
    ...parts,
    directory: () => undefined,
    rooms: { ...parts.rooms, all: rooms },
    links: { ...parts.links, edgesOf: () => [] },
    records: { ...parts.records, finish },
    ended: { close() {} },
  } as unknown as RoomMovesParts);
  await moves.letGo();
  const ended = rooms.filter(({ end }) => end.mock.calls.length > 0);
  expect(ended).toEqual(rooms.slice(0, 20));
  moves.close();
});

test('a room of a relay that ends is not over for players who still come by links', async () => {
  const { parts } = setUp({ gone: true });
  const room = {
    identity: { code: CODE, number: 1 },
    hasReconnectWindow: true,
    saved: { code: CODE, resume: 'hash', hold: 60 },
  };
  const rooms = { ...parts.rooms, all: [room] };
  const records = { ...parts.records, finish: async () => {} };
  const moves = new RoomMoves({ ...parts, rooms, records } as unknown as RoomMovesParts);
  await moves.finish();
  moves.roomEnded(CODE);
  expect(moves.isAway(CODE)).toBe(true);
});
