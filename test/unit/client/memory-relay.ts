import { decode, encode } from 'cborg';
import { vi } from 'vitest';
import type { Socket } from '../../../src/client/environment.js';
import { CLOSE_REASONS, type CloseReason } from '../../../src/protocol/close-codes.js';

/** One connection with the frames in transit. `owner` is its role at the relay. */
interface Connection {
  readonly socket: MemorySocket;
  readonly up: (string | Uint8Array)[];
  readonly down: FrameToClient[];
  owner: 'host' | Seat | undefined;
  isOpen: boolean;
  isBroken: boolean;
  isClientNotified: boolean;
}

type FrameToClient =
  | { readonly is: 'open' }
  | { readonly is: 'data'; readonly data: string | Uint8Array }
  | { readonly is: 'close'; readonly code: number; readonly reason: string };

interface Seat {
  readonly id: number;
  readonly key: string;
  connection: Connection | undefined;
  readonly buffered: (string | Uint8Array)[];
}

const CODE = 'BCDF';
const LIMITS = { max_message: 16_777_216, max_player_message: 65_536 };
const REPLY = { cmd: 'prepare_reply', key: CODE, ...LIMITS };
const TOKEN = 'a-token-of-the-relay';

/**
 * A relay in memory with one room and its seats, as described in docs/protocol.md. The test decides when
 * a connection delivers a frame, breaks, or is reported as broken.
 */
export class MemoryRelay {
  readonly connections: Connection[] = [];
  #host: Connection | undefined;
  #seats: Seat[] = [];
  #prepared = false;
  #lastId = 0;
  readonly #bufferedForHost: object[] = [];

  constructor() {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no HTTP here')));
  }

  /** A WebSocket constructor whose sockets connect to this relay. */
  get WebSocket(): new (
    url: string,
  ) => Socket {
    const relay = this;
    return class extends MemorySocket {
      constructor(url: string) {
        super(url);
        relay.#connect(this);
      }
    };
  }

  /** Delivers one frame; false if none is in transit. */
  deliverNext(pick: (count: number) => number): boolean {
    const deliveries = this.connections.flatMap((connection) => [
      ...(connection.isBroken || connection.up.length === 0
        ? []
        : [() => this.#deliverToRelay(connection)]),
      ...(connection.isBroken || connection.down.length === 0
        ? []
        : [() => this.#deliverToClient(connection)]),
    ]);
    const delivery = deliveries[pick(deliveries.length)];
    delivery?.();
    return delivery !== undefined;
  }

  /** Breaks a connection. Some frames in transit still arrive, and neither end is notified. */
  breakConnection(connection: Connection, pick: (count: number) => number): void {
    if (connection.isBroken) return;
    for (let left = pick(connection.up.length + 1); left > 0; left--)
      this.#deliverToRelay(connection);
    for (let left = pick(connection.down.length + 1); left > 0; left--)
      this.#deliverToClient(connection);
    connection.isBroken = true;
    connection.up.length = 0;
    connection.down.length = 0;
  }

  notifyClient(connection: Connection): void {
    if (!connection.isBroken || connection.isClientNotified) return;
    connection.isClientNotified = true;
    this.#removeIfClosed(connection);
    connection.socket.onclose?.({ code: 1006, reason: '' });
  }

  notifyRelay(connection: Connection): void {
    if (!connection.isBroken) return;
    this.#lost(connection);
    this.#removeIfClosed(connection);
  }

  /** Kills and restarts the relay: all connections break, and buffers are lost. */
  restart(pick: (count: number) => number): void {
    for (const connection of [...this.connections]) {
      this.breakConnection(connection, pick);
      connection.owner = undefined;
    }
    this.#host = undefined;
    this.#bufferedForHost.length = 0;
    for (const seat of this.#seats) {
      seat.connection = undefined;
      seat.buffered.length = 0;
    }
  }

  #connect(socket: MemorySocket): void {
    const connection: Connection = {
      socket,
      up: [],
      down: [],
      owner: undefined,
      isOpen: false,
      isBroken: false,
      isClientNotified: false,
    };
    socket.connection = connection;
    this.connections.push(connection);
    connection.down.push({ is: 'open' });
    const url = new URL(socket.url);
    if (url.pathname === '/CREATE') this.#admitHost(connection, url.searchParams);
    else this.#admitPlayer(connection, url.pathname.slice(1), url.searchParams.get('seat') ?? '');
  }

  #admitHost(connection: Connection, query: URLSearchParams): void {
    if (!query.has('resume')) {
      this.#host = connection;
      connection.owner = 'host';
      return this.#sendToHost(this.#state());
    }
    if (query.get('resume') !== TOKEN) return this.#close(connection, CLOSE_REASONS.noSuchRoom);
    const previous = this.#host;
    this.#host = connection;
    connection.owner = 'host';
    if (previous !== undefined) this.#close(previous, CLOSE_REASONS.replaced);
    this.#sendToHost({ ...REPLY, resume: TOKEN, resumed: true });
    for (const event of this.#bufferedForHost.splice(0)) this.#sendToHost(event);
    this.#sendToHost(this.#state());
  }

  #admitPlayer(connection: Connection, code: string, key: string): void {
    if (code !== CODE || !this.#prepared) return this.#close(connection, CLOSE_REASONS.noSuchRoom);
    const known = this.#seats.find((seat) => seat.key === key);
    const seat = known ?? { id: ++this.#lastId, key, connection: undefined, buffered: [] };
    connection.owner = seat;
    if (known === undefined) {
      this.#seats.push(seat);
      this.#sendToHost({ cmd: 'player_joined', player: seat.id }, this.#state());
    } else if (known.connection === undefined) {
      this.#sendToHost({ cmd: 'player_back', player: seat.id }, this.#state());
    }
    const previous = seat.connection;
    seat.connection = connection;
    if (previous !== undefined) this.#close(previous, CLOSE_REASONS.replaced);
    for (const data of seat.buffered.splice(0))
      this.#sendToClient(connection, { is: 'data', data });
  }

  /** A frame of the client arrives at the relay. */
  #deliverToRelay(connection: Connection): void {
    const frame = connection.up.shift();
    if (frame === undefined) return;
    const { owner } = connection;
    if (owner === 'host') return this.#command(decode(frame as Uint8Array));
    if (owner === undefined || owner.connection !== connection) return;
    const cmd = typeof frame === 'string' ? 'from_str' : 'from';
    this.#sendToHost({ cmd, from: owner.id, data: frame });
  }

  // biome-ignore lint/suspicious/noExplicitAny: any command of a host
  #command(command: any): void {
    switch (command.cmd) {
      case 'prepare':
        this.#prepared = true;
        return this.#sendToHost(this.#state(), { ...REPLY, resume: TOKEN });
      case 'to':
      case 'to_str':
        for (const id of command.to) this.#sendToPlayer(id, command.data);
    }
  }

  #sendToPlayer(id: number, data: string | Uint8Array): void {
    const seat = this.#seats.find((each) => each.id === id);
    if (seat === undefined) return;
    if (seat.connection === undefined) seat.buffered.push(data);
    else this.#sendToClient(seat.connection, { is: 'data', data });
  }

  /** A frame of the relay arrives at the client. */
  #deliverToClient({ down, socket }: Connection): void {
    const next = down.shift();
    if (next === undefined) return;
    switch (next.is) {
      case 'open':
        return socket.onopen?.();
      case 'data':
        return socket.onmessage?.({ data: toEventData(next.data) });
      case 'close':
        this.connections.splice(this.connections.indexOf(socket.connected), 1);
        return socket.onclose?.(next);
    }
  }

  #lost(connection: Connection): void {
    const { owner } = connection;
    connection.owner = undefined;
    if (owner === 'host') {
      if (this.#host === connection) this.#host = undefined;
    } else if (owner !== undefined && owner.connection === connection) {
      owner.connection = undefined;
      this.#sendToHost({ cmd: 'player_away', player: owner.id }, this.#state());
    }
  }

  #close(connection: Connection, { code, reason }: CloseReason): void {
    connection.owner = undefined;
    this.#sendToClient(connection, { is: 'close', code, reason });
  }

  #sendToHost(...events: object[]): void {
    for (const event of events) {
      const isState = (event as { cmd: string }).cmd === 'state';
      if (this.#host !== undefined)
        this.#sendToClient(this.#host, { is: 'data', data: encode(event) });
      else if (!isState) this.#bufferedForHost.push(event);
    }
  }

  #sendToClient(connection: Connection, down: FrameToClient): void {
    if (!connection.isBroken) connection.down.push(down);
  }

  #removeIfClosed(connection: Connection): void {
    if (!connection.isClientNotified || connection.owner !== undefined) return;
    this.connections.splice(this.connections.indexOf(connection), 1);
  }

  #state(): object {
    return {
      cmd: 'state',
      name: 'test',
      players: this.#seats.map(({ id }) => id),
      max_players: 8,
      accept_conns: this.#prepared,
      away: this.#seats.filter(({ connection }) => connection === undefined).map(({ id }) => id),
    };
  }
}

/** A socket that is connected to a relay in memory. */
class MemorySocket implements Socket {
  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  connection: Connection | undefined;

  constructor(readonly url: string) {}

  get connected(): Connection {
    if (this.connection === undefined) throw new Error('not connected');
    return this.connection;
  }

  send(data: string | Uint8Array): void {
    if (!this.connected.isBroken) this.connected.up.push(data);
  }

  /** The client abandons the connection. The relay is not notified. */
  close(): void {
    this.connected.isBroken = true;
    this.connected.up.length = 0;
    this.connected.down.length = 0;
    this.connected.isClientNotified = true;
  }
}

function toEventData(data: string | Uint8Array): unknown {
  return typeof data === 'string' ? data : Uint8Array.from(data).buffer;
}
