import { describe, expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import type { RequestedFeatures } from '../../../../src/protocol/wmbp/features.js';
import { ASK_TIMEOUT, MAX_ASKING } from '../../../../src/rooms/asking.js';
import { MAX_HELD_BYTES } from '../../../../src/rooms/held-messages.js';
import type { JoinRequest } from '../../../../src/rooms/join-request.js';
import type { Room } from '../../../../src/rooms/room.js';
import { hashSecret } from '../../../../src/rooms/secret.js';
import { TestPlayer, text, WmbpHost } from '../../../support/peers.js';
import { seatOf, TestRooms } from '../../../support/rooms.js';

const KEY = hashSecret("ana's phone");

function prepared(features: RequestedFeatures = { ask: true }, hold = 600, maxPlayers = 4) {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  host.command({ cmd: 'prepare', maxPlayers, name: '', hold, features });
  const reply = host.takeCalls().at(-1) as { resume: string };
  return { rooms, host, room: rooms.room as Room, token: reply.resume };
}

/** Somebody who asks to join. */
function ask(room: Room, request: JoinRequest = {}) {
  const player = new TestPlayer();
  return { player, seat: seatOf(room.join(player, request)) };
}

const state = (more: object) => expect.objectContaining({ cmd: 'state', ...more });

describe('the host is asked before a player joins', () => {
  test('and admits one under the same id, who then says what it said before', () => {
    const { host, room } = prepared({ about: true, ask: true });
    const { player, seat } = ask(room, { about: 'Ana' });
    expect(host.takeCalls()).toEqual([
      { cmd: 'player_asks', player: 1, about: 'Ana' },
      state({ players: [], asking: [1], away: [] }),
    ]);
    room.send('everybody', text('not for her'));
    room.send([1], text('nor this'));
    seat.receive(text('one'), player);
    seat.receive(text('two'), player);
    expect(host.takeCalls()).toEqual([]);
    host.command({ cmd: 'admit', player: 1 });
    seat.receive(text('three'), player);
    room.send([1], text('welcome'));
    expect(host.takeCalls()).toEqual([
      { cmd: 'player_joined', player: 1, about: 'Ana' },
      state({ players: [1], asking: [] }),
      { from: 1, text: 'one' },
      { from: 1, text: 'two' },
      { from: 1, text: 'three' },
    ]);
    expect(player.takeCalls()).toEqual([{ text: 'welcome' }]);
  });

  test('and refuses one, who cannot ask again with this key', () => {
    const { host, room } = prepared();
    const { player } = ask(room, { key: KEY });
    host.takeCalls();
    host.command({ cmd: 'kick', player: 1 });
    expect(host.takeCalls()).toEqual([{ cmd: 'player_left', player: 1 }, state({ asking: [] })]);
    expect(player.takeCalls()).toEqual([CLOSE_REASONS.kicked]);
    expect(room.join(new TestPlayer(), { key: KEY })).toEqual({
      is: 'refused',
      reason: CLOSE_REASONS.kicked,
    });
    expect(room.everJoined).toBe(0);
  });

  test('and an id that nobody asks with is answered by the state', () => {
    const { host, room } = prepared();
    ask(room);
    host.command({ cmd: 'admit', player: 1 });
    host.takeCalls();
    for (const player of [1, 2]) host.command({ cmd: 'admit', player });
    expect(host.takeCalls()).toEqual([state({ players: [1] }), state({ players: [1] })]);
    expect(room.everJoined).toBe(1);
  });

  test('but not about a player who has a seat', () => {
    const { host, room } = prepared();
    const { player, seat } = ask(room, { key: KEY });
    host.command({ cmd: 'admit', player: 1 });
    seat.leave(player, false);
    host.takeCalls();
    expect(ask(room, { key: KEY }).seat).toBe(seat);
    expect(host.takeCalls()).toEqual([{ cmd: 'player_back', player: 1 }, state({ asking: [] })]);
  });
});

describe('what a player says while it asks', () => {
  test('is held up to a limit, then reading pauses until the player is admitted', () => {
    const { host, room } = prepared();
    const { player, seat } = ask(room);
    for (let i = 0; i < 100 && player.reading; i++) {
      seat.receive(text('x'.repeat(1000)), player);
    }
    expect(seat.heldBytes).toBeGreaterThanOrEqual(MAX_HELD_BYTES);
    expect(seat.heldBytes).toBeLessThan(MAX_HELD_BYTES + 2000);
    host.session.setKeepsUp(false);
    host.session.setKeepsUp(true);
    expect(player.reading).toBe(false);
    host.command({ cmd: 'admit', player: 1 });
    expect([player.reading, seat.heldBytes]).toEqual([true, 0]);
  });

  test('is read only when the host keeps up', () => {
    const { host, room } = prepared();
    const { player } = ask(room);
    host.session.setKeepsUp(false);
    host.command({ cmd: 'admit', player: 1 });
    expect(player.reading).toBe(false);
  });

  test('is kept when the player asks again by another connection', () => {
    const { host, room } = prepared({ about: true, ask: true });
    const { player, seat } = ask(room, { key: KEY, about: 'Ana' });
    seat.receive(text('one'), player);
    host.takeCalls();
    const again = ask(room, { key: KEY, about: 'Anna' });
    expect(again.seat).toBe(seat);
    expect(player.takeCalls()).toEqual([CLOSE_REASONS.replaced]);
    expect(host.takeCalls()).toEqual([{ cmd: 'about', player: 1, about: 'Anna' }]);
    seat.leave(player, true);
    seat.receive(text('late'), player);
    seat.receive(text('two'), again.player);
    host.command({ cmd: 'admit', player: 1 });
    expect(host.takeCalls()).toEqual([
      { cmd: 'player_joined', player: 1, about: 'Anna' },
      state({ asking: [] }),
      { from: 1, text: 'one' },
      { from: 1, text: 'two' },
    ]);
  });
});

describe('asking ends', () => {
  test('after a minute, also if the player asked again meanwhile', () => {
    const { rooms, host, room } = prepared();
    ask(room, { key: KEY });
    rooms.pass(ASK_TIMEOUT - 1);
    const { player } = ask(room, { key: KEY });
    host.takeCalls();
    rooms.pass(1);
    expect(player.takeCalls()).toEqual([CLOSE_REASONS.notAdmitted]);
    expect(host.takeCalls()).toEqual([{ cmd: 'player_left', player: 1 }, state({ asking: [] })]);
    expect([rooms.timers, room.everJoined]).toEqual([0, 0]);
  });

  test('when the player leaves, and another one may ask', () => {
    const { host, room } = prepared();
    const all = Array.from({ length: MAX_ASKING }, () => ask(room));
    const tooMany = { is: 'refused', reason: CLOSE_REASONS.tooManyAsking };
    expect(room.join(new TestPlayer())).toEqual(tooMany);
    expect(room.info.acceptsPlayers).toBe(false);
    host.takeCalls();
    all[3]?.seat.leave(all[3].player, false);
    const asking = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    expect(host.takeCalls()).toEqual([
      { cmd: 'player_left', player: 4 },
      state({ asking, accept_conns: true }),
    ]);
    expect(ask(room).seat.id).toBe(17);
  });

  test('when the room starts or fills', () => {
    const { host, room } = prepared({ ask: true }, 0, 1);
    const ana = ask(room);
    host.command({ cmd: 'start' });
    expect(ana.player.takeCalls()).toEqual([CLOSE_REASONS.alreadyStarted]);
    host.command({ cmd: 'open' });
    host.takeCalls();
    const [ben, cleo] = [ask(room), ask(room)];
    host.command({ cmd: 'admit', player: 2 });
    expect([ben.player.takeCalls(), cleo.player.takeCalls()]).toEqual([
      [],
      [CLOSE_REASONS.roomFull],
    ]);
    expect(host.takeCalls()).toEqual([
      { cmd: 'player_asks', player: 2 },
      { cmd: 'player_asks', player: 3 },
      { cmd: 'player_joined', player: 2 },
      { cmd: 'player_left', player: 3 },
      state({ players: [2], asking: [], accept_conns: false }),
    ]);
  });

  test('when the room ends, and nothing is left of it', () => {
    const { rooms, host, room } = prepared({ about: true, ask: true });
    const { player, seat } = ask(room, { about: 'Ana' });
    ask(room, { about: 'Ben' });
    expect(rooms.totals).toMatchObject({ players: 0, storedBytes: 6 });
    host.command({ cmd: 'admit', player: 2 });
    seat.receive(text('hello'), player);
    host.command({ cmd: 'stop' });
    expect(player.takeCalls()).toEqual([CLOSE_REASONS.gameOver]);
    expect([rooms.timers, rooms.totals.players, rooms.totals.storedBytes]).toEqual([0, 0, 0]);
    expect(seat.heldBytes).toBe(0);
  });
});

describe('a host that disconnects', () => {
  test('learns on resuming who asked meanwhile, who has left, and who still asks', () => {
    const { rooms, host, room, token } = prepared({ about: true, ask: true });
    ask(room, { about: 'Ana' });
    host.session.end(false);
    rooms.pass(ASK_TIMEOUT / 2);
    ask(room, { about: 'Ben' });
    rooms.pass(ASK_TIMEOUT / 2);
    const next = new WmbpHost();
    next.session.resume(room, token);
    expect(next.takeCalls()).toEqual([
      expect.objectContaining({
        cmd: 'prepare_reply',
        with: expect.arrayContaining(['about', 'ask']),
      }),
      { cmd: 'player_asks', player: 2, about: 'Ben' },
      { cmd: 'player_left', player: 1 },
      { cmd: 'about', player: 2, about: 'Ben' },
      state({ players: [], asking: [2] }),
    ]);
  });

  test('gets no more questions than fit into its buffer', () => {
    const { rooms, host, room } = prepared({ about: true, ask: true });
    host.session.end(false);
    const about = 'x'.repeat(1024);
    let asked = 0;
    for (; room.info.acceptsPlayers && asked < 10_000; asked++) {
      const { player, seat } = ask(room, { about });
      seat.leave(player, true);
    }
    expect(room.join(new TestPlayer())).toEqual({
      is: 'refused',
      reason: CLOSE_REASONS.hostDisconnected,
    });
    expect(asked).toBeLessThan(rooms.hostBacklog / 1024);
  });

  test('learns after a restart that nobody asks any more', () => {
    const { rooms, room, token } = prepared();
    ask(room, { key: KEY });
    const { saved } = room;
    if (saved === undefined) throw new Error('not saved');
    const restored = rooms.restore(saved);
    const next = new WmbpHost();
    next.session.resume(restored, token);
    expect(next.takeCalls()).toEqual([
      expect.objectContaining({ cmd: 'prepare_reply', with: expect.arrayContaining(['ask']) }),
      { cmd: 'player_left', player: 1 },
      state({ players: [], asking: [] }),
    ]);
    expect(ask(restored, { key: KEY }).seat.id).toBe(2);
  });
});
