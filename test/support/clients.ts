import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { decode, encode } from 'cborg';
import { type ClientOptions, WebSocket } from 'ws';
import { Inbox } from './inbox.js';

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export interface Message {
  readonly data: Buffer;
  readonly binary: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: events are as varied as the tests that look at them
export type Event = any;

/** A WebSocket client that keeps what it receives until the test asks for it. */
export class Client<Item> {
  readonly inbox = new Inbox<Item>();
  readonly closed: Promise<Closed>;

  constructor(
    readonly socket: WebSocket,
    read: (message: Message) => Item,
  ) {
    socket.on('message', (data: Buffer, binary) => this.inbox.put(read({ data, binary })));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  next(): Promise<Item> {
    return this.inbox.next();
  }

  send(data: string | Uint8Array): void {
    this.socket.send(data);
  }

  /** Leaves with a close frame, and waits until the relay has confirmed it. */
  async leave(code?: number): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }

  /** The line is cut: no close frame. */
  cut(): void {
    this.socket.terminate();
  }
}

/** A game that speaks CBOR by `cborg`, which the relay does not use. */
export class Host extends Client<Event> {
  code = '';
  /** What it brings to get its room back; empty if the room does not wait. */
  token = '';

  static async connect(url: string, query = '', options?: ClientOptions): Promise<Host> {
    const host = new Host(new WebSocket(`${url}/CREATE${query}`, options));
    await once(host.socket, 'open');
    return host;
  }

  /** Connects and prepares a room; what the relay says on the way is taken. */
  static async open(
    url: string,
    { query = '', maxPlayers = 8, name = 'test', hold = 0 } = {},
  ): Promise<Host> {
    const host = await Host.connect(url, query);
    host.command({ cmd: 'prepare', max_players: maxPlayers, name, ...(hold > 0 && { hold }) });
    const { key, resume = '' } = await host.until('prepare_reply');
    return Object.assign(host, { code: key, token: resume });
  }

  /** Takes a host's room over, by a new connection. Whether it may shows in what it gets. */
  static async resume(
    url: string,
    { code, token }: Pick<Host, 'code' | 'token'>,
    { format = '', ...options }: ClientOptions & { format?: string } = {},
  ): Promise<Host> {
    const query = `?room=${code}&resume=${token}${format}`;
    return Object.assign(await Host.connect(url, query, options), { code, token });
  }

  private constructor(socket: WebSocket) {
    super(socket, ({ data, binary }) => (binary ? decode(data) : JSON.parse(data.toString())));
  }

  command(command: object): void {
    this.send(encode(command));
  }

  /** The next event with this `cmd`; those before it are passed over. */
  async until(cmd: string): Promise<Event> {
    for (;;) {
      const event = await this.next();
      if (event.cmd === cmd) return event;
    }
  }

  /** All that it hears before the next state, and that state. */
  async untilState(): Promise<{ before: Event[]; state: Event }> {
    const before: Event[] = [];
    for (;;) {
      const event = await this.next();
      if (event.cmd === 'state') return { before, state: event };
      before.push(event);
    }
  }

  /** What the relay has said by now: a command that is always answered, and all before its answer. */
  async settled(): Promise<Event[]> {
    this.command({ cmd: 'prepare', max_players: 1, name: 'asked to see what came before' });
    const events: Event[] = [];
    for (;;) {
      const event = await this.next();
      if (event.cmd === 'prepare_reply') return events;
      events.push(event);
    }
  }
}

/** A phone. */
export class Player extends Client<Message> {
  static async join(url: string, code: string, options?: ClientOptions): Promise<Player> {
    const player = Player.connect(url, code, options);
    await once(player.socket, 'open');
    return player;
  }

  static connect(url: string, code: string, options?: ClientOptions): Player {
    return new Player(new WebSocket(`${url}/${code}`, options), (message) => message);
  }

  async nextText(): Promise<string> {
    const { data, binary } = await this.next();
    if (binary) throw new Error(`expected a text frame, got binary: ${data.toString('hex')}`);
    return data.toString();
  }
}

/** Where the seat is that a key is for, as a player's path. */
export function seatOf({ code }: Pick<Host, 'code'>, key: string): string {
  return `${code}?seat=${key}`;
}

/** What a phone makes up to be known again: a different one every time. */
export function seatKey(): string {
  return randomBytes(12).toString('base64url');
}

/** Joins, with a seat key if there is one, and waits until the host has been told. */
export async function joined(
  url: string,
  host: Host,
  key?: string,
): Promise<Player & { id: number }> {
  const player = await Player.join(url, key === undefined ? host.code : seatOf(host, key));
  const { player: id } = await host.until('player_joined');
  await host.until('state');
  return Object.assign(player, { id });
}
