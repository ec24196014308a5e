import { describe, expect, test } from 'vitest';
import type { Link } from '../../../src/cluster/link/link.js';
import { Links } from '../../../src/cluster/link/links.js';
import { RemotePlayers } from '../../../src/cluster/remote/remote-players.js';
import { RemoteSeats } from '../../../src/cluster/remote/remote-seats.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { JoinRequest } from '../../../src/rooms/join-request.js';
import type { JoinableRoom, PlayerSeat } from '../../../src/rooms/player-seat.js';
import type { RoomSettings } from '../../../src/rooms/room-info.js';
import { hashSecret } from '../../../src/rooms/secret.js';
import { PREFIX } from '../../support/link-pair.js';
import { MemoryBroker, type MemoryBus } from '../../support/memory-bus.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { CODE, openRoom, TestRooms } from '../../support/rooms.js';
import { TestTimers } from '../../support/test-timers.js';

/** One relay with both halves of its links. */
class Relay {
  readonly bus: MemoryBus;
  readonly links: Links;
  readonly rooms = new TestRooms();
  readonly seats = new Map<Link, RemoteSeats>();
  readonly players = new Map<Link, RemotePlayers>();

  constructor(
    readonly run: string,
    broker: MemoryBroker,
  ) {
    const { timers } = broker;
    this.bus = broker.connect(run);
    this.links = new Links({
      bus: this.bus,
      prefix: PREFIX,
      run,
      timers,
      schedule: (flushable) => void timers.after(0, () => flushable.flush()),
      maxMessage: 1 << 20,
      stall: 15_000,
      observer: {
        opened: (link) => this.#opened(link),
        paceChanged: (link, _run, keepsUp) => this.seats.get(link)?.setLinkKeepsUp(keepsUp),
        broken: (link) => {
          this.seats.get(link)?.broken();
          this.players.get(link)?.broken();
        },
      },
    });
  }

  /** The room of another relay. */
  room(home: Relay): JoinableRoom {
    const link = this.links.to(home.run) as Link;
    return (this.seats.get(link) as RemoteSeats).room(CODE, 1);
  }

  #opened(link: Link): void {
    const seats = new RemoteSeats(link);
    const find = () => this.rooms.room ?? CLOSE_REASONS.noSuchRoom;
    const players = new RemotePlayers(link, find);
    this.seats.set(link, seats);
    this.players.set(link, players);
    link.handler = {
      join: (handle, join) => players.join(handle, join),
      from: (handle, payload) => players.from(handle, payload),
      disconnected: (handle, isFinal) => players.disconnected(handle, isFinal),
      measured: (handle, time) => players.measured(handle, time),
      seated: (handle, id) => seats.seated(handle, id),
      to: (handles, payload) => seats.to(handles, payload),
      close: (handles, reason) => seats.close(handles, reason),
      setReading: (handles, reading) => seats.setReading(handles, reading),
      measure: (handles) => seats.measure(handles),
    };
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
  expect([...edge.seats.values(), ...home.players.values()].map(({ size }) => size)).toEqual([
    0, 0,
  ]);
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
  expect([...edge.seats.values()].map(({ size }) => size)).toEqual([0]);
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
    const { edge, home, host, join, settle } = remote({ reconnectWindow: 60 });
    const player = new TestPlayer();
    const seat = join(player, { key: KEY });
    settle();
    edge.links.to(home.run)?.break('on purpose');
    seat.leave(player, false);
    settle();
    expect(player.takeCalls()).toEqual([CLOSE_REASONS.restarting]);
    expect(host.takeCalls()).toEqual([
      { type: 'playerJoined', player: 1 },
      { type: 'playerDisconnected', player: 1 },
    ]);
  });
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

test('round-trip times reach the room', () => {
  const { home, join, settle } = remote();
  const measured: number[] = [];
  Object.assign(home.rooms.room as object, {
    measured: (player: number, time: number) => measured.push(player, time),
  });
  let requests = 0;
  const player = Object.assign(new TestPlayer(), { measure: () => requests++ });
  const seat = join(player);
  settle();
  home.links.to('edge')?.measure(1);
  settle();
  expect(requests).toBe(1);
  seat.measured(12.5, player);
  settle();
  expect(measured).toEqual([1, 12.5]);
});

test('a relay that uses a handle twice ends its first seat', () => {
  const { edge, home, host, join, settle } = remote();
  join(new TestPlayer());
  settle();
  edge.links.to('home')?.join(1, { code: CODE, epoch: 1, role: 'player' });
  settle();
  expect(host.takeCalls()).toEqual([
    { type: 'playerJoined', player: 1 },
    { type: 'playerLeft', player: 1 },
    { type: 'playerJoined', player: 2 },
  ]);
  expect([...home.players.values()].map(({ size }) => size)).toEqual([1]);
});
