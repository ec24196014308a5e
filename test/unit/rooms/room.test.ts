import { describe, expect, test } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import { CommandError } from '../../../src/protocol/command-error.js';
import type { MembershipCommand } from '../../../src/protocol/messages.js';
import { Room } from '../../../src/rooms/room.js';
import { Seat } from '../../../src/rooms/seat.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { CODE, TestKeeper } from '../../support/rooms.js';

function connected() {
  const host = new TestHost();
  const keeper = new TestKeeper();
  const room = new Room(host, keeper);
  return { host, keeper, room };
}

function prepared({ maxPlayers = 3, name = 'Trivia' } = {}) {
  const made = connected();
  made.room.command({ cmd: 'prepare', maxPlayers, name });
  made.host.news();
  return made;
}

function seated(room: Room): { player: TestPlayer; seat: Seat } {
  const player = new TestPlayer();
  const seat = room.join(player);
  if (!(seat instanceof Seat)) throw new Error(seat.reason);
  return { player, seat };
}

function state(players: number[], { name = 'Trivia', max_players = 3, accept_conns = true } = {}) {
  return { cmd: 'state', name, players, max_players, accept_conns };
}

const EMPTY = state([], { name: '', max_players: 0, accept_conns: false });

describe('before prepare', () => {
  test('the host is told an empty state', () => {
    expect(connected().host.news()).toEqual([EMPTY]);
  });

  test.each<MembershipCommand>([{ cmd: 'start' }, { cmd: 'open' }, { cmd: 'kick', player: 1 }])(
    '$cmd answers the empty state',
    (command) => {
      const { room, host } = connected();
      host.news();
      room.command(command);
      expect(host.news()).toEqual([EMPTY]);
    },
  );

  test('start does not count for the room that is prepared later', () => {
    const { room, host } = connected();
    room.command({ cmd: 'start' });
    room.command({ cmd: 'prepare', maxPlayers: 3, name: 'Trivia' });
    expect(host.news()).toContainEqual(state([]));
  });

  test('nobody can join, nothing is sent, nothing is known', () => {
    const { room } = connected();
    expect(room.join(new TestPlayer())).toBe(CLOSINGS.noSuchRoom);
    room.send({ cmd: 'send', to: 'everybody', payload: text('hello?') });
    expect(room.info).toBeUndefined();
  });

  test('stop closes the host and there was no code to free', () => {
    const { room, host, keeper } = connected();
    host.news();
    room.command({ cmd: 'stop' });
    expect(host.news()).toEqual([CLOSINGS.stopped]);
    expect(keeper.released).toEqual([undefined]);
  });
});

describe('prepare', () => {
  test('answers the state, then the code', () => {
    const { room, host } = connected();
    host.news();
    room.command({ cmd: 'prepare', maxPlayers: 3, name: 'Trivia' });
    expect(host.news()).toEqual([state([]), { cmd: 'prepare_reply', key: CODE }]);
  });

  test('makes the room joinable before its code is sent', () => {
    const keeper = new TestKeeper();
    const seats: unknown[] = [];
    const host = new TestHost();
    const room = new Room(host, keeper);
    host.event = (event) => {
      if (event.cmd === 'prepare_reply') seats.push(room.join(new TestPlayer()));
    };
    room.command({ cmd: 'prepare', maxPlayers: 1, name: '' });
    expect(seats).toEqual([expect.any(Seat)]);
  });

  test('again gives the same code and changes nothing', () => {
    const { room, host } = prepared();
    room.command({ cmd: 'prepare', maxPlayers: 9, name: 'Other' });
    expect(host.news()).toEqual([{ cmd: 'prepare_reply', key: CODE }]);
    expect(room.info).toMatchObject({ name: 'Trivia', maxPlayers: 3 });
  });

  test('clamps the players to the cap', () => {
    const { room } = prepared({ maxPlayers: 4_294_967_295 });
    expect(room.info?.maxPlayers).toBe(100);
  });

  test('without a code to be had closes the host', () => {
    const { room, host, keeper } = connected();
    keeper.code = CLOSINGS.relayFull;
    host.news();
    room.command({ cmd: 'prepare', maxPlayers: 3, name: '' });
    expect(host.news()).toEqual([CLOSINGS.relayFull]);
  });
});

describe('joining', () => {
  test('tells the host who came, then the state', () => {
    const { room, host } = prepared();
    seated(room);
    expect(host.news()).toEqual([{ cmd: 'player_joined', player: 1 }, state([1])]);
  });

  test('a full room refuses, and the host hears nothing', () => {
    const { room, host } = prepared({ maxPlayers: 1 });
    seated(room);
    expect(host.news().at(-1)).toEqual(state([1], { max_players: 1, accept_conns: false }));
    expect(room.join(new TestPlayer())).toBe(CLOSINGS.roomFull);
    expect(host.news()).toEqual([]);
    expect(room.info).toMatchObject({ players: 1, acceptsPlayers: false });
  });

  test('a started room refuses until it is opened again', () => {
    const { room, host } = prepared();
    room.command({ cmd: 'start' });
    expect(host.news()).toEqual([state([], { accept_conns: false })]);
    expect(room.join(new TestPlayer())).toBe(CLOSINGS.alreadyStarted);
    room.command({ cmd: 'open' });
    expect(host.news()).toEqual([state([])]);
    seated(room);
  });

  test('an id is never given twice', () => {
    const { room } = prepared();
    const first = seated(room);
    const second = seated(room);
    first.seat.leave(first.player, true);
    second.seat.leave(second.player, true);
    expect(seated(room).seat.id).toBe(3);
  });
});

describe('leaving', () => {
  test('tells the host who left, then the state, once', () => {
    const { room, host } = prepared();
    const { seat, player } = seated(room);
    host.news();
    seat.leave(player, true);
    seat.leave(player, true);
    expect(host.news()).toEqual([{ cmd: 'player_left', player: 1 }, state([])]);
  });

  test('a kick closes the player, and what still comes from there is dropped', () => {
    const { room, host } = prepared();
    const { seat, player } = seated(room);
    host.news();
    room.command({ cmd: 'kick', player: 1 });
    expect(player.news()).toEqual([CLOSINGS.kicked]);
    expect(host.news()).toEqual([{ cmd: 'player_left', player: 1 }, state([])]);
    seat.receive(text('late'), player);
    seat.leave(player, true);
    room.send({ cmd: 'send', to: [1], payload: text('gone') });
    expect(host.news()).toEqual([]);
    expect(player.news()).toEqual([]);
  });

  test('kicking an unknown player answers the state', () => {
    const { room, host } = prepared();
    room.command({ cmd: 'kick', player: 7 });
    expect(host.news()).toEqual([state([])]);
  });
});

describe('messages', () => {
  test('from a player reach the host with the id', () => {
    const { room, host } = prepared();
    const { seat, player } = seated(room);
    host.news();
    seat.receive(text('hi'), player);
    expect(host.news()).toEqual([{ from: 1, text: 'hi' }]);
  });

  test('reach everybody, or exactly those named, each once', () => {
    const { room } = prepared();
    const players = [seated(room), seated(room), seated(room)].map(({ player }) => player);
    const heard = () => players.map((player) => player.news().length);
    room.send({ cmd: 'send', to: 'everybody', payload: text('all') });
    expect(heard()).toEqual([1, 1, 1]);
    room.send({ cmd: 'send', to: [3, 1, 3, 1, 9], payload: text('some') });
    expect(heard()).toEqual([1, 0, 1]);
    room.send({ cmd: 'send', to: [], payload: text('nobody') });
    expect(heard()).toEqual([0, 0, 0]);
    room.send({ cmd: 'send', to: [3], payload: text('again') });
    expect(heard()).toEqual([0, 0, 1]);
  });

  test('that are no commands are answered with the error', () => {
    const { room, host } = prepared();
    room.reject(new CommandError('bad_field', 'to: expected a list'));
    expect(host.news()).toEqual([
      { cmd: 'error', reason: 'to: expected a list', code: 'bad_field' },
    ]);
  });
});

describe('the end', () => {
  test.each([
    ['stop', (room: Room) => room.command({ cmd: 'stop' }), CLOSINGS.gameOver, CLOSINGS.stopped],
    [
      'a host that is gone',
      (room: Room, host: TestHost) => room.hostGone(host, false),
      CLOSINGS.hostGone,
      CLOSINGS.hostGone,
    ],
    [
      'the relay',
      (room: Room) => room.end(CLOSINGS.restarting),
      CLOSINGS.restarting,
      CLOSINGS.restarting,
    ],
  ])('by %s closes players and host and frees the code', (_, end, forPlayers, forHost) => {
    const { room, host, keeper } = prepared();
    const { player, seat } = seated(room);
    host.news();
    end(room, host);
    end(room, host);
    expect(player.news()).toEqual([forPlayers]);
    expect(host.news()).toEqual([forHost]);
    expect(keeper.released).toEqual([CODE]);
    seat.receive(text('late'), player);
    seat.leave(player, true);
    expect(host.news()).toEqual([]);
  });

  test.each<MembershipCommand>([
    { cmd: 'prepare', maxPlayers: 1, name: '' },
    { cmd: 'start' },
    { cmd: 'open' },
    { cmd: 'kick', player: 1 },
    { cmd: 'stop' },
  ])('after it, $cmd does nothing', (command) => {
    const { room, host, keeper } = prepared();
    const { player } = seated(room);
    room.hostGone(host, false);
    host.news();
    player.news();
    room.command(command);
    room.send({ cmd: 'send', to: 'everybody', payload: text('late') });
    room.reject(new CommandError('bad_json', 'late'));
    expect([host.news(), player.news()]).toEqual([[], []]);
    expect(keeper.released).toHaveLength(1);
    expect(room.join(new TestPlayer())).toBe(CLOSINGS.noSuchRoom);
    expect(room.info).toBeUndefined();
  });
});
