import process from 'node:process';
import { expect, test } from 'vitest';
import {
  createRoom,
  type Data,
  joinRoom,
  type Room,
  type Seat,
} from '../../../src/client/index.js';
import { FakeClock } from './fakes.js';
import { MemoryRelay } from './memory-relay.js';
import { Random } from './random.js';

const URL = 'ws://relay';
const PLAYERS = 3;
const STEPS = 3_000;
const SEEDS = Number(process.env['SESSION_SEEDS'] ?? 12);

/** Messages to one receiver: numbers, as text and as bytes in turns. */
class Stream {
  sent = 0;
  readonly received: number[] = [];

  next(): Data {
    const number = String(++this.sent);
    return this.sent % 2 === 0 ? number : new TextEncoder().encode(number);
  }

  take(data: Data): void {
    const isText = typeof data === 'string';
    const number = Number(isText ? data : new TextDecoder().decode(data));
    expect(isText).toBe(number % 2 === 0);
    expect(number).toBe((this.received.at(-1) ?? 0) + 1);
    this.received.push(number);
  }
}

class Party {
  readonly clock = new FakeClock();
  readonly relay = new MemoryRelay();
  readonly #random: Random;
  readonly choose = (count: number): number => this.#random.int(0, count);
  room!: Room;
  readonly seats: Seat[] = [];
  /** By the player's id. */
  readonly up = new Map<number, Stream>();
  readonly down = new Map<number, Stream>();
  readonly gaps: number[] = [];
  cuts = 0;
  restarts = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  async open(): Promise<void> {
    const environment = { WebSocket: this.relay.WebSocket, storage: null, clock: this.clock };
    this.room = await this.#until(createRoom(URL, environment));
    this.room.on('message', ({ id }, data) => this.#stream(this.up, id).take(data));
    this.room.on('gap', (_player, count) => this.gaps.push(count));
    for (let id = 1; id <= PLAYERS; id++) {
      const seat = await this.#until(joinRoom(URL, this.room.code, environment));
      seat.on('message', (data) => this.#stream(this.down, id).take(data));
      seat.on('gap', (count) => this.gaps.push(count));
      this.seats.push(seat);
    }
    expect(this.seats.map(({ id }) => id)).toEqual([1, 2, 3]);
  }

  step(): void {
    const random = this.#random;
    const dice = random.float() * 1000;
    const id = random.int(1, PLAYERS + 1);
    if (dice < 60) return this.#sendToOne(id);
    if (dice < 120) return this.#sendToSome();
    if (dice < 220) return this.seats[id - 1]?.send(this.#stream(this.up, id).next());
    if (dice < 880) return void this.relay.carry(this.choose);
    if (dice < 960) return this.clock.pass(random.int(0, 400));
    const { connections } = this.relay;
    const connection = connections[this.choose(connections.length)];
    if (connection === undefined) return;
    if (dice < 970) {
      this.cuts++;
      return this.relay.cut(connection, this.choose);
    }
    if (dice < 984) return this.relay.tellClient(connection);
    if (dice < 998) return this.relay.tellRelay(connection);
    this.restarts++;
    return this.relay.restart(this.choose);
  }

  /** No more trouble: everything arrives, and everybody is in the end at rest. */
  settle(): void {
    for (let round = 0; round < 100; round++) {
      for (const connection of [...this.relay.connections]) {
        if (!connection.cut) continue;
        this.relay.tellRelay(connection);
        this.relay.tellClient(connection);
      }
      while (this.relay.carry(this.choose)) {}
      this.clock.pass(500);
    }
  }

  #sendToOne(id: number): void {
    const player = this.room.players.find((each) => each.id === id);
    player?.send(this.#stream(this.down, id).next());
  }

  /** A broadcast has to be the same for all: whoever is at the same number gets it. */
  #sendToSome(): void {
    const sent = this.#stream(this.down, 1).sent;
    const ids = this.room.players
      .map(({ id }) => id)
      .filter((id) => this.#stream(this.down, id).sent === sent);
    const [data] = ids.map((id) => this.#stream(this.down, id).next());
    if (data !== undefined) this.room.send(data, { to: ids });
  }

  #stream(streams: Map<number, Stream>, id: number): Stream {
    const stream = streams.get(id) ?? new Stream();
    streams.set(id, stream);
    return stream;
  }

  async #until<Result>(promise: Promise<Result>): Promise<Result> {
    let done = false;
    promise.then(
      () => {
        done = true;
      },
      () => {
        done = true;
      },
    );
    while (!done) {
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      this.relay.carry(this.choose);
    }
    return promise;
  }
}

test('a room and its players lose nothing over lines that break', {
  timeout: 600_000,
}, async () => {
  const sums = { cuts: 0, restarts: 0, messages: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const party = new Party(seed);
    await party.open();
    // Listeners hear from the turn after the one in which they were added.
    await Promise.resolve();
    try {
      for (let step = 0; step < STEPS; step++) party.step();
      party.settle();
      for (const [name, streams] of Object.entries({ up: party.up, down: party.down })) {
        for (const [id, { sent, received }] of streams) {
          expect(received.length, `${name} ${id}`).toBe(sent);
          sums.messages += sent;
        }
      }
      expect(party.gaps).toEqual([]);
      expect([party.room, ...party.seats].map(({ status }) => status)).toEqual(
        Array(PLAYERS + 1).fill('open'),
      );
      expect(party.room.players.map(({ id, away }) => [id, away])).toEqual([
        [1, false],
        [2, false],
        [3, false],
      ]);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    }
    sums.cuts += party.cuts;
    sums.restarts += party.restarts;
  }
  if (process.env['SESSION_SEEDS'] !== undefined) console.log(sums);
  expect(sums.cuts).toBeGreaterThan(0);
  expect(sums.restarts).toBeGreaterThan(0);
});
