import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRoom, type Data, joinRoom, type Room, type Seat } from '../../src/client/index.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { RelayProcess } from '../support/relay-process.js';

/** How long faults occur, in seconds. CLIENT_FAULT_SECONDS overrides it. */
const SECONDS = Number(process.env['CLIENT_FAULT_SECONDS'] ?? 6);
const PLAYERS = 4;

/** The time between two kills of the relay, in which it can write its state file, in milliseconds. */
const KILL_EVERY = 2_500;

/** Enough for all messages during the longest stall that the proxy causes, in bytes. */
const BUFFER = 64 * 1_048_576;

/** All connections of this test, to terminate them. */
const sockets = new Set<WebSocket>();
class Fragile extends WebSocket {
  constructor(url: string) {
    super(url);
    sockets.add(this);
    this.on('close', () => sockets.delete(this));
  }
}

/** Numbers to one receiver, alternately as text and as bytes. */
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
  // With many lengths, so that connections break at any byte.
  const text = `${number} ${'x'.repeat(number % 300)}`;
  return number % 2 === 0 ? text : new TextEncoder().encode(text);
}

/** A room and its players, who send continuously. */
class Party {
  readonly room: Room;
  readonly seats: readonly Seat[];
  readonly up: readonly Stream[];
  readonly down: readonly Stream[];
  readonly gaps: unknown[] = [];

  static async open(url: string): Promise<Party> {
    const options = { WebSocket: Fragile, storage: null, buffer: BUFFER };
    const room = await createRoom(url, options);
    const seats: Seat[] = [];
    while (seats.length < PLAYERS) seats.push(await joinRoom(url, room.code, options));
    return new Party(room, seats);
  }

  private constructor(room: Room, seats: readonly Seat[]) {
    this.room = room;
    this.seats = seats;
    this.up = seats.map(() => new Stream());
    this.down = seats.map(() => new Stream());
    room.on('message', ({ id }, data) => this.up[id - 1]?.take(data));
    room.on('gap', ({ id }, count) => this.gaps.push([id, count]));
    seats.forEach((seat, index) => {
      seat.on('message', (data) => this.down[index]?.take(data));
      seat.on('gap', (count) => this.gaps.push(count));
    });
    onTestFinished(async () => {
      for (const seat of seats) seat.leave();
      const closed = new Promise((resolve) => room.on('close', resolve));
      room.stop();
      await closed;
    });
  }

  /** Sends a message from and to each player: one by one, or as a broadcast. */
  talk(toAll: boolean): void {
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
  const party = await Party.open(`ws://127.0.0.1:${proxy.port}`);
  let cuts = 0;
  const end = performance.now() + SECONDS * 1000;
  for (let round = 0; performance.now() < end; round++) {
    party.talk(round % 3 === 0);
    await pause(5);
    if (round % 60 !== 59) continue;
    const victims = [...sockets];
    victims[(round * 7919) % victims.length]?.terminate();
    cuts++;
  }
  proxy.endFaults();
  await party.allArrived();
  expect(party.gaps).toEqual([]);
  expect(party.room.players.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  if (process.env['CLIENT_FAULT_SECONDS'] !== undefined) {
    console.log({ messages: party.messages, cuts, ...proxy.faults });
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
  const party = await Party.open(relay.url);
  let kills = 0;
  const end = performance.now() + SECONDS * 1000;
  let nextKill = performance.now() + KILL_EVERY;
  for (let round = 0; performance.now() < end; round++) {
    party.talk(round % 3 === 0);
    await pause(5);
    if (performance.now() < nextKill) continue;
    kills++;
    // Alternately at once, and with a shutdown that closes connections with 1012.
    relay.signal(kills % 2 === 1 ? 'SIGKILL' : 'SIGTERM');
    await relay.ended;
    relay = await RelayProcess.start([...options, '--port', String(port)]);
    nextKill = performance.now() + KILL_EVERY;
  }
  await party.allArrived();
  expect(party.gaps).toEqual([]);
  expect(party.room.players.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  expect(kills).toBeGreaterThan(0);
  if (process.env['CLIENT_FAULT_SECONDS'] !== undefined) {
    console.log({ messages: party.messages, kills });
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
  const heard: Data[] = [];
  seat.on('message', (data) => heard.push(data));
  const restarted = new Promise<void>((resolve) => seat.on('restart', resolve));

  // The page disappears without a close frame, and does not reconnect.
  const [hostSocket] = hostSockets as [WebSocket];
  const gone = once(hostSocket, 'close');
  hostSocket.onclose = null;
  hostSocket.terminate();
  await gone;
  seat.send('sent while the host was disconnected');

  const second = await createRoom(relay.url, { WebSocket, storage, name: 'Trivia' });
  onTestFinished(() => second.stop());
  expect(second).toMatchObject({ code: first.code, resumed: true, name: 'Trivia' });
  expect(second.players).toMatchObject([{ id: 1, exact: true, away: false }]);
  const said = new Promise((resolve) => second.on('message', (_player, data) => resolve(data)));
  await restarted;
  expect(await said).toBe('sent while the host was disconnected');
  second.send('welcome back');
  while (heard.length === 0) await pause(10);
  expect(heard).toEqual(['welcome back']);
});
