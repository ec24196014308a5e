/*
 * Healthy rooms, in a separate process, so that neither the relay nor an attack delays the
 * process itself. Every player sends ten messages per second, gets an answer from its host, and
 * receives broadcasts. Every message has a number, and is compared with the
 * expected one.
 */
import { once } from 'node:events';
import process from 'node:process';
import { decode, encode } from 'cborg';
import { WebSocket } from 'ws';

/** Messages from and to the parent process. */
export type Order =
  | { readonly say: 'begin' | 'expect-end' }
  | { readonly say: 'report'; readonly atLeast: number };
export type RoomsMessage =
  | { is: 'playing' }
  | { is: 'expecting-end' }
  | ({ is: 'report' } & Report)
  | { is: 'closed'; closed: Codes };

/** How often each close code was seen. */
export type Codes = Record<string, number>;

export interface Report {
  /** Verified messages since `begin`. */
  readonly verified: number;
  /** The longest round trip from a player to its host, in milliseconds. */
  readonly worst: number;
  /** The longest delay of this process itself, in milliseconds; round trips include it. */
  readonly late: number;
  /** Errors since the start; there should be none. */
  readonly faults: readonly string[];
}

export interface Setup {
  readonly url: string;
  readonly rooms: number;
  /** The query of `/CREATE?`. */
  readonly query: string;
}

/** A tenth of all players sends in every tick. */
const TICK = 10;
const SHARE = 10;

/** A host broadcasts once in this many ticks. */
const BROADCAST_EVERY = 25;

/** How long a message may be in transit before it counts as lost, in milliseconds. */
const LOST_AFTER = 15_000;

const ADDRESSES = 10;

const faults: string[] = [];
const codes: Codes = {};
let connections = 0;
let endExpected = false;
let verified = 0;
let worst = 0;
let late = 0;

function fault(what: string): void {
  if (faults.length < 20) faults.push(what);
}

function watch(socket: WebSocket, name: string): void {
  connections++;
  socket.on('error', (error) => fault(`${name}: ${error.message}`));
  socket.on('close', (code) => {
    connections--;
    codes[code] = (codes[code] ?? 0) + 1;
    if (!endExpected) fault(`${name} was closed with ${code}`);
    else if (connections === 0) sendToParent({ is: 'closed', closed: codes });
  });
}

/** The unique content of message n of this kind. */
function words(kind: 'says' | 'hears' | 'all', room: number, player: number, n: number): string {
  return `${kind} ${room} ${player} ${n} ${'·'.repeat(n % 97)}`;
}

function check(got: string, expected: string): void {
  if (got === expected) verified++;
  else fault(`expected "${expected.slice(0, 40)}", got "${got.slice(0, 40)}"`);
}

class HealthyPlayer {
  readonly #socket: WebSocket;
  readonly #room: number;
  readonly #id: number;
  readonly #sentAt: number[] = [];
  answers = 0;
  broadcasts = 0;

  constructor(socket: WebSocket, room: number, id: number) {
    this.#socket = socket;
    this.#room = room;
    this.#id = id;
    socket.on('message', (data: Buffer, binary) => this.#receive(data.toString(), binary));
  }

  get sent(): number {
    return this.#sentAt.length;
  }

  get name(): string {
    return `player ${this.#id} of room ${this.#room}`;
  }

  /** How long the oldest unanswered message has been in transit. */
  age(now: number): number {
    return now - (this.#sentAt[this.answers] ?? now);
  }

  speak(now: number): void {
    const n = this.#sentAt.push(now) - 1;
    const text = words('says', this.#room, this.#id, n);
    // Alternates text and bytes.
    this.#socket.send(n % 2 === 0 ? text : Buffer.from(text));
  }

  #receive(text: string, binary: boolean): void {
    if (text.startsWith('all')) {
      check(text, words('all', this.#room, 0, this.broadcasts++));
      return;
    }
    const n = this.answers++;
    check(text, words('hears', this.#room, this.#id, n));
    if (binary !== (n % 2 === 1)) fault(`${this.name}: answer ${n} came as another kind`);
    worst = Math.max(worst, performance.now() - (this.#sentAt[n] ?? 0));
  }
}

class HealthyRoom {
  readonly players: HealthyPlayer[] = [];
  broadcasts = 0;
  readonly #host: WebSocket;
  readonly #number: number;
  readonly #received: number[] = [];
  #events: Record<string, unknown>[] = [];
  #wake: () => void = () => {};

  static async open({ url, query }: Setup, number: number): Promise<HealthyRoom> {
    // From several addresses, like the guests of a party; attackers have others.
    const from = { localAddress: `127.0.1.${1 + (number % ADDRESSES)}`, rejectUnauthorized: false };
    const host = new WebSocket(`${url}/CREATE?bytes=1&${query}`, from);
    const room = new HealthyRoom(host, number);
    await once(host, 'open');
    room.#command({ cmd: 'prepare', max_players: 4, name: `room ${number}` });
    const { key } = await room.#until('prepare_reply');
    for (let players = 2 + (number % 2); players > 0; players--) {
      const socket = new WebSocket(`${url}/${key}`, from);
      await once(socket, 'open');
      const { player } = await room.#until('player_joined');
      watch(socket, `player ${player} of room ${number}`);
      room.players.push(new HealthyPlayer(socket, number, player as number));
    }
    return room;
  }

  private constructor(host: WebSocket, number: number) {
    this.#host = host;
    this.#number = number;
    watch(host, `the host of room ${number}`);
    host.on('message', (data: Buffer) => this.#receive(decode(data)));
  }

  /** The number of sent messages that have not arrived yet. */
  get missing(): string[] {
    const { broadcasts } = this;
    return this.players
      .filter((player) => player.answers < player.sent || player.broadcasts < broadcasts)
      .map(({ name, answers, sent }) => `${name} has received ${answers} of ${sent} answers`);
  }

  broadcast(): void {
    const data = words('all', this.#number, 0, this.broadcasts++);
    this.#command({ cmd: 'to_str', to: [], data });
  }

  #receive(event: Record<string, unknown>): void {
    const { cmd, from } = event;
    if (cmd !== 'from' && cmd !== 'from_str') {
      this.#events.push(event);
      this.#wake();
      return;
    }
    const id = Number(from);
    const n = this.#received[id] ?? 0;
    this.#received[id] = n + 1;
    const binary = cmd === 'from';
    const text = binary ? Buffer.from(event['data'] as Uint8Array).toString() : `${event['data']}`;
    check(text, words('says', this.#number, id, n));
    if (binary !== (n % 2 === 1)) fault(`message ${n} of ${id} came as another kind`);
    const answer = words('hears', this.#number, id, n);
    if (binary) this.#command({ cmd: 'to', to: [id], data: Buffer.from(answer) });
    else this.#command({ cmd: 'to_str', to: [id], data: answer });
  }

  async #until(cmd: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.#events.find((event) => event['cmd'] === cmd);
      this.#events = [];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #command(command: object): void {
    this.#host.send(encode(command));
  }
}

const setup = JSON.parse(process.argv[2] ?? '') as Setup;
const rooms: HealthyRoom[] = [];
for (let number = 0; number < setup.rooms; number++) {
  rooms.push(await HealthyRoom.open(setup, number));
}
const players = rooms.flatMap((room) => room.players);

/** How many messages must be verified before the requested report. */
let reportAt: number | undefined;
let reporting = false;
let due = performance.now() + TICK;
let tick = 0;
setInterval(() => {
  const now = performance.now();
  late = Math.max(late, now - due);
  due = now + TICK;
  tick++;
  for (const player of players) {
    const age = player.age(now);
    worst = Math.max(worst, age);
    if (age > LOST_AFTER && !endExpected) fault(`${player.name}: a message was lost`);
  }
  if (reportAt !== undefined && verified >= reportAt) reporting = true;
  if (reporting) return reportIfSettled();
  for (let at = tick % SHARE; at < players.length; at += SHARE) players[at]?.speak(now);
  for (let at = tick % BROADCAST_EVERY; at < rooms.length; at += BROADCAST_EVERY) {
    rooms[at]?.broadcast();
  }
}, TICK);

/** Sending has stopped; messages in transit arrive or are lost. */
function reportIfSettled(): void {
  const missing = rooms.flatMap((room) => room.missing);
  if (missing.length > 0 && worst < LOST_AFTER && faults.length === 0) return;
  reporting = false;
  reportAt = undefined;
  sendToParent({ is: 'report', verified, worst, late, faults: [...faults, ...missing] });
}

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  switch (order.say) {
    case 'begin':
      verified = 0;
      worst = 0;
      late = 0;
      break;
    case 'report':
      reportAt = order.atLeast;
      break;
    case 'expect-end':
      endExpected = true;
      sendToParent({ is: 'expecting-end' });
      break;
    default:
      order satisfies never;
  }
});

function sendToParent(message: RoomsMessage): void {
  process.send?.(message);
}

sendToParent({ is: 'playing' });
