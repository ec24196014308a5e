import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { decode, encode } from 'cborg';
import { expect } from 'vitest';
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

/** A WebSocket client that queues received messages until the test reads them. */
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

  /** Closes, and waits until the relay has confirmed it. */
  async leave(code?: number): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }

  /** Disconnects without a close frame. */
  cut(): void {
    this.socket.terminate();
  }
}

/** A game that speaks CBOR by `cborg`, which the relay does not use. */
export class Host extends Client<Event> {
  code = '';
  /** The resume token; empty without a reconnect window. */
  token = '';

  static async connect(url: string, query = '', options?: ClientOptions): Promise<Host> {
    const host = new Host(new WebSocket(`${url}/CREATE${query}`, options));
    await once(host.socket, 'open');
    return host;
  }

  /** Connects and prepares a room, and consumes the relay's answers. */
  static async open(
    url: string,
    { query = '', maxPlayers = 8, name = 'test', hold = 0 } = {},
  ): Promise<Host> {
    const host = await Host.connect(url, query);
    host.command({ cmd: 'prepare', max_players: maxPlayers, name, ...(hold > 0 && { hold }) });
    const { key, resume = '' } = await host.until('prepare_reply');
    return Object.assign(host, { code: key, token: resume });
  }

  /** Resumes a host's room with a new connection. The answer shows whether that succeeded. */
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

  /** The next event with this `cmd`. Earlier events are skipped. */
  async until(cmd: string): Promise<Event> {
    for (;;) {
      const event = await this.next();
      if (event.cmd === cmd) return event;
    }
  }

  /** All events up to and including the next state. */
  async untilState(): Promise<{ before: Event[]; state: Event }> {
    const before: Event[] = [];
    for (;;) {
      const event = await this.next();
      if (event.cmd === 'state') return { before, state: event };
      before.push(event);
    }
  }

  /**
   * All events so far: sends a command that is always answered, and returns the events before the
   * answer.
   */
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

/** The path with which a player joins with this seat key. */
export function seatOf({ code }: Pick<Host, 'code'>, key: string): string {
  return `${code}?seat=${key}`;
}

/** A random seat key. */
export function seatKey(): string {
  return randomBytes(12).toString('base64url');
}

/** Joins, with a seat key if given, and waits for the host's event. */
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

/** Checks that the host and a player hear each other. */
export async function talk(host: Host, player: Player & { readonly id: number }): Promise<void> {
  player.send('up');
  expect(await host.until('from_str')).toMatchObject({ from: player.id, data: 'up' });
  host.command({ cmd: 'to_str', to: [player.id], data: 'down' });
  expect(await player.nextText()).toBe('down');
}
