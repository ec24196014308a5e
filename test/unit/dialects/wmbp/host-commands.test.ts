import { describe, expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import type { RequestedFeatures } from '../../../../src/protocol/wmbp/features.js';
import { MAX_ADDRESSES } from '../../../../src/rooms/bans.js';
import type { Room } from '../../../../src/rooms/room.js';
import { hashSecret } from '../../../../src/rooms/secret.js';
import { TestPlayer, text, WmbpHost } from '../../../support/peers.js';
import { refusal, seatOf, TestRooms } from '../../../support/rooms.js';

function prepared(hold = 60, features?: RequestedFeatures) {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  host.command({
    cmd: 'prepare',
    maxPlayers: 4,
    name: 'before',
    hold,
    ...(features && { features }),
  });
  const { resume = '' } = host.takeCalls().at(-1) as { resume?: string };
  return { rooms, host, room: rooms.room as Room, resume };
}

const state = (name: string, players: number[], max_players: number, accept_conns: boolean) => ({
  cmd: 'state',
  name,
  players,
  max_players,
  accept_conns,
  away: [],
});

describe('set', () => {
  test('changes the name, the size, or nothing', () => {
    const { host, room, rooms } = prepared();
    const changes = rooms.changes;
    host.command({ cmd: 'set', name: 'after' });
    host.command({ cmd: 'set', maxPlayers: 1000 });
    host.command({ cmd: 'set' });
    expect(host.takeCalls()).toEqual([
      state('after', [], 4, true),
      state('after', [], 100, true),
      state('after', [], 100, true),
    ]);
    expect(room.info).toMatchObject({ name: 'after', maxPlayers: 100 });
    expect(rooms.changes).toBe(changes + 3);
  });

  test('removes nobody, not even after a restart', () => {
    const { host, room, rooms, resume } = prepared();
    for (const key of ['a', 'b', 'c']) room.join(new TestPlayer(), { key: hashSecret(key) });
    host.takeCalls();
    host.command({ cmd: 'set', maxPlayers: 2 });
    expect(host.takeCalls()).toEqual([state('before', [1, 2, 3], 2, false)]);
    expect(refusal(room, new TestPlayer())).toBe(CLOSE_REASONS.roomFull);
    const saved = room.saved as NonNullable<Room['saved']>;
    room.end(CLOSE_REASONS.restarting);
    const restored = rooms.restore(saved);
    const next = new WmbpHost();
    next.session.resume(restored, resume);
    const away = { away: [1, 2, 3] };
    expect(next.takeCalls().at(-1)).toEqual({ ...state('before', [1, 2, 3], 2, false), ...away });
  });

  test('before prepare is answered by the empty state', () => {
    const host = new WmbpHost(new TestRooms());
    host.command({ cmd: 'set', name: 'x' });
    expect(host.takeCalls()).toMatchObject([{ cmd: 'state', name: '', max_players: 0 }]);
  });
});

describe('leave', () => {
  test('closes the host, and the room waits for whoever has the token', () => {
    const { host, room, rooms, resume } = prepared();
    const player = new TestPlayer();
    room.join(player);
    host.takeCalls();
    host.command({ cmd: 'leave' });
    host.command({ cmd: 'stop' });
    expect(host.takeCalls()).toEqual([CLOSE_REASONS.left]);
    expect([room.info.hostConnected, rooms.hostConnections, player.takeCalls()]).toEqual([
      false,
      [false],
      [],
    ]);
    const heir = new WmbpHost();
    expect(heir.session.resume(room, resume)).toBe(true);
    expect(heir.takeCalls()).toMatchObject([{ resumed: true }, state('before', [1], 4, true)]);
  });

  test('is an error in a room that would end', () => {
    const { host, room } = prepared(0);
    host.command({ cmd: 'leave' });
    expect(host.takeCalls()).toMatchObject([{ cmd: 'error', code: 'no_hold' }]);
    expect(room.info.hostConnected).toBe(true);
  });

  test('ends the room if the relay waits for too many hosts already', () => {
    const { host, rooms, room } = prepared();
    const full = { take: () => false, add() {}, free() {} };
    Object.assign(rooms, { places: { players: full, hosts: full } });
    const player = new TestPlayer();
    room.join(player);
    host.takeCalls();
    host.command({ cmd: 'leave' });
    expect([host.takeCalls(), player.takeCalls()]).toEqual([
      [CLOSE_REASONS.hostGone],
      [CLOSE_REASONS.hostGone],
    ]);
  });

  test('before prepare closes the host', () => {
    const host = new WmbpHost(new TestRooms());
    host.command({ cmd: 'leave' });
    expect(host.takeCalls()).toEqual([CLOSE_REASONS.left]);
  });
});

describe('kick', () => {
  test('closes with the reason', () => {
    const { host, room } = prepared();
    const [ana, ben] = [new TestPlayer(), new TestPlayer()];
    for (const player of [ana, ben]) room.join(player);
    host.command({ cmd: 'kick', player: 1, reason: 'Größe 🎉' });
    host.command({ cmd: 'kick', player: 2, reason: '' });
    expect([ana.takeCalls(), ben.takeCalls()]).toEqual([
      [{ code: 4003, reason: 'Größe 🎉', retry: 'no' }],
      [CLOSE_REASONS.kicked],
    ]);
  });

  test('bans the address of a connected or disconnected player, but nobody who has a seat', () => {
    const { host, room, rooms } = prepared();
    const [home, school] = ['192.0.2.1', '192.0.2.2'];
    const key = hashSecret('ben');
    room.join(new TestPlayer(home));
    room.join(new TestPlayer(home), { key });
    host.command({ cmd: 'kick', player: 1, ban: true });
    expect(refusal(room, new TestPlayer(home))).toBe(CLOSE_REASONS.kicked);
    expect(refusal(room, new TestPlayer(school))).toBeUndefined();
    const ben = new TestPlayer(home);
    const seat = seatOf(room.join(ben, { key }));
    seat.leave(ben, false);
    expect(seat.status).toBe('disconnected');
    const cleo = new TestPlayer(school);
    seatOf(room.join(cleo, { key: hashSecret('cleo') })).leave(cleo, false);
    host.command({ cmd: 'kick', player: 4, ban: true });
    expect(refusal(room, new TestPlayer(school))).toBe(CLOSE_REASONS.kicked);
    const saved = room.saved as NonNullable<Room['saved']>;
    expect(JSON.stringify(saved)).not.toContain(home);
    room.end(CLOSE_REASONS.restarting);
    expect(rooms.totals.storedBytes).toBe(0);
    const restored = rooms.restore(saved);
    expect(refusal(restored, new TestPlayer(home))).toBe(CLOSE_REASONS.kicked);
    expect(restored.saved).toMatchObject({ bannedAddresses: saved.bannedAddresses });
  });

  test('bans no unknown address', () => {
    const { host, room } = prepared();
    room.join(new TestPlayer());
    host.command({ cmd: 'kick', player: 1, ban: true });
    expect(refusal(room, new TestPlayer())).toBeUndefined();
    expect(room.saved).not.toHaveProperty('bannedAddresses');
  });

  test('bans as many addresses as are allowed, the latest ones', () => {
    const { host, room, rooms } = prepared();
    for (let i = 0; i <= MAX_ADDRESSES; i++) {
      const { id } = seatOf(room.join(new TestPlayer(`address ${i}`)));
      host.command({ cmd: 'kick', player: id, ban: true });
    }
    expect(refusal(room, new TestPlayer('address 1'))).toBe(CLOSE_REASONS.kicked);
    expect(refusal(room, new TestPlayer('address 0'))).toBeUndefined();
    expect(rooms.totals.storedBytes).toBe(MAX_ADDRESSES * 128);
  });
});

describe('where the host is asked', () => {
  test('kick refuses with the reason, and bans', () => {
    const { host, room } = prepared(60, { ask: true });
    const eve = new TestPlayer('192.0.2.1');
    room.join(eve);
    host.takeCalls();
    host.command({ cmd: 'kick', player: 1, reason: 'not you', ban: true });
    expect(eve.takeCalls()).toEqual([{ ...CLOSE_REASONS.kicked, reason: 'not you' }]);
    expect(refusal(room, new TestPlayer('192.0.2.1'))).toBe(CLOSE_REASONS.kicked);
    expect(host.takeCalls()).toMatchObject([
      { cmd: 'player_left', player: 1 },
      { cmd: 'state', asking: [] },
    ]);
  });

  test('nobody can be admitted any more after set has made the room full', () => {
    const { host, room } = prepared(60, { ask: true });
    const [ana, ben] = [new TestPlayer(), new TestPlayer()];
    for (const player of [ana, ben]) room.join(player);
    host.command({ cmd: 'admit', player: 1 });
    host.takeCalls();
    host.command({ cmd: 'set', maxPlayers: 1 });
    expect(ben.takeCalls()).toEqual([CLOSE_REASONS.roomFull]);
    expect(host.takeCalls()).toMatchObject([
      { cmd: 'player_left', player: 2 },
      { cmd: 'state', players: [1], asking: [] },
    ]);
  });

  test('a player gets values when it is admitted', () => {
    const { host, room } = prepared(60, { ask: true });
    room.deliveries.keep('everybody', 'phase', text('lobby'));
    const ana = new TestPlayer();
    room.join(ana);
    expect(ana.takeCalls()).toEqual([]);
    host.command({ cmd: 'admit', player: 1 });
    expect(ana.takeCalls()).toEqual([{ text: 'lobby' }]);
  });
});
