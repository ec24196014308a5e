import { describe, expect, test } from 'vitest';
import type { RemoteSeats } from '../../../src/cluster/remote/remote-seats.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { TimeRange } from '../../../src/rooms/connected.js';
import type { JoinRequest } from '../../../src/rooms/join-request.js';
import type { JoinableRoom, PlayerSeat } from '../../../src/rooms/player-seat.js';
import type { RoomSettings } from '../../../src/rooms/room-info.js';
import { hashSecret } from '../../../src/rooms/secret.js';
import { ClusterLinks } from '../../../src/server/cluster/cluster-links.js';
import { PREFIX, TestRelay } from '../../support/link-pair.js';
import { MemoryBroker, type MemoryBus } from '../../support/memory-bus.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { CODE, openRoom, TestRooms } from '../../support/rooms.js';
import { TestTimers } from '../../support/test-timers.js';

/** One relay with its links. */
class Relay {
  readonly bus: MemoryBus;
  readonly links: ClusterLinks;
  readonly rooms = new TestRooms();
  /** What is known of the clocks of other relays. */
  ownTime: (at: number) => TimeRange | undefined = () => undefined;

  constructor(
    readonly run: string,
    broker: MemoryBroker,
  ) {
    const { timers } = broker;
    this.bus = broker.connect(run);
    this.links = new ClusterLinks({
      bus: this.bus,
      prefix: PREFIX,
      run,
      timers,
      schedule: (flushable) => void timers.after(0, () => flushable.flush()),
      maxMessage: 1 << 20,
      stall: 15_000,
      findRoom: () => this.rooms.room ?? CLOSE_REASONS.noSuchRoom,
      followed: () => {},
      ownTime: (_, at) => this.ownTime(at),
      clientClosed: () => {},
      usedChanged: () => {},
      broken: () => {},
    });
  }

  /** The room of another relay. */
  room(home: { readonly run: string }): JoinableRoom {
    return (this.links.to(home.run) as RemoteSeats).room(CODE, 1);
  }
}

/** A relay with a room, and one whose players join it. */
function remote(settings: Partial<RoomSettings> = {}) {
  const timers = new TestTimers();
  const broker = new MemoryBroker(timers);
  const home = new Relay('home', broker);
  const edge = new Relay('edge', broker);
  const host = new TestHost();
  const room = openRoom(host, settings, home.rooms);
  const settle = () => timers.pass(0.1);
  const join = (player: TestPlayer, request: JoinRequest = {}): PlayerSeat => {
    const result = edge.room(home).join(player, request);
    if (result.is === 'refused') throw new Error(result.reason.reason);
    return result.seat;
  };
  return { broker, edge, home, host, join, room, settle, timers };
}

const KEY = hashSecret('the key of one player');

test('a player joins, speaks, hears and leaves as one of the same relay does', () => {
  const { edge, home, host, join, room, settle } = remote({ reconnectWindow: 60 });
  const player = new TestPlayer('192.0.2.1');
  const seat = join(player);
  seat.receive(text('hello'), player);
  settle();
  room.send('everybody', text('welcome'));
  settle();
  seat.leave(player, false);
  settle();
  expect(host.takeCalls()).toEqual([
    { type: 'playerJoined', player: 1 },
    { from: 1, text: 'hello' },
    // It has no key to reconnect with.
    { type: 'playerLeft', player: 1 },
  ]);
  expect(player.takeCalls()).toEqual([{ text: 'welcome' }]);
  expect([edge.links.clients.edge, home.links.clients.home]).toEqual([0, 0]);
});

test('a refusal is a close', () => {
  const { edge, join, room, settle } = remote({ maxPlayers: 1 });
  const [first, second] = [new TestPlayer(), new TestPlayer()];
  join(first);
  settle();
  const seat = join(second);
  seat.receive(text('too late'), second);
  settle();
  expect(second.takeCalls()).toEqual([CLOSE_REASONS.roomFull]);
  room.end(CLOSE_REASONS.gameOver);
  settle();
  expect(first.takeCalls()).toEqual([CLOSE_REASONS.gameOver]);
  const third = new TestPlayer();
  join(third);
  settle();
  expect(third.takeCalls()).toEqual([CLOSE_REASONS.noSuchRoom]);
  expect(edge.links.clients.edge).toBe(0);
});

test('a broadcast crosses the link once', () => {
  const { broker, join, room, settle } = remote({ maxPlayers: 50 });
  const players = Array.from({ length: 50 }, () => new TestPlayer());
  for (const player of players) join(player);
  settle();
  let bytes = 0;
  broker.fate = (message) => {
    bytes += message.bytes.length;
    return [0];
  };
  room.send('everybody', text('x'.repeat(1000)));
  settle();
  expect(players.map((player) => player.takeCalls().length)).toEqual(Array(50).fill(1));
  expect(bytes).toBeLessThan(1500);
});

describe('a player with a key', () => {
  test('gets its seat again, and what it has missed', () => {
    const { host, join, room, settle } = remote({ reconnectWindow: 60 });
    const [player, again] = [new TestPlayer(), new TestPlayer()];
    const seat = join(player, { key: KEY });
    settle();
    seat.leave(player, false);
    settle();
    room.send('everybody', text('meanwhile'));
    join(again, { key: KEY });
    settle();
    expect(again.takeCalls()).toEqual([{ text: 'meanwhile' }]);
    expect(host.takeCalls()).toEqual([
      { type: 'playerJoined', player: 1 },
      { type: 'playerDisconnected', player: 1 },
      { type: 'playerReconnected', player: 1, missed: 0 },
    ]);
  });

  test('is disconnected when the link breaks, at both ends', () => {
    const { edge, host, join, settle, timers } = remote({ reconnectWindow: 60 });
    const player = new TestPlayer();
    const seat = join(player, { key: KEY });
    settle();
    edge.bus.setCut(true);
    timers.pass(6);
    edge.bus.setCut(false);
    seat.leave(player, false);
    settle();
    expect(player.takeCalls()).toEqual([CLOSE_REASONS.restarting]);
    expect(host.takeCalls()).toEqual([
      { type: 'playerJoined', player: 1 },
      { type: 'playerDisconnected', player: 1 },
    ]);
  });
});

describe.each([
  ['that has a seat', {}],
  ['that asks for a seat', { features: { ask: true as const } }],
] as const)('a connection of a player %s, whose JOIN comes late,', (_, settings) => {
  /** The player has a connection to the relay of the room when the JOIN comes. */
  function late(range: (now: number) => TimeRange | undefined) {
    const { home, host, join, room, settle } = remote({ reconnectWindow: 60, ...settings });
    const [near, far] = [new TestPlayer(), new TestPlayer()];
    room.join(near, { key: KEY });
    host.takeCalls();
    home.ownTime = () => range(performance.now());
    join(far, { key: KEY }).receive(text('from far'), far);
    settle();
    return { near: near.takeCalls(), far: far.takeCalls(), host: host.takeCalls() };
  }

  test('is replaced if the player has connected again since', () => {
    const { near, far, host } = late((now) => ({ earliest: now - 3000, latest: now - 2000 }));
    expect({ near, far, host }).toEqual({ near: [], far: [CLOSE_REASONS.replaced], host: [] });
  });

  test.each([
    ['not exactly enough', (now: number) => ({ earliest: now - 3000, latest: now + 2000 })],
    ['not at all', () => undefined],
  ])('tries again if the clock of its relay is known %s', (_, range) => {
    const { near, far, host } = late(range);
    expect({ near, far, host }).toEqual({ near: [], far: [CLOSE_REASONS.restarting], host: [] });
  });

  test('replaces the other one if it was made later', () => {
    const { near, far } = late((now) => ({ earliest: now + 10, latest: now + 20 }));
    expect({ near, far }).toEqual({ near: [CLOSE_REASONS.replaced], far: [] });
  });
});

test('the number of a connection comes back when it follows its room, and says which one is the latest', () => {
  const { broker, home, host, room, settle } = remote({ reconnectWindow: 60 });
  const edge = new TestRelay(broker, 'another edge');
  const request = { code: CODE, epoch: 1, role: 'player', at: 0, key: KEY } as const;
  edge.to(home).join(1, { ...request, connection: 0 });
  edge.to(home).join(2, { ...request, connection: 0 });
  settle();
  const { code, reason, retry } = CLOSE_REASONS.replaced;
  const replaced = { code, reason, retry };
  expect(edge.heard).toEqual([
    ['seated', 1, 1, 1],
    ['close', [1], replaced],
    ['seated', 2, 1, 2],
  ]);
  room.hostGone(host, false);
  edge.to(home).join(3, { ...request, connection: 1, follows: true });
  edge.to(home).join(4, { ...request, connection: 0, follows: true });
  // The seat has a connection with this number.
  edge.to(home).join(5, { ...request, connection: 2, follows: true });
  edge.to(home).disconnected(2, false);
  edge.to(home).join(6, { ...request, connection: 2, follows: true });
  settle();
  const { code: again, reason: why, retry: how } = CLOSE_REASONS.restarting;
  const restarting = { code: again, reason: why, retry: how };
  expect(edge.heard.slice(3)).toEqual([
    ['close', [3], replaced],
    ['close', [4, 5], restarting],
    ['seated', 6, 1, 2],
  ]);
});

test('connections by one link come in their order, whatever is known of clocks', () => {
  const { host, join, settle } = remote({ reconnectWindow: 60 });
  const [first, second] = [new TestPlayer(), new TestPlayer()];
  join(first, { key: KEY });
  join(second, { key: KEY }).receive(text('hello'), second);
  settle();
  expect(first.takeCalls()).toEqual([CLOSE_REASONS.replaced]);
  expect(host.takeCalls().at(-1)).toEqual({ from: 1, text: 'hello' });
});

test('a player who comes to the relay of the room replaces a connection elsewhere', () => {
  const { join, room, settle } = remote({ reconnectWindow: 60 });
  const [far, near] = [new TestPlayer(), new TestPlayer()];
  join(far, { key: KEY });
  settle();
  room.join(near, { key: KEY });
  settle();
  expect([far.takeCalls(), near.takeCalls()]).toEqual([[CLOSE_REASONS.replaced], []]);
});

describe('reading from players pauses', () => {
  test('while the host does not keep up', () => {
    const { host, join, room, settle } = remote();
    const [first, second] = [new TestPlayer(), new TestPlayer()];
    join(first);
    settle();
    room.setHostKeepsUp(host, false);
    settle();
    expect(first.reading).toBe(false);
    room.setHostKeepsUp(host, true);
    join(second);
    settle();
    expect([first.reading, second.reading]).toEqual([true, true]);
  });

  test('while the link does not keep up, also for those who join then', () => {
    const { home, join, settle, timers } = remote();
    const [first, second] = [new TestPlayer(), new TestPlayer()];
    const seat = join(first);
    settle();
    home.bus.setFrozen(true);
    for (let i = 0; i < 10; i++) seat.receive(text('x'.repeat(600_000)), first);
    join(second);
    settle();
    expect([first.reading, second.reading]).toEqual([false, false]);
    home.bus.setFrozen(false);
    timers.pass(2);
    expect([first.reading, second.reading]).toEqual([true, true]);
  });
});

test('an edge measures round-trip times when its home asks', () => {
  const { broker, edge, settle } = remote();
  const home = new TestRelay(broker, 'another home');
  let requests = 0;
  const player = Object.assign(new TestPlayer(), { measure: () => requests++ });
  const result = edge.room(home).join(player, {});
  settle();
  home.to(edge).measure(1);
  settle();
  expect(requests).toBe(1);
  if (result.is === 'seated') result.seat.measured(12.5, player);
  settle();
  expect(home.heard.at(-1)).toEqual(['measured', 1, 12.5]);
});

test('round-trip times reach the room', () => {
  const { broker, home, settle } = remote();
  const measured: number[] = [];
  Object.assign(home.rooms.room as object, {
    measured: (player: number, time: number) => measured.push(player, time),
  });
  const edge = new TestRelay(broker, 'another edge');
  edge.to(home).join(1, { code: CODE, epoch: 1, role: 'player', at: 0, connection: 0 });
  edge.to(home).measured(1, 12.5);
  settle();
  expect(measured).toEqual([1, 12.5]);
});

test('a relay that uses a handle twice ends its first seat', () => {
  const { broker, home, host, settle } = remote();
  const edge = new TestRelay(broker, 'another edge');
  for (let times = 0; times < 2; times++) {
    edge.to(home).join(1, { code: CODE, epoch: 1, role: 'player', at: 0, connection: 0 });
    settle();
  }
  expect(host.takeCalls()).toEqual([
    { type: 'playerJoined', player: 1 },
    { type: 'playerLeft', player: 1 },
    { type: 'playerJoined', player: 2 },
  ]);
  expect(home.links.clients.home).toBe(1);
});
