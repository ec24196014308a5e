import { describe, expect, test } from 'vitest';
import { HostSession } from '../../../../src/dialects/wmbp/host-session.js';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import { CommandError } from '../../../../src/protocol/wmbp/command-error.js';
import type { MembershipCommand } from '../../../../src/protocol/wmbp/commands.js';
import type { PrepareReply } from '../../../../src/protocol/wmbp/events.js';
import type { Room } from '../../../../src/rooms/room.js';
import type { Seat } from '../../../../src/rooms/seat.js';
import { TestPlayer, text, WmbpHost } from '../../../support/peers.js';
import { CODE, join, refusal, TestRooms } from '../../../support/rooms.js';

function connected() {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  host.session.begin();
  return { host, rooms };
}

function prepared({ maxPlayers = 3, name = 'Trivia' } = {}) {
  const { host, rooms } = connected();
  host.command({ cmd: 'prepare', maxPlayers, name });
  host.takeCalls();
  return { host, rooms, room: rooms.room as Room };
}

function seated(room: Room): { player: TestPlayer; seat: Seat } {
  const player = new TestPlayer();
  return { player, seat: join(room, player) };
}

function state(players: number[], { name = 'Trivia', max_players = 3, accept_conns = true } = {}) {
  return { cmd: 'state', name, players, max_players, accept_conns };
}

const EMPTY = state([], { name: '', max_players: 0, accept_conns: false });

describe('before prepare', () => {
  test('the host gets an empty state', () => {
    expect(connected().host.takeCalls()).toEqual([EMPTY]);
  });

  test.each<MembershipCommand>([{ cmd: 'start' }, { cmd: 'open' }, { cmd: 'kick', player: 1 }])(
    '$cmd answers the empty state',
    (command) => {
      const { host } = connected();
      host.takeCalls();
      host.command(command);
      expect(host.takeCalls()).toEqual([EMPTY]);
    },
  );

  test('start has no effect on a room that is prepared later', () => {
    const { host } = connected();
    host.command({ cmd: 'start' });
    host.command({ cmd: 'prepare', maxPlayers: 3, name: 'Trivia' });
    expect(host.takeCalls()).toContainEqual(state([]));
  });

  test('messages reach nobody', () => {
    const { host, rooms } = connected();
    expect([host.session.room, rooms.room]).toEqual([undefined, undefined]);
  });

  test('stop closes the host', () => {
    const { host } = connected();
    host.takeCalls();
    host.command({ cmd: 'stop' });
    expect(host.takeCalls()).toEqual([CLOSE_REASONS.stopped]);
  });
});

describe('prepare', () => {
  test('is answered with the state, then the code', () => {
    const { host } = connected();
    host.takeCalls();
    host.command({ cmd: 'prepare', maxPlayers: 3, name: 'Trivia' });
    expect(host.takeCalls()).toEqual([state([]), { cmd: 'prepare_reply', key: CODE }]);
  });

  test('makes the room joinable before its code is sent', () => {
    const rooms = new TestRooms();
    const host = new WmbpHost(rooms);
    const players: (number | undefined)[] = [];
    host.send = ({ cmd }) => {
      if (cmd !== 'prepare_reply') return;
      join(rooms.room, new TestPlayer());
      players.push(rooms.room?.info.players);
    };
    host.command({ cmd: 'prepare', maxPlayers: 1, name: '' });
    expect(players).toEqual([1]);
  });

  test('repeated returns the same code and changes nothing', () => {
    const { room, host } = prepared();
    host.command({ cmd: 'prepare', maxPlayers: 9, name: 'Other' });
    expect(host.takeCalls()).toEqual([{ cmd: 'prepare_reply', key: CODE }]);
    expect(room.info).toMatchObject({ name: 'Trivia', maxPlayers: 3 });
  });

  test("limits max_players to the relay's maximum", () => {
    const { room } = prepared({ maxPlayers: 4_294_967_295 });
    expect(room.info.maxPlayers).toBe(100);
  });

  test('without a free code closes the host', () => {
    const { host, rooms } = connected();
    rooms.code = CLOSE_REASONS.relayFull;
    host.takeCalls();
    host.command({ cmd: 'prepare', maxPlayers: 3, name: '' });
    expect(host.takeCalls()).toEqual([CLOSE_REASONS.relayFull]);
  });
});

describe('joining', () => {
  test('sends the host player_joined, then the state', () => {
    const { room, host } = prepared();
    seated(room);
    expect(host.takeCalls()).toEqual([{ cmd: 'player_joined', player: 1 }, state([1])]);
  });

  test('a full room refuses players without notifying the host', () => {
    const { room, host } = prepared({ maxPlayers: 1 });
    seated(room);
    expect(host.takeCalls().at(-1)).toEqual(state([1], { max_players: 1, accept_conns: false }));
    expect(refusal(room, new TestPlayer())).toBe(CLOSE_REASONS.roomFull);
    expect(host.takeCalls()).toEqual([]);
    expect(room.info).toMatchObject({ players: 1, acceptsPlayers: false });
  });

  test('a started room refuses until it is opened again', () => {
    const { room, host } = prepared();
    host.command({ cmd: 'start' });
    expect(host.takeCalls()).toEqual([state([], { accept_conns: false })]);
    expect(refusal(room, new TestPlayer())).toBe(CLOSE_REASONS.alreadyStarted);
    host.command({ cmd: 'open' });
    expect(host.takeCalls()).toEqual([state([])]);
    seated(room);
  });

  test('an id is never reused', () => {
    const { room } = prepared();
    const first = seated(room);
    const second = seated(room);
    first.seat.leave(first.player, true);
    second.seat.leave(second.player, true);
    expect(seated(room).seat.id).toBe(3);
  });
});

describe('leaving', () => {
  test('sends the host player_left, then the state, once', () => {
    const { room, host } = prepared();
    const { seat, player } = seated(room);
    host.takeCalls();
    seat.leave(player, true);
    seat.leave(player, true);
    expect(host.takeCalls()).toEqual([{ cmd: 'player_left', player: 1 }, state([])]);
  });

  test('a kick closes the player, and later messages from it are dropped', () => {
    const { room, host } = prepared();
    const { seat, player } = seated(room);
    host.takeCalls();
    host.command({ cmd: 'kick', player: 1 });
    expect(player.takeCalls()).toEqual([CLOSE_REASONS.kicked]);
    expect(host.takeCalls()).toEqual([{ cmd: 'player_left', player: 1 }, state([])]);
    seat.receive(text('late'), player);
    seat.leave(player, true);
    host.session.room?.send([1], text('gone'));
    expect(host.takeCalls()).toEqual([]);
    expect(player.takeCalls()).toEqual([]);
  });

  test('kicking an unknown player answers the state', () => {
    const { host } = prepared();
    host.command({ cmd: 'kick', player: 7 });
    expect(host.takeCalls()).toEqual([state([])]);
  });
});

describe('messages', () => {
  test('from a player reach the host with the id', () => {
    const { room, host } = prepared();
    const { seat, player } = seated(room);
    host.takeCalls();
    seat.receive(text('hi'), player);
    expect(host.takeCalls()).toEqual([{ from: 1, text: 'hi' }]);
  });

  test('reach all players, or each listed player once', () => {
    const { room, host } = prepared();
    const send = (to: 'everybody' | number[]) => host.session.room?.send(to, text('hi'));
    const players = [seated(room), seated(room), seated(room)].map(({ player }) => player);
    const received = () => players.map((player) => player.takeCalls().length);
    expect([send('everybody'), received()]).toEqual([3, [1, 1, 1]]);
    expect([send([3, 1, 3, 1, 9]), received()]).toEqual([2, [1, 0, 1]]);
    expect([send([]), received()]).toEqual([0, [0, 0, 0]]);
    expect([send([3]), received()]).toEqual([1, [0, 0, 1]]);
  });

  test('that are not commands are answered with an error', () => {
    const { host } = prepared();
    host.session.reject(new CommandError('bad_field', 'to: expected a list'), 0);
    expect(host.takeCalls()).toEqual([
      { cmd: 'error', reason: 'to: expected a list', code: 'bad_field' },
    ]);
  });
});

describe('the end', () => {
  test.each([
    [
      'stop',
      (host: WmbpHost) => host.command({ cmd: 'stop' }),
      CLOSE_REASONS.gameOver,
      CLOSE_REASONS.stopped,
    ],
    [
      'a host that is gone',
      (host: WmbpHost) => host.session.end(false),
      CLOSE_REASONS.hostGone,
      CLOSE_REASONS.hostGone,
    ],
    [
      'an exception',
      (host: WmbpHost) => host.session.fail(),
      CLOSE_REASONS.internalError,
      CLOSE_REASONS.internalError,
    ],
    [
      'the relay',
      (_: WmbpHost, room: Room) => room.end(CLOSE_REASONS.restarting),
      CLOSE_REASONS.restarting,
      CLOSE_REASONS.restarting,
    ],
  ])('by %s closes players and host, and frees the code', (_, end, forPlayers, forHost) => {
    const { room, host, rooms } = prepared();
    const { player, seat } = seated(room);
    host.takeCalls();
    end(host, room);
    end(host, room);
    expect(player.takeCalls()).toEqual([forPlayers]);
    expect(host.takeCalls()).toEqual([forHost]);
    expect(rooms.endedCodes).toEqual([CODE]);
    seat.receive(text('late'), player);
    seat.leave(player, true);
    expect(host.takeCalls()).toEqual([]);
  });

  test.each<MembershipCommand>([
    { cmd: 'prepare', maxPlayers: 1, name: '' },
    { cmd: 'start' },
    { cmd: 'open' },
    { cmd: 'kick', player: 1 },
    { cmd: 'stop' },
  ])('after it, $cmd does nothing', (command) => {
    const { room, host, rooms } = prepared();
    const { player } = seated(room);
    host.session.end(false);
    host.takeCalls();
    player.takeCalls();
    host.command(command);
    host.session.room?.send('everybody', text('late'));
    host.session.reject(new CommandError('bad_json', 'late'), 0);
    expect([host.takeCalls(), player.takeCalls()]).toEqual([[], []]);
    expect(rooms.endedCodes).toHaveLength(1);
    expect(refusal(room, new TestPlayer())).toBe(CLOSE_REASONS.noSuchRoom);
  });
});

describe('state', () => {
  test('follows all changes of a turn once, and precedes other events', () => {
    const { room, host } = prepared();
    const [first, second] = [seated(room), seated(room)];
    second.seat.leave(second.player, true);
    first.seat.receive(text('hi'), first.player);
    expect(host.calls.splice(0)).toEqual([
      { cmd: 'player_joined', player: 1 },
      { cmd: 'player_joined', player: 2 },
      { cmd: 'player_left', player: 2 },
      state([1]),
      { from: 1, text: 'hi' },
    ]);
    host.session.flushState();
    expect(host.calls).toEqual([]);
  });

  test('answers each command, even after other changes in the same turn', () => {
    const { room, host } = prepared();
    seated(room);
    host.command({ cmd: 'kick', player: 1 });
    // The earlier changes, then the answer.
    expect(host.takeCalls()).toEqual([
      { cmd: 'player_joined', player: 1 },
      { cmd: 'player_left', player: 1 },
      state([]),
      state([]),
    ]);
  });

  test('is not sent to a host that is closed', () => {
    const { room, host } = prepared();
    seated(room);
    room.end(CLOSE_REASONS.restarting);
    expect(host.takeCalls()).toEqual([
      { cmd: 'player_joined', player: 1 },
      CLOSE_REASONS.restarting,
    ]);
  });
});

describe('errors', () => {
  test('are answered up to the limit in ten seconds', () => {
    const output = new WmbpHost();
    const session = new HostSession(output, {
      commandErrors: 2,
      openRoom: () => ({ is: 'refused', reason: CLOSE_REASONS.relayFull }),
    });
    const reject = (now: number) => session.reject(new CommandError('bad_json', 'JSON'), now);
    for (const now of [0, 0, 0, 4999]) reject(now);
    expect(output.takeCalls()).toHaveLength(2);
    reject(5000);
    expect(output.takeCalls()).toHaveLength(1);
  });
});

describe('resuming', () => {
  test('sends the code, the missed events, and one state', () => {
    const { host, rooms } = connected();
    host.command({ cmd: 'prepare', maxPlayers: 3, name: 'Trivia', hold: 60 });
    const { resume: token = '' } = host.takeCalls().at(-1) as PrepareReply;
    const { room } = rooms;
    host.session.end(false);
    const { seat, player } = seated(room as Room);
    seat.receive(text('hi'), player);
    seat.leave(player, true);
    const back = new WmbpHost(rooms);
    expect(back.session.resume(room as Room, `${token}x`)).toBe(false);
    expect(back.takeCalls()).toEqual([]);
    expect(back.session.resume(room as Room, token)).toBe(true);
    expect(back.takeCalls()).toEqual([
      { cmd: 'prepare_reply', key: CODE, resume: token, resumed: true },
      { cmd: 'player_joined', player: 1 },
      { from: 1, text: 'hi' },
      { cmd: 'player_left', player: 1 },
      { ...state([]), away: [] },
    ]);
    back.command({ cmd: 'start' });
    expect(back.takeCalls()).toEqual([{ ...state([], { accept_conns: false }), away: [] }]);
  });
});
