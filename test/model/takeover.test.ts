import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/client/environment.js';
import type { RelayError, Room, Seat } from '../../src/client/index.js';
import { CLOCK_INTERVAL, CLOCK_TIMEOUT } from '../../src/cluster/nodes/nodes.js';
import { SYSTEM_TIMERS } from '../../src/launch/timers.js';
import { Conversation } from '../support/conversation.js';
import { Door } from '../support/door.js';
import { MemoryCluster, type MemoryRelay } from '../support/memory-cluster.js';
import { SdkPage } from '../support/sdk-pages.js';

/*
 * Relays in one process, with a bus in memory between them, and a game of the SDK over real WebSockets
 * while faults happen. The model: the game goes on when the faults are over, nothing that anybody says is
 * lost, doubled or out of order, and at the end one relay has the room, and all relays agree which.
 *
 *     RUNS=200 SEED=1 npx vitest run test/model
 */

const RUNS = Number(process.env['RUNS'] ?? 16);
const SEED = Number(process.env['SEED'] ?? 1);
/** Only these runs, with commas between them. */
const ONLY = process.env['ONLY']?.split(',').map(Number);

/** How many games are played at the same time: they wait more than they compute. */
const AT_A_TIME = Number(process.env['AT_A_TIME'] ?? 8);

/** How long each step of a run may take when the faults are over, in milliseconds. */
const LIMIT = 25_000;

/** Moves have no longer timers, in milliseconds: those with a room, or with clients, are longer. */
const SHORT = 1000;

/**
 * The timers of each relay as long as it runs, in milliseconds: it looks for moves without a relay, and asks
 * others for their clocks. No other timers have these times.
 */
const REGULAR = [60_000, CLOCK_INTERVAL, CLOCK_TIMEOUT];

const number = fc.nat({ max: 11 });
/** Delays of copies of messages, in milliseconds; an empty list is a loss. */
const fate = fc.oneof(
  { weight: 5, arbitrary: fc.constant([0]) },
  { weight: 2, arbitrary: fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constant([]) },
);
const FAULTS = [
  'kill',
  'close',
  'restart',
  'replace',
  'join',
  'cut',
  'still',
  'outage',
  'weather',
  'host',
  'half',
  'twice',
  'player',
] as const;
const step = fc.record({
  is: fc.constantFrom(...FAULTS),
  /** Of which relay, or player. */
  at: number,
  /** To which relay. */
  to: number,
  /** How long it lasts, in milliseconds. */
  lasts: fc.oneof(fc.nat({ max: 400 }), fc.integer({ min: 400, max: 6000 })),
  /** The time until the next step. */
  pause: fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 400 }), fc.nat({ max: 2500 })),
  fates: fc.array(fate, { minLength: 1, maxLength: 20 }),
});
const schedule = fc.record({
  /** How late each relay sees changes of buckets, in milliseconds. */
  watchDelays: fc.array(fc.constantFrom(0, 0, 5, 40, 150), { minLength: 3, maxLength: 3 }),
  /** At which relay each page is first; the host is the first page. */
  places: fc.array(fc.nat({ max: 2 }), { minLength: 5, maxLength: 5 }),
  steps: fc.array(step, { minLength: 1, maxLength: 6 }),
});

type Schedule = typeof schedule extends fc.Arbitrary<infer Value> ? Value : never;
type Step = Schedule['steps'][number];

/** A page that tries to reconnect sooner than others do, because every run waits for it. */
const HASTY = { clock: { ...systemClock, random: () => -0.8 } };

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Joins when the relay knows the one with the room, and its codes. */
async function joinSoon(url: string, code: string): Promise<Seat> {
  for (;;) {
    try {
      return await new SdkPage(HASTY).joinRoom(url, code);
    } catch (error) {
      if (!['restarting', 'noSuchRoom'].includes((error as RelayError).code)) throw error;
      await wait(50);
    }
  }
}

class Game {
  readonly cluster: MemoryCluster;
  readonly room: Room;
  readonly seats: readonly Seat[];
  readonly conversation: Conversation;
  /** What should not have happened. */
  readonly mistakes: string[] = [];
  readonly #doors: readonly Door[];
  readonly #ids: readonly number[];
  /** Faults that have not ended, and relays that start. */
  readonly #background = new Set<Promise<unknown>>();
  readonly #watchDelays: readonly number[];
  /** Relays that end by themselves. */
  readonly #closing = new Set<MemoryRelay>();
  #count = 0;
  #isPlaying = false;

  static async begin({ watchDelays, places }: Schedule): Promise<Game> {
    const cluster = new MemoryCluster();
    const names = watchDelays.map((_, i) => `n${i}`);
    const relays = await Promise.all(names.map((name, i) => cluster.start(name, watchDelays[i])));
    const [door, ...others] = await Promise.all(places.map(() => Door.open(cluster)));
    for (const [i, each] of [door as Door, ...others].entries()) {
      each.preferred = [relays[places[i] as number] as MemoryRelay];
    }
    const page = new SdkPage(HASTY);
    const room = await page.createRoom((door as Door).url, { hold: 50 });
    const seats: Seat[] = [];
    for (const { url } of others) seats.push(await joinSoon(url, room.code));
    const game = new Game(cluster, room, seats, [door as Door, ...others], watchDelays);
    await game.#until('all hear all', () => game.conversation.goesOn());
    await game.#until('all seats are written', async () => {
      while ((game.record()?.room?.seats.length ?? 0) < seats.length) await wait(10);
    });
    return game;
  }

  private constructor(
    cluster: MemoryCluster,
    room: Room,
    seats: readonly Seat[],
    doors: readonly Door[],
    watchDelays: readonly number[],
  ) {
    this.cluster = cluster;
    this.room = room;
    this.seats = seats;
    this.#doors = doors;
    this.#watchDelays = watchDelays;
    this.#ids = room.players.map(({ id }) => id);
    this.conversation = new Conversation(room, seats);
    const note = (mistake: string): void => {
      if (this.#isPlaying) this.mistakes.push(mistake);
    };
    room.on('close', ({ code }) => note(`the room has ended: ${code}`));
    room.on('restart', ({ id }) => note(`player ${id} has begun anew`));
    room.on('leave', ({ id }) => note(`player ${id} has left`));
    room.on('join', ({ id }) => note(`player ${id} has joined`));
    for (const [i, seat] of seats.entries()) {
      seat.on('close', ({ code }) => note(`seat ${i} has ended: ${code}`));
    }
  }

  /** The record of the room. */
  record() {
    const value = this.cluster.broker
      .entries('lr_lobby-relay_rooms')
      .entries.get(this.room.code)?.value;
    return value === undefined
      ? undefined
      : (JSON.parse(value) as { run: string; epoch: number; room?: { seats: object[] } });
  }

  /** What the directory says about the room. */
  move() {
    const value = this.cluster.broker
      .entries('lr_lobby-relay_codes')
      .entries.get(this.room.code)?.value;
    return value === undefined
      ? undefined
      : (JSON.parse(value) as { epoch: number; place?: { run: string } });
  }

  /** Where everybody is, for who reads about a failure. */
  get state(): string {
    const seats = this.seats.map(({ status }, i) => `${status} at ${this.#doors[i + 1]?.at}`);
    const players = this.room.players.map(({ id, away }) => ({ id, away }));
    const homes = this.cluster.alive.flatMap((relay) => {
      const room = relay.find(this.room.code);
      return room === undefined ? [] : [relay.name, room.info];
    });
    const host = `${this.room.status} at ${this.#doors[0]?.at}`;
    const { record, move } = { record: this.record()?.run, move: this.move() };
    return JSON.stringify({
      host,
      seats,
      players,
      homes,
      record,
      move,
      conversation: this.conversation.counts,
    });
  }

  async play(steps: readonly Step[]): Promise<void> {
    this.#isPlaying = true;
    for (const step of steps) {
      this.#happens(step);
      await wait(step.pause);
    }
    await this.#until('faults are over', () => Promise.all(this.#background));
    await this.#until('all hear all again', () => this.conversation.goesOn());
    await this.#until('all is heard', () => this.conversation.end());
    if (this.mistakes.length > 0 || this.conversation.mistakes.length > 0) return;
    await this.#eventually(() => this.#isSettled());
  }

  /** Ends the room, and checks that nothing is left of it. */
  async finish(running: () => number): Promise<void> {
    this.#isPlaying = false;
    this.room.stop();
    await this.#eventually(() => this.#isOver(running()));
  }

  #isSettled(): string | undefined {
    const { alive } = this.cluster;
    const homes = alive.filter((relay) => relay.find(this.room.code) !== undefined);
    if (homes.length !== 1) return `${homes.length} relays have the room`;
    const [home] = homes as [MemoryRelay];
    const run = home.cluster.run;
    const record = this.record();
    if (record?.run !== run) return 'the record is of another run';
    const epoch = this.move()?.epoch ?? 1;
    if (this.move()?.place !== undefined && this.move()?.place?.run !== run)
      return 'the move is of another run';
    if (record.epoch !== epoch) return `the record has epoch ${record.epoch}, the move ${epoch}`;
    if (record.room?.seats.length !== this.seats.length) return 'the record has not all seats';
    const waiting = alive.map((relay) => relay.cluster.clients.waiting);
    if (waiting.some((count) => count > 0)) return `clients wait: ${waiting}`;
    const ids = this.room.players.map(({ id }) => id);
    if (`${ids}` !== `${this.#ids}`) return `players ${ids} instead of ${this.#ids}`;
    if (this.room.players.some(({ away }) => away)) return 'a player is away';
    if (this.seats.some(({ status }) => status !== 'open')) return 'a seat is not open';
    return undefined;
  }

  #isOver(running: number): string | undefined {
    const { alive } = this.cluster;
    if (alive.some((relay) => relay.find(this.room.code) !== undefined))
      return 'a relay has the room';
    if (this.record()?.room !== undefined) return 'the record has the room';
    if (this.move()?.place !== undefined) return 'the move has not ended';
    for (const { cluster, name } of alive) {
      const { edge, home, waiting } = cluster.clients;
      if (edge + home + waiting > 0) return `${name} has ${edge}, ${home}, ${waiting} clients`;
    }
    return running > 0 ? `${running} timers run` : undefined;
  }

  #happens({ is, at, to, lasts, fates }: Step): void {
    const { cluster } = this;
    const relay = this.#relay(at);
    const other = this.#relay(to);
    if (is === 'host') {
      (this.#doors[0] as Door).preferred = [other];
      this.#doors[0]?.break();
    } else if (is === 'half') {
      (this.#doors[0] as Door).preferred = [other];
      this.#doors[0]?.breakHalf(lasts);
    } else if (is === 'twice') {
      this.#resumeTwice(at, lasts);
    } else if (is === 'player') {
      const door = this.#doors[1 + (at % this.seats.length)] as Door;
      door.preferred = [other];
      door.break();
    } else if (is === 'kill' && this.#mayEnd(relay)) this.#run(cluster.kill(relay));
    else if (is === 'close' && this.#mayEnd(relay)) this.#run(this.#close(relay));
    else if (is === 'restart' && this.#mayEnd(relay)) {
      this.#run(cluster.kill(relay).then(() => this.#start(relay.name)));
    } else if (is === 'replace' && this.#mayEnd(relay)) {
      this.#run(this.#close(relay).then(() => this.#start(relay.name)));
    } else if (is === 'join') this.#run(this.#start(`m${++this.#count}`));
    else if (is === 'cut') {
      relay.bus.setCut(true);
      this.#after(lasts, () => relay.bus.setCut(false));
    } else if (is === 'still' && this.#mayEnd(relay)) {
      cluster.setStill(relay, true);
      this.#after(lasts, () => cluster.setStill(relay, false));
    } else if (is === 'outage') {
      cluster.broker.stop();
      this.#after(lasts, () => cluster.broker.start());
    } else if (is === 'weather') {
      let next = 0;
      cluster.weather = () => fates[next++ % fates.length] ?? [0];
      this.#after(lasts, () => {
        cluster.weather = () => [0];
      });
    }
  }

  /** The relay with the room ends, and its host resumes it at another one, gives up, and tries a third one. */
  #resumeTwice(number: number, lasts: number): void {
    const home = this.cluster.alive.find((relay) => relay.find(this.room.code) !== undefined);
    const others = this.#usable.filter((relay) => relay !== home);
    const first = others[number % others.length];
    const second = others.find((relay) => relay !== first);
    if (!home || !first || !second || !this.#mayEnd(home)) return;
    const door = this.#doors[0] as Door;
    door.preferred = [first];
    door.abandonNext(second, lasts);
    this.#run(this.cluster.kill(home));
  }

  async #close(relay: MemoryRelay): Promise<void> {
    this.#closing.add(relay);
    await this.cluster.close(relay);
  }

  #start(name: string): Promise<MemoryRelay> {
    return this.cluster.start(name, this.#watchDelays[this.#count % 3]);
  }

  /** Whether another relay can go on. */
  #mayEnd(relay: MemoryRelay): boolean {
    return (
      !relay.isStill && !this.#closing.has(relay) && this.#usable.some((other) => other !== relay)
    );
  }

  get #usable(): MemoryRelay[] {
    return this.cluster.alive.filter((each) => !each.isStill && !this.#closing.has(each));
  }

  #relay(number: number): MemoryRelay {
    const { alive } = this.cluster;
    return alive[number % alive.length] as MemoryRelay;
  }

  #run(work: Promise<unknown>): void {
    const done = work.finally(() => this.#background.delete(done));
    this.#background.add(done);
  }

  #after(milliseconds: number, action: () => void): void {
    this.#run(wait(milliseconds).then(action));
  }

  async #until(what: string, action: () => Promise<unknown>): Promise<void> {
    let isLate = false;
    await Promise.race([action(), wait(LIMIT).then(() => (isLate = true))]);
    if (isLate) throw new Error(`not in time: ${what}`);
  }

  /** Until there is nothing more to say. */
  async #eventually(problem: () => string | undefined): Promise<void> {
    const end = performance.now() + LIMIT;
    for (let found = problem(); found !== undefined; found = problem()) {
      if (performance.now() > end) throw new Error(found);
      await wait(20);
    }
  }
}

/** Counts the long timers of each run: everything that a run starts has its context. */
function countTimers() {
  const context = new AsyncLocalStorage<{ readonly timers: Set<string> }>();
  const after = SYSTEM_TIMERS.after;
  vi.spyOn(SYSTEM_TIMERS, 'after').mockImplementation((milliseconds, action) => {
    const timers = context.getStore()?.timers;
    const isOther = milliseconds <= SHORT || REGULAR.includes(milliseconds);
    if (timers === undefined || isOther) return after(milliseconds, action);
    const name = `${milliseconds} ${Math.random()}`;
    timers.add(name);
    const stop = after(milliseconds, () => {
      timers.delete(name);
      action();
    });
    return () => {
      timers.delete(name);
      stop();
    };
  });
  return context;
}

async function run(schedule: Schedule, running: () => number): Promise<string[]> {
  const game = await Game.begin(schedule);
  const mistakes = (): string[] => [...game.mistakes, ...game.conversation.mistakes.slice(0, 3)];
  try {
    await game.play(schedule.steps);
    if (mistakes().length === 0) await game.finish(running);
    return mistakes();
  } catch (error) {
    const lines = game.cluster.relays.flatMap(({ name, lines, isAlive, cluster }) =>
      [`${isAlive ? '' : 'ended '}${cluster.run}`, ...lines].map((line) => `${name} ${line}`),
    );
    return [(error as Error).message, game.state, ...mistakes(), ...lines];
  } finally {
    game.conversation.stop();
    await game.cluster.end();
  }
}

test(
  'games go on whatever happens to relays, to the bus and to connections',
  async () => {
    const schedules = fc.sample(schedule, { seed: SEED, numRuns: RUNS });
    const numbers = ONLY ?? schedules.map((_, i) => i);
    const failures: string[] = [];
    const context = countTimers();
    const work = async (): Promise<void> => {
      for (let i = numbers.shift(); i !== undefined; i = numbers.shift()) {
        const chosen = schedules[i] as Schedule;
        const timers = new Set<string>();
        const mistakes = await context
          .run({ timers }, () => run(chosen, () => timers.size))
          .catch((error: unknown) => [`it did not begin: ${error}`]);
        if (mistakes.length === 0) continue;
        if (process.env['VERBOSE']) console.log(`SEED=${SEED} ONLY=${i}`, mistakes.slice(0, 2));
        failures.push([`SEED=${SEED} ONLY=${i}`, JSON.stringify(chosen), ...mistakes].join('\n'));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    expect(failures.join('\n\n')).toBe('');
  },
  Math.max(120_000, RUNS * 20_000),
);
