import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/client/environment.js';
import {
  createRoom,
  type Environment,
  type GivenRoom,
  joinAudience,
  listRooms,
  type Player,
  quickJoin,
  RelayError,
  type Room,
  type Seat,
  takeRoom,
  type Viewer,
} from '../../src/client/index.js';
import { Inbox } from '../support/inbox.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { RelayProcess } from '../support/relay-process.js';

/** For how long there are faults, in seconds. CLIENT_FAULT_SECONDS overrides it. */
const SECONDS = Number(process.env['CLIENT_FAULT_SECONDS'] ?? 6);
const PLAYERS = 3;
const VIEWERS = 2;
const LIST = 'faults';

/** The connections and attempts of all pages, to terminate them. */
const sockets = new Set<WebSocket>();

/** What a page passes to the SDK. Once the page is killed, its timers and sockets have no effect. */
class Page {
  readonly environment: Required<Pick<Environment, 'WebSocket' | 'storage' | 'clock'>>;
  readonly #sockets = new Set<WebSocket>();
  #isKilled = false;

  constructor() {
    const sets = [sockets, this.#sockets];
    class TrackedSocket extends WebSocket {
      constructor(url: string) {
        super(url);
        for (const set of sets) {
          set.add(this);
          this.on('close', () => set.delete(this));
        }
      }
    }
    const after = (milliseconds: number, run: () => void) =>
      systemClock.after(milliseconds, () => this.#isKilled || run());
    const storage = new MemoryStorage();
    this.environment = { WebSocket: TrackedSocket, storage, clock: { ...systemClock, after } };
  }

  kill(): void {
    this.#isKilled = true;
    for (const socket of this.#sockets) {
      socket.onclose = null;
      socket.terminate();
    }
  }
}

/**
 * Calls again as long as the relay cannot be reached, as a game does, or the list has no room: one whose
 * host is disconnected is not listed.
 */
async function untilReached<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      if (error.retry !== 'yes' && error.reason !== 'no room in the list') throw error;
      await pause(20);
    }
  }
}

/** A page that is a player, and can be the host as well. */
class Member {
  readonly seat: Seat;
  readonly given = new Inbox<GivenRoom>();
  sent = 0;

  static async join(url: string, about: number): Promise<Member> {
    const { environment } = new Page();
    return new Member(await untilReached(() => quickJoin(url, LIST, { ...environment, about })));
  }

  private constructor(seat: Seat) {
    this.seat = seat;
    seat.on('heir', (given) => this.given.put(given));
    onTestFinished(() => seat.leave());
  }

  /** Sends numbered messages. */
  send(): void {
    this.seat.send(String(++this.sent));
  }
}

async function watch(url: string, code: string): Promise<Viewer> {
  const { WebSocket, clock } = new Page().environment;
  const viewer = await untilReached(() => joinAudience(url, code, { WebSocket, clock }));
  onTestFinished(() => viewer.leave());
  viewer.on('poll', ([choice]) => choice !== undefined && viewer.vote(choice));
  return viewer;
}

/** The room, and the page that is its host now. */
interface Hosting {
  readonly room: Room;
  readonly page: Page;
}

/** A room that passes from one host to the next. */
class Party {
  /** By player, the numbers that have arrived at any host. */
  readonly received = Array.from({ length: PLAYERS }, () => new Set<number>());
  readonly #url: string;
  #hosting!: Hosting;
  #round = 0;
  #votes = 0;

  constructor(url: string) {
    this.#url = url;
  }

  get room(): Room {
    return this.#hosting.room;
  }

  get code(): string {
    return this.room.code;
  }

  async open(): Promise<void> {
    const page = new Page();
    const options = { ...page.environment, audience: VIEWERS, list: LIST };
    this.#host({ page, room: await untilReached(() => createRoom(this.#url, options)) });
  }

  /** The host hands the room over, or disappears, and this member goes on. */
  async pass(member: Member, index: number, isKilled: boolean): Promise<void> {
    const { room, page } = this.#hosting;
    const player = playerOf(room, index);
    let given: GivenRoom;
    if (isKilled) {
      room.heir = player;
      given = await member.given.next();
      page.kill();
    } else {
      const handedOver = room.handOver(player);
      given = await member.given.next();
      expect(await handedOver).toBe(true);
    }
    const next = new Page();
    const taking = () => takeRoom(this.#url, given, next.environment);
    this.#host({ page: next, room: await untilReached(taking) });
  }

  /** Changes everything that players, viewers and lists show. */
  next(): void {
    const round = String(++this.#round);
    this.#votes = 0;
    this.room.share('round', round);
    this.room.set({ listing: round });
    this.room.poll([round, 'other']);
    this.room.send(round, { audience: true });
  }

  /** Whether this is the latest round everywhere. */
  async isShown(members: readonly Member[], viewers: readonly Viewer[]): Promise<boolean> {
    const round = String(this.#round);
    const guests = [...members.map(({ seat }) => seat), ...viewers];
    const [listed] = await listRooms(this.#url, LIST);
    return (
      this.#votes === VIEWERS &&
      guests.every(({ shared }) => shared.get('round') === round) &&
      viewers.every(({ poll }) => poll[0] === round) &&
      listed?.listing === round
    );
  }

  #host(hosting: Hosting): void {
    this.#hosting = hosting;
    const { room } = hosting;
    onTestFinished(() => room.stop());
    room.on('message', ({ about }, number) => this.received[Number(about)]?.add(Number(number)));
    room.on('tally', (counts) => {
      if (room === this.room) this.#votes = counts.get(String(this.#round)) ?? 0;
    });
    room.on('close', (error) => expect([1000, 4000, 4001]).toContain(error.closeCode));
  }
}

function playerOf(room: Room, index: number): Player {
  const player = room.players.find(({ about }) => about === index);
  if (player === undefined) throw new Error(`player ${index} has left`);
  return player;
}

test('rooms are listed, watched and handed over through connections that break at any byte', {
  timeout: 600_000,
}, async () => {
  const relay = await RelayProcess.start(['--list']);
  onTestFinished(() => relay.stop());
  const { FaultProxy } = await import(new URL('../soak/fault-proxy.js', import.meta.url).href);
  const proxy = await FaultProxy.start({ relayPort: relay.port, seed: 2 });
  onTestFinished(() => proxy.close());
  const url = `ws://127.0.0.1:${proxy.port}`;
  let isOver = false;
  let brokenConnections = 0;
  const breaking = (async () => {
    for (let round = 0; !isOver; round++) {
      await pause(100 + (round % 7) * 40);
      [...sockets][(round * 7919) % sockets.size]?.terminate();
      brokenConnections++;
    }
  })();
  const party = new Party(url);
  await party.open();
  const members: Member[] = [];
  while (members.length < PLAYERS) members.push(await Member.join(url, members.length));
  const viewers: Viewer[] = [];
  while (viewers.length < VIEWERS) viewers.push(await watch(url, party.code));

  const end = performance.now() + SECONDS * 1000;
  let hosts = 0;
  for (; performance.now() < end; hosts++) {
    const index = hosts % PLAYERS;
    const passed = party.pass(members[index] as Member, index, hosts % 2 === 1);
    for (const member of members) member.send();
    await passed;
    party.next();
  }
  isOver = true;
  await breaking;
  proxy.endFaults();

  while (!(await party.isShown(members, viewers))) await pause(50);
  const sent = members.map((member) => member.sent);
  const lacks = () => party.received.some(({ size }, index) => size < (sent[index] ?? 0));
  while (lacks()) await pause(50);
  expect(party.room.players.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(members.map(({ seat }) => seat.id)).toEqual([1, 2, 3]);
  expect(hosts).toBeGreaterThan(0);
  if (process.env['CLIENT_FAULT_SECONDS'] !== undefined) {
    console.log({ hosts, brokenConnections, messages: sent, ...proxy.faults });
  }
});
