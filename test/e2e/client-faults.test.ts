import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createRoom,
  type Data,
  joinRoom,
  type Room,
  type Seat,
  type SharedState,
} from '../../src/client/index.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { RelayProcess } from '../support/relay-process.js';

/** For how long there are faults, in seconds. CLIENT_FAULT_SECONDS overrides it. */
const SECONDS = Number(process.env['CLIENT_FAULT_SECONDS'] ?? 6);
const PLAYERS = 4;

/** The time between two kills of the relay, in which it can write its state file, in milliseconds. */
const KILL_EVERY = 2_500;

/** Large enough for all messages during the longest stall of the proxy, in bytes. */
const BUFFER = 64 * 1_048_576;

/** The open connections of this test, to terminate them. */
const sockets = new Set<WebSocket>();
class TrackedSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    sockets.add(this);
    this.on('close', () => sockets.delete(this));
  }
}

/** Numbered messages to one receiver, alternately as text and as bytes. */
class Stream {
  sent = 0;
  received = 0;

  next(): Data {
    return toData(++this.sent);
  }

  take(data: Data): void {
    expect(data).toEqual(toData(++this.received));
  }
}

function toData(number: number): Data {
  // Messages of different lengths, so that connections break at any byte.
  const text = `${number} ${'x'.repeat(number % 300)}`;
  return number % 2 === 0 ? text : new TextEncoder().encode(text);
}

/** What the host shares with its players. */
interface Shared {
  readonly round: number;
}

/** A room and its players, who send continuously. */
class Game {
  readonly room: Room;
  readonly seats: readonly Seat[];
  readonly up: readonly Stream[];
  readonly down: readonly Stream[];
  readonly gaps: unknown[] = [];
  readonly #state: SharedState<Shared>;
  #round = 0;

  static async open(url: string): Promise<Game> {
    const options = { WebSocket: TrackedSocket, storage: null, buffer: BUFFER };
    const room = await createRoom(url, options);
    const seats: Seat[] = [];
    while (seats.length < PLAYERS) seats.push(await joinRoom(url, room.code, options));
    return new Game(room, seats);
  }

  private constructor(room: Room, seats: readonly Seat[]) {
    this.room = room;
    this.#state = room.shareState<Shared>({ round: 0 });
    this.seats = seats;
    this.up = seats.map(() => new Stream());
    this.down = seats.map(() => new Stream());
    room.on('message', ({ id }, data) => this.up[id - 1]?.take(data));
    room.on('gap', ({ id }, count) => this.gaps.push([id, count]));
    seats.forEach((seat, index) => {
      seat.on('message', (data) => this.down[index]?.take(data));
      seat.on('gap', (count) => this.gaps.push(count));
      let last = -1;
      seat.on('state', (state) => {
        const { round } = state as Shared;
        // Each round has one message to each player before the change of the state, and none after it.
        expect([round, this.down[index]?.received]).toEqual([last + 1, round]);
        last = round;
      });
    });
    onTestFinished(async () => {
      for (const seat of seats) seat.leave();
      const closed = new Promise((resolve) => room.on('close', resolve));
      room.stop();
      await closed;
    });
  }

  /** Sends a message from and to each player: one by one, or as a broadcast. */
  sendAll(toAll: boolean): void {
    this.#sendMessages(toAll);
    this.#state.patch({ round: ++this.#round });
    this.room.share('round', String(this.#round));
  }

  #sendMessages(toAll: boolean): void {
    this.seats.forEach((seat, index) => {
      seat.send(this.up[index]?.next() ?? '');
    });
    const messages = this.down.map((stream) => stream.next());
    if (toAll) return this.room.send(messages[0] ?? '');
    for (const player of this.room.players) player.send(messages[player.id - 1] ?? '');
  }

  async allArrived(): Promise<void> {
    const streams = [...this.up, ...this.down];
    while (!streams.every(({ sent, received }) => received === sent)) await pause(50);
    const last = String(this.#round);
    const isLast = ({ state, shared }: Seat) =>
      (state as Shared).round === this.#round && shared.get('round') === last;
    while (!this.seats.every(isLast)) await pause(50);
  }

  get messages(): number {
    return [...this.up, ...this.down].reduce((sum, { received }) => sum + received, 0);
  }
}

test('no message is lost over connections that break at any byte', {
  timeout: 600_000,
}, async () => {
  const relay = await RelayProcess.start([]);
  onTestFinished(() => relay.stop());
  const { FaultProxy } = await import(new URL('../soak/fault-proxy.js', import.meta.url).href);
  const proxy = await FaultProxy.start({ relayPort: relay.port, seed: 1 });
  onTestFinished(() => proxy.close());
  const game = await Game.open(`ws://127.0.0.1:${proxy.port}`);
  let brokenConnections = 0;
  const end = performance.now() + SECONDS * 1000;
  for (let round = 0; performance.now() < end; round++) {
    game.sendAll(round % 3 === 0);
    await pause(5);
    if (round % 60 !== 59) continue;
    const candidates = [...sockets];
    candidates[(round * 7919) % candidates.length]?.terminate();
    brokenConnections++;
  }
  proxy.endFaults();
  await game.allArrived();
  expect(game.gaps).toEqual([]);
  expect(game.room.players.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  if (process.env['CLIENT_FAULT_SECONDS'] !== undefined) {
    console.log({ messages: game.messages, brokenConnections, ...proxy.faults });
  }
});

test('no message is lost when the relay is killed and restarted', {
  timeout: 600_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lobby-relay-client-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const options = ['--state-file', join(folder, 'state')];
  let relay = await RelayProcess.start(options);
  onTestFinished(() => relay.stop());
  const { port } = relay;
  const game = await Game.open(relay.url);
  let kills = 0;
  const end = performance.now() + SECONDS * 1000;
  let nextKill = performance.now() + KILL_EVERY;
  for (let round = 0; performance.now() < end; round++) {
    game.sendAll(round % 3 === 0);
    await pause(5);
    if (performance.now() < nextKill) continue;
    kills++;
    // Alternately at once, and with a shutdown that closes connections with 1012.
    relay.signal(kills % 2 === 1 ? 'SIGKILL' : 'SIGTERM');
    await relay.ended;
    relay = await RelayProcess.start([...options, '--port', String(port)]);
    nextKill = performance.now() + KILL_EVERY;
  }
  await game.allArrived();
  expect(game.gaps).toEqual([]);
  expect(game.room.players.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  expect(kills).toBeGreaterThan(0);
  if (process.env['CLIENT_FAULT_SECONDS'] !== undefined) {
    console.log({ messages: game.messages, kills });
  }
});

test('a reloaded host keeps its room and its players', async () => {
  const relay = await RelayProcess.start([]);
  onTestFinished(() => relay.stop());
  const storage = new MemoryStorage();
  const hostSockets: WebSocket[] = [];
  class HostSocket extends WebSocket {
    constructor(url: string) {
      super(url);
      hostSockets.push(this);
    }
  }
  const first = await createRoom(relay.url, { WebSocket: HostSocket, storage, name: 'Trivia' });
  const seat = await joinRoom(relay.url, first.code, { WebSocket, storage: null });
  onTestFinished(() => seat.leave());
  const received: Data[] = [];
  seat.on('message', (data) => received.push(data));
  const restarted = new Promise<void>((resolve) => seat.on('restart', resolve));

  // The page disappears without a close frame, and does not reconnect.
  const [hostSocket] = hostSockets as [WebSocket];
  const closed = once(hostSocket, 'close');
  hostSocket.onclose = null;
  hostSocket.terminate();
  await closed;
  seat.send('sent while the host was disconnected');

  const second = await createRoom(relay.url, { WebSocket, storage, name: 'Trivia' });
  onTestFinished(() => second.stop());
  expect(second).toMatchObject({ code: first.code, resumed: true, name: 'Trivia' });
  expect(second.players).toMatchObject([{ id: 1, exact: true, away: false }]);
  const message = new Promise((resolve) => second.on('message', (_player, data) => resolve(data)));
  await restarted;
  expect(await message).toBe('sent while the host was disconnected');
  second.send('welcome back');
  while (received.length === 0) await pause(10);
  expect(received).toEqual(['welcome back']);
});
