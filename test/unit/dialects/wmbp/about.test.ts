import { describe, expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import type { RequestedFeatures } from '../../../../src/protocol/wmbp/features.js';
import type { Room } from '../../../../src/rooms/room.js';
import type { SeatKey } from '../../../../src/rooms/seat-key.js';
import { hashSecret } from '../../../../src/rooms/secret.js';
import { TestPlayer, WmbpHost } from '../../../support/peers.js';
import { seatOf, TestRooms } from '../../../support/rooms.js';

const KEY: SeatKey = hashSecret("ana's phone");

function prepared(features: RequestedFeatures | undefined, hold = 60) {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  host.command({ cmd: 'prepare', maxPlayers: 4, name: '', hold, ...(features && { features }) });
  const reply = host.takeCalls().at(-1) as { resume: string };
  return { rooms, host, room: rooms.room as Room, reply };
}

const joined = (host: WmbpHost) =>
  host.takeCalls().filter((event) => 'cmd' in event && event.cmd !== 'state');

describe('a room in which players say something about themselves', () => {
  test('the host gets the text when a player joins, and again when it asks', () => {
    const { host, room } = prepared({ about: true });
    room.join(new TestPlayer(), { about: 'Ana' });
    room.join(new TestPlayer());
    room.join(new TestPlayer(), { about: '' });
    expect(joined(host)).toEqual([
      { cmd: 'player_joined', player: 1, about: 'Ana' },
      { cmd: 'player_joined', player: 2 },
      { cmd: 'player_joined', player: 3, about: '' },
    ]);
    host.command({ cmd: 'who' });
    expect(host.takeCalls()).toEqual([
      { cmd: 'about', player: 1, about: 'Ana' },
      { cmd: 'about', player: 3, about: '' },
    ]);
  });

  test('a host that resumes gets what it missed, then all texts, then the state', () => {
    const { host, room, reply } = prepared({ about: true });
    room.join(new TestPlayer(), { about: 'Ana' });
    host.session.end(false);
    room.join(new TestPlayer(), { about: 'Ben' });
    const next = new WmbpHost();
    expect(next.session.resume(room, reply.resume)).toBe(true);
    expect(next.takeCalls()).toEqual([
      expect.objectContaining({
        cmd: 'prepare_reply',
        resumed: true,
        with: expect.arrayContaining(['about']),
      }),
      { cmd: 'player_joined', player: 2, about: 'Ben' },
      { cmd: 'about', player: 1, about: 'Ana' },
      { cmd: 'about', player: 2, about: 'Ben' },
      expect.objectContaining({ cmd: 'state', players: [1, 2] }),
    ]);
  });

  test('a player changes the text when it reconnects, and keeps it if it sends none', () => {
    const { host, room } = prepared({ about: true });
    const ana = new TestPlayer();
    const seat = seatOf(room.join(ana, { key: KEY, about: 'Ana' }));
    seat.leave(ana, false);
    host.takeCalls();
    const again = new TestPlayer();
    room.join(again, { key: KEY });
    seat.leave(again, false);
    room.join(new TestPlayer(), { key: KEY, about: 'Anna' });
    room.join(new TestPlayer(), { key: KEY, about: 'Anna' });
    room.join(new TestPlayer(), { key: KEY, about: 'A.' });
    expect(joined(host)).toEqual([
      { cmd: 'player_back', player: 1 },
      { cmd: 'player_away', player: 1 },
      { cmd: 'player_back', player: 1, about: 'Anna' },
      { cmd: 'about', player: 1, about: 'A.' },
    ]);
  });

  test('the texts of connected and disconnected players count as memory, and those of others do not', () => {
    const { rooms, room } = prepared({ about: true });
    const ana = new TestPlayer();
    const seat = seatOf(room.join(ana, { key: KEY, about: 'é'.repeat(10) }));
    room.join(new TestPlayer(), { about: 'Ben' });
    seat.leave(ana, false);
    expect(rooms.totals.storedBytes).toBe(23);
    room.join(new TestPlayer(), { key: KEY, about: 'A' });
    expect(rooms.totals.storedBytes).toBe(4);
    room.kick(2);
    expect(rooms.totals.storedBytes).toBe(1);
    room.end(CLOSE_REASONS.gameOver);
    expect(rooms.totals.storedBytes).toBe(0);
  });

  test('a text that is too long is refused', () => {
    const { room } = prepared({ about: true });
    const join = (about: string) => room.join(new TestPlayer(), { about });
    expect(join('x'.repeat(1024)).is).toBe('seated');
    expect(join('é'.repeat(513))).toEqual({ is: 'refused', reason: CLOSE_REASONS.badAbout });
  });
});

test('a host that requests nothing gets none of it', () => {
  const { host, room, reply } = prepared(undefined);
  expect(reply).toEqual({ cmd: 'prepare_reply', key: 'BCDF', resume: reply.resume });
  room.join(new TestPlayer(), { about: 'x'.repeat(5000) });
  expect(joined(host)).toEqual([{ cmd: 'player_joined', player: 1 }]);
  host.command({ cmd: 'who' });
  expect(host.takeCalls()).toEqual([]);
});

test('a host can ask for the list of features alone', () => {
  expect(prepared({}).reply).toMatchObject({ with: ['keep', 'except', 'set', 'leave', 'kick'] });
});

test('a saved room keeps the texts', () => {
  const { rooms, room } = prepared({ about: true });
  room.join(new TestPlayer(), { key: KEY, about: 'Ana' });
  const saved = room.saved;
  if (saved === undefined) throw new Error('not saved');
  const restored = rooms.restore(saved);
  expect([restored.features, restored.abouts]).toEqual([
    { about: true },
    [{ player: 1, about: 'Ana' }],
  ]);
});
