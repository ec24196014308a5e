import process from 'node:process';
import { expect, test } from 'vitest';
import {
  createRoom,
  joinRoom,
  type KeyStorage,
  type Room,
  type Seat,
} from '../../../src/client/index.js';
import { MemoryStorage } from '../../support/memory-storage.js';
import { FakeClock } from './fakes.js';
import { MemoryRelay } from './memory-relay.js';
import { Page } from './page.js';
import { Random } from './random.js';
import { Stream } from './stream.js';

const URL = 'ws://relay';
const PLAYERS = 3;
const STEPS = 3_000;
const SEEDS = Number(process.env['SESSION_SEEDS'] ?? 12);

interface Phone {
  readonly id: number;
  readonly tab: KeyStorage;
  page: Page;
  /** `undefined` until the player has joined. */
  seat: Seat | undefined;
}

class Simulation {
  readonly clock = new FakeClock();
  readonly relay = new MemoryRelay();
  readonly #random: Random;
  readonly pick = (count: number): number => this.#random.int(0, count);
  room!: Room;
  readonly phones: Phone[] = [];
  /** By the player's id. */
  readonly up = new Map<number, Stream>();
  readonly down = new Map<number, Stream>();
  readonly gaps: number[] = [];
  brokenConnections = 0;
  restarts = 0;
  reloads = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  async open(): Promise<void> {
    const environment = { WebSocket: this.relay.WebSocket, storage: null, clock: this.clock };
    this.room = await this.#deliverUntil(createRoom(URL, environment));
    this.room.on('message', ({ id }, data) => this.#stream(this.up, id).take(data));
    this.room.on('gap', (_player, count) => this.gaps.push(count));
    this.room.on('restart', ({ id }) => this.#stream(this.up, id).restart());
    for (let id = 1; id <= PLAYERS; id++) {
      const tab = new MemoryStorage();
      const phone: Phone = { id, tab, page: this.#newPage(tab), seat: undefined };
      this.phones.push(phone);
      await this.#deliverUntil(this.#join(phone));
    }
    expect(this.phones.map(({ seat }) => seat?.id)).toEqual([1, 2, 3]);
  }

  #newPage(tab: KeyStorage): Page {
    return new Page(this.relay, this.clock, tab);
  }

  async #join(phone: Phone): Promise<void> {
    const { id, page } = phone;
    const seat = await joinRoom(URL, this.room.code, page.environment).catch(() => undefined);
    if (page.isClosed) return;
    // The connection broke before the player had joined.
    if (seat === undefined) return this.#reload(phone);
    phone.seat = seat;
    seat.on('message', (data) => this.#stream(this.down, id).take(data));
    seat.on('gap', (count) => this.gaps.push(count));
  }

  #reload(phone: Phone): void {
    this.reloads++;
    phone.page.close(this.pick);
    phone.seat = undefined;
    phone.page = this.#newPage(phone.tab);
    this.#stream(this.up, phone.id).newSender();
    this.#stream(this.down, phone.id).newReceiver();
    void this.#join(phone);
  }

  step(): void {
    const random = this.#random;
    const roll = random.float() * 1000;
    const id = random.int(1, PLAYERS + 1);
    if (roll < 60) return this.#sendToOne(id);
    if (roll < 120) return this.#broadcast();
    if (roll < 220) return this.#sendUp(id);
    if (roll < 880) return void this.relay.deliverNext(this.pick);
    if (roll < 960) return this.clock.pass(random.int(0, 400));
    if (roll < 964) return this.#reload(this.phones[id - 1] as Phone);
    const { connections } = this.relay;
    const connection = connections[this.pick(connections.length)];
    if (connection === undefined) return;
    if (roll < 974) {
      this.brokenConnections++;
      return this.relay.breakConnection(connection, this.pick);
    }
    if (roll < 986) return this.relay.notifyClient(connection);
    if (roll < 998) return this.relay.notifyRelay(connection);
    this.restarts++;
    return this.relay.restart(this.pick);
  }

  /** Repairs all faults, and delivers all frames in transit. */
  async settle(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      await this.settlePromises();
      for (const connection of [...this.relay.connections]) {
        if (!connection.isBroken) continue;
        this.relay.notifyRelay(connection);
        this.relay.notifyClient(connection);
      }
      while (this.relay.deliverNext(this.pick)) {}
      this.clock.pass(500);
    }
  }

  /** Lets promises settle. */
  async settlePromises(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }

  #sendUp(id: number): void {
    const { seat } = this.phones[id - 1] as Phone;
    if (seat !== undefined) seat.send(this.#stream(this.up, id).next());
  }

  #sendToOne(id: number): void {
    const player = this.room.players.find((each) => each.id === id);
    player?.send(this.#stream(this.down, id).next());
  }

  /** Broadcasts to all players whose next message has the same number. */
  #broadcast(): void {
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

  async #deliverUntil<Result>(promise: Promise<Result>): Promise<Result> {
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
      await this.settlePromises();
      this.relay.deliverNext(this.pick);
    }
    return promise;
  }
}

test('a room and its players lose no message over connections that break', {
  timeout: 600_000,
}, async () => {
  const sums = { brokenConnections: 0, restarts: 0, reloads: 0, messages: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const simulation = new Simulation(seed);
    await simulation.open();
    // Listeners get events in the turn after the one in which they were added.
    await Promise.resolve();
    try {
      for (let step = 0; step < STEPS; step++) {
        simulation.step();
        await simulation.settlePromises();
      }
      await simulation.settle();
      for (const [name, streams] of Object.entries({ up: simulation.up, down: simulation.down })) {
        for (const [id, stream] of streams) {
          stream.expectEnd(`${name} ${id}`);
          sums.messages += stream.sent;
        }
      }
      expect(simulation.gaps).toEqual([]);
      const ends = [simulation.room, ...simulation.phones.map(({ seat }) => seat)];
      expect(ends.map((end) => end?.status)).toEqual(Array(PLAYERS + 1).fill('open'));
      expect(simulation.room.players.map(({ id, away }) => [id, away])).toEqual([
        [1, false],
        [2, false],
        [3, false],
      ]);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    }
    sums.brokenConnections += simulation.brokenConnections;
    sums.restarts += simulation.restarts;
    sums.reloads += simulation.reloads;
  }
  if (process.env['SESSION_SEEDS'] !== undefined) console.log(sums);
  expect(sums.brokenConnections).toBeGreaterThan(0);
  expect(sums.restarts).toBeGreaterThan(0);
  expect(sums.reloads).toBeGreaterThan(0);
});
