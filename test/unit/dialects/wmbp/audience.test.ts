import { describe, expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import { Payload } from '../../../../src/protocol/payload.js';
import type { RequestedFeatures } from '../../../../src/protocol/wmbp/features.js';
import type { Room } from '../../../../src/rooms/room.js';
import { type PeerCall, TestPlayer, TestViewer, text, WmbpHost } from '../../../support/peers.js';
import { TestRooms, watch } from '../../../support/rooms.js';

function prepared(features: RequestedFeatures | 'none' = { audience: 100 }, hold = 60) {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  host.command({
    cmd: 'prepare',
    maxPlayers: 2,
    name: '',
    hold,
    ...(features !== 'none' && { features }),
  });
  const reply = host.takeCalls().at(-1) as unknown as { resume: string };
  return { rooms, host, room: rooms.room as Room, reply };
}

const resumed = (room: Room, token: string): PeerCall[] => {
  const host = new WmbpHost();
  expect(host.session.resume(room, token)).toBe(true);
  return host.takeCalls();
};

describe('an audience', () => {
  test('gets what the host sends to it, and nothing else', () => {
    const { room } = prepared();
    const player = new TestPlayer();
    const viewers = [new TestViewer(), new TestViewer()];
    room.join(player);
    for (const viewer of viewers) watch(room, viewer);
    expect(room.send('everybody', text('players'))).toBe(1);
    expect(room.deliveries.sendToAudience('too', 'everybody', text('all'))).toBe(3);
    expect(room.deliveries.sendToAudience('only', 'everybody', text('audience'))).toBe(2);
    expect(room.deliveries.sendToAudience('too', [7], text('nobody and the audience'))).toBe(2);
    expect(player.takeCalls()).toEqual([{ text: 'players' }, { text: 'all' }]);
    for (const viewer of viewers) {
      expect(viewer.takeCalls()).toEqual([
        { text: 'all' },
        { text: 'audience' },
        { text: 'nobody and the audience' },
      ]);
    }
    expect(room.traffic.toPlayers.text).toBe(1 + 3 + 2 + 2);
  });

  test('is no part of the players', () => {
    const { host, room } = prepared();
    for (let i = 0; i < 50; i++) watch(room, new TestViewer());
    room.join(new TestPlayer());
    expect(host.takeCalls().at(-1)).toMatchObject({
      cmd: 'state',
      players: [1],
      accept_conns: true,
    });
    expect([room.info.players, room.everJoined]).toEqual([1, 1]);
  });

  test('can be joined while the room is full or started, and its host disconnected or busy', () => {
    const { host, room } = prepared();
    room.setHostKeepsUp(host, false);
    watch(room, new TestViewer());
    room.setHostKeepsUp(host, true);
    room.join(new TestPlayer());
    room.join(new TestPlayer());
    room.change({ started: true });
    watch(room, new TestViewer());
    room.hostGone(host, false);
    watch(room, new TestViewer());
    expect(room.audience?.size).toBe(3);
  });

  test('has a maximum, which the relay reduces to its own', () => {
    const { room } = prepared({ audience: 2 });
    const viewer = watch(room, new TestViewer());
    watch(room, new TestViewer());
    const refused = { is: 'refused', reason: CLOSE_REASONS.roomFull };
    expect(room.watch(new TestViewer())).toEqual(refused);
    viewer.leave();
    expect(room.watch(new TestViewer()).is).toBe('watching');
    expect(prepared({ audience: 5000 }).room.features).toEqual({ audience: 1000 });
  });

  test('ends with the room, and then takes nobody', () => {
    const { rooms, room } = prepared();
    const viewer = new TestViewer();
    const place = watch(room, viewer);
    room.end(CLOSE_REASONS.gameOver, CLOSE_REASONS.stopped);
    expect(viewer.takeCalls()).toEqual([CLOSE_REASONS.gameOver]);
    place.leave();
    expect(room.watch(new TestViewer()).is).toBe('refused');
    expect(rooms.timers).toBe(0);
  });
});

describe('the number of viewers', () => {
  test('is sent at once, and then at most once a second', () => {
    const { rooms, host, room } = prepared();
    const viewers = Array.from({ length: 100 }, () => watch(room, new TestViewer()));
    expect(host.takeCalls()).toEqual([{ cmd: 'audience', count: 1 }]);
    rooms.pass(999);
    expect(host.takeCalls()).toEqual([]);
    rooms.pass(1);
    expect(host.takeCalls()).toEqual([{ cmd: 'audience', count: 100 }]);
    for (const viewer of viewers.slice(0, 40)) viewer.leave();
    viewers[0]?.leave();
    rooms.pass(1000);
    expect(host.takeCalls()).toEqual([{ cmd: 'audience', count: 60 }]);
    rooms.pass(1000);
    expect(host.takeCalls()).toEqual([]);
    viewers.at(-1)?.leave();
    expect(host.takeCalls()).toEqual([{ cmd: 'audience', count: 59 }]);
  });

  test('is not buffered for a disconnected host, which gets the latest when it resumes', () => {
    const { rooms, host, room, reply } = prepared();
    room.hostGone(host, false);
    for (let second = 0; second < 50; second++) {
      watch(room, new TestViewer());
      rooms.pass(1000);
    }
    expect(room.offlineBuffers.host?.bytes).toBe(0);
    expect(resumed(room, reply.resume)).toEqual([
      expect.objectContaining({ cmd: 'prepare_reply', with: expect.arrayContaining(['audience']) }),
      { cmd: 'audience', count: 50 },
      expect.objectContaining({ cmd: 'state' }),
    ]);
  });
});

describe('a poll', () => {
  const CHOICES = ['A', 'B', 'Käse 🧀'];
  const ask = (host: WmbpHost, choices: readonly string[]): PeerCall[] => {
    host.takeCalls();
    host.command({ cmd: 'poll', choices });
    return host.takeCalls();
  };
  const tallies = (host: WmbpHost): PeerCall[] =>
    host.takeCalls().filter((event) => 'cmd' in event && event.cmd === 'tally');

  test('counts texts of viewers that equal a choice byte by byte', () => {
    const { rooms, host, room } = prepared();
    const viewers = Array.from({ length: 6 }, () => watch(room, new TestViewer()));
    expect(ask(host, CHOICES)).toEqual([{ cmd: 'tally', counts: [0, 0, 0] }]);
    const votes = ['A', 'Käse 🧀', 'a', ' A', 'A\0', 'Ka\u0308se 🧀'];
    for (const [at, vote] of votes.entries()) viewers[at]?.receive(text(vote));
    expect(tallies(host)).toEqual([{ cmd: 'tally', counts: [1, 0, 0] }]);
    rooms.pass(1000);
    expect(tallies(host)).toEqual([{ cmd: 'tally', counts: [1, 0, 1] }]);
  });

  test('does not count bytes, nor players', () => {
    const { rooms, host, room } = prepared();
    const viewer = watch(room, new TestViewer());
    ask(host, CHOICES);
    viewer.receive(new Payload(Buffer.from('A'), false));
    const player = new TestPlayer();
    const seat = room.join(player);
    if (seat.is === 'seated') seat.seat.receive(text('A'), player);
    rooms.pass(2000);
    expect(tallies(host)).toEqual([]);
  });

  test('counts the latest vote of each connection, while it is there', () => {
    const { rooms, host, room } = prepared();
    const [ana, ben] = [watch(room, new TestViewer()), watch(room, new TestViewer())];
    ask(host, CHOICES);
    for (const vote of ['A', 'B', 'A', 'B', 'nothing']) ana.receive(text(vote));
    ben.receive(text('A'));
    rooms.pass(1000);
    expect(tallies(host).at(-1)).toEqual({ cmd: 'tally', counts: [1, 1, 0] });
    ben.leave();
    ben.leave();
    ben.receive(text('A'));
    rooms.pass(1000);
    expect(tallies(host)).toEqual([{ cmd: 'tally', counts: [0, 1, 0] }]);
  });

  test('has one tally a second, however many vote', () => {
    const { rooms, host, room } = prepared();
    const viewers = Array.from({ length: 100 }, () => watch(room, new TestViewer()));
    ask(host, CHOICES);
    for (let i = 0; i < 10; i++) {
      for (const viewer of viewers) viewer.receive(text(i % 2 === 0 ? 'A' : 'B'));
      rooms.pass(100);
    }
    const [first, second, ...more] = tallies(host);
    expect(first).toEqual({ cmd: 'tally', counts: [1, 0, 0] });
    expect([second, more]).toEqual([{ cmd: 'tally', counts: [0, 100, 0] }, []]);
    rooms.pass(1000);
    expect(tallies(host)).toEqual([]);
    viewers[0]?.receive(text('B'));
    expect(tallies(host)).toEqual([]);
  });

  test('is replaced by the next one, and ended by one without choices', () => {
    const { rooms, host, room } = prepared();
    const viewer = watch(room, new TestViewer());
    ask(host, ['A', 'B']);
    viewer.receive(text('B'));
    expect(ask(host, ['B', 'A'])).toEqual([{ cmd: 'tally', counts: [0, 0] }]);
    viewer.receive(text('B'));
    viewer.receive(text('A'));
    expect(ask(host, [])).toEqual([{ cmd: 'tally', counts: [0, 1] }]);
    viewer.receive(text('B'));
    rooms.pass(2000);
    expect(tallies(host)).toEqual([]);
    expect(ask(host, [])).toEqual([{ cmd: 'tally', counts: [] }]);
  });

  test('goes on while the host is disconnected, and after a restart without votes', () => {
    const { rooms, host, room, reply } = prepared();
    const viewer = watch(room, new TestViewer());
    ask(host, CHOICES);
    room.hostGone(host, false);
    viewer.receive(text('A'));
    const { saved } = room;
    if (saved === undefined) throw new Error('not saved');
    expect(resumed(room, reply.resume)).toEqual([
      expect.objectContaining({ cmd: 'prepare_reply' }),
      { cmd: 'audience', count: 1 },
      { cmd: 'tally', counts: [1, 0, 0] },
      expect.objectContaining({ cmd: 'state' }),
    ]);
    const restored = rooms.restore(saved);
    expect(resumed(restored, reply.resume).slice(1, -1)).toEqual([
      { cmd: 'audience', count: 0 },
      { cmd: 'tally', counts: [0, 0, 0] },
    ]);
    watch(restored, new TestViewer()).receive(text('B'));
    expect(restored.audience?.tally).toEqual([0, 1, 0]);
  });

  test('counts as memory', () => {
    const { rooms, host, room } = prepared();
    ask(host, CHOICES);
    expect(rooms.totals.storedBytes).toBe(2 + 10);
    ask(host, ['A', 'B']);
    expect(rooms.totals.storedBytes).toBe(2);
    room.end(CLOSE_REASONS.gameOver);
    expect(rooms.totals.storedBytes).toBe(0);
  });
});

describe('a room without an audience', () => {
  test('takes no viewers, sends to players as always, and refuses polls', () => {
    for (const features of ['none', {}] as const) {
      const { host, room } = prepared(features);
      const player = new TestPlayer();
      room.join(player);
      host.takeCalls();
      expect(room.watch(new TestViewer()).is).toBe('refused');
      room.deliveries.sendToAudience('only', 'everybody', text('hi'));
      expect(player.takeCalls()).toEqual([{ text: 'hi' }]);
      host.command({ cmd: 'poll', choices: ['A'] });
      expect(host.takeCalls()).toEqual([expect.objectContaining({ code: 'not_requested' })]);
    }
  });

  test('is what a relay with --max-audience 0 has', () => {
    const rooms = new TestRooms();
    rooms.maxAudience = 0;
    const host = new WmbpHost(rooms);
    host.command({ cmd: 'prepare', maxPlayers: 2, name: '', features: { audience: 5 } });
    expect(host.takeCalls().at(-1)).toMatchObject({
      with: expect.not.arrayContaining(['audience']),
    });
    expect(rooms.room?.audience).toBeUndefined();
  });
});

describe('the values of an audience', () => {
  const keep = (room: Room, key: string, value: string | undefined, audience?: 'too' | 'only') =>
    room.deliveries.keep('everybody', key, value === undefined ? undefined : text(value), {
      audience,
    });
  const received = (room: Room): PeerCall[] => {
    const viewer = new TestViewer();
    watch(room, viewer);
    return viewer.takeCalls();
  };

  test('come first, in the order in which they were last set, and only those for the audience', () => {
    const { room } = prepared();
    const [player, viewer] = [new TestPlayer(), new TestViewer()];
    room.join(player);
    watch(room, viewer);
    keep(room, 'phase', 'lobby', 'too');
    keep(room, 'secret', 'for players');
    keep(room, 'stage', 'for viewers', 'only');
    keep(room, 'phase', 'question 1', 'too');
    expect(player.takeCalls()).toEqual([
      { text: 'lobby' },
      { text: 'for players' },
      { text: 'question 1' },
    ]);
    expect(viewer.takeCalls()).toEqual([
      { text: 'lobby' },
      { text: 'for viewers' },
      { text: 'question 1' },
    ]);
    expect(received(room)).toEqual([{ text: 'for viewers' }, { text: 'question 1' }]);
    const late = new TestPlayer();
    room.join(late);
    expect(late.takeCalls()).toEqual([{ text: 'for players' }, { text: 'question 1' }]);
    keep(room, 'stage', undefined, 'only');
    keep(room, 'phase', undefined, 'too');
    expect(received(room)).toEqual([]);
  });

  test('are stored or refused together with those of players', () => {
    const { rooms, room } = prepared();
    rooms.keep = 1000;
    const viewer = new TestViewer();
    watch(room, viewer);
    keep(room, 'a', 'x'.repeat(244), 'only');
    const { storedBytes } = rooms.totals;
    expect(keep(room, 'b', 'y'.repeat(244), 'too')).toMatchObject({ is: 'tooManyBytes' });
    expect(rooms.totals.storedBytes).toBe(storedBytes);
    expect(viewer.takeCalls()).toHaveLength(1);
    expect(room.values.after(0, { player: 1 as never, all: true })).toEqual([]);
    expect(keep(room, 'b', 'y'.repeat(244))).toBe(0);
  });

  test('survive a restart', () => {
    const { rooms, room } = prepared();
    keep(room, 'phase', 'lobby', 'too');
    keep(room, 'stage', 'red', 'only');
    const { saved } = room;
    if (saved === undefined) throw new Error('not saved');
    expect(received(rooms.restore(saved))).toEqual([{ text: 'lobby' }, { text: 'red' }]);
  });

  test('are those of players in a room without an audience', () => {
    const { room } = prepared({});
    keep(room, 'phase', 'lobby', 'only');
    const player = new TestPlayer();
    room.join(player);
    expect(player.takeCalls()).toEqual([{ text: 'lobby' }]);
  });
});
