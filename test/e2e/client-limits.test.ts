import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createRoom,
  type Environment,
  type HostStatus,
  joinRoom,
  type Room,
  type Seat,
  SendError,
  type SendErrorName,
} from '../../src/client/index.js';
import { Cable } from '../support/cable.js';
import { Host, joined, Player } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { startRelay } from '../support/relay.js';

const nodeOptions: Environment = { WebSocket, storage: null };
const MIB = 1_048_576;

interface Game {
  readonly room: Room;
  readonly seat: Seat;
}

async function openGame(
  url: string,
  { host = url, phone = url, options = nodeOptions } = {},
): Promise<Game> {
  const room = await createRoom(host, { ...options, hold: 60 });
  onTestFinished(() => room.stop());
  const seat = await joinRoom(phone, room.code, options);
  onTestFinished(() => seat.leave());
  return { room, seat };
}

/** The error that `send` throws. */
function sendError(send: () => void): SendError {
  try {
    send();
  } catch (error) {
    if (error instanceof SendError) return error;
  }
  throw new Error('no SendError was thrown');
}

function tooLarge(send: () => void): number {
  const { code, limit, name, message } = sendError(send);
  expect([code, name, message]).toEqual([
    'tooLarge' satisfies SendErrorName,
    'SendError',
    expect.stringContaining(String(limit)),
  ]);
  return limit;
}

const sizeAtHost = (room: Room): Promise<number> =>
  new Promise((resolve) => room.on('message', (_player, data) => resolve(data.length)));
const sizeAtPlayer = (seat: Seat): Promise<number> =>
  new Promise((resolve) => seat.on('message', (data) => resolve(data.length)));

describe('a message above the limit of the relay is an error, and one at the limit arrives', () => {
  const sizes = { maxPlayerMessage: 100_000, maxHostMessage: 300_000 };

  test('from a player to a host with the SDK, right after joining', async () => {
    const { url } = await startRelay(sizes);
    const { room, seat } = await openGame(url);
    const limit = tooLarge(() => seat.send(new Uint8Array(MIB)));
    expect(limit).toBe(100_000 - 5);
    expect(() => seat.send(new Uint8Array(limit + 1))).toThrow(RangeError);
    // The limit applies to the size on the wire.
    expect(() => seat.send('é'.repeat(limit / 2 + 1))).toThrow(RangeError);
    seat.send('x'.repeat(limit));
    expect(await sizeAtHost(room)).toBe(limit);
    expect(seat.status).toBe('open');
  });

  test('from a host to players with the SDK and without', async () => {
    const { url } = await startRelay(sizes);
    const { room, seat } = await openGame(url);
    const plain = await Player.join(url, room.code);
    plain.send('hello');
    await new Promise((resolve) => room.on('message', resolve));
    const limit = tooLarge(() => room.send(new Uint8Array(MIB)));
    expect(limit).toBeGreaterThan(300_000 - 100);
    expect(() => room.players[0]?.send(new Uint8Array(MIB))).toThrow(RangeError);
    room.send(new Uint8Array(limit));
    expect(await sizeAtPlayer(seat)).toBe(limit);
    expect((await plain.next()).data).toHaveLength(limit);
    expect(room.status).toBe('open');
  });

  test('from a host, if the limit is the send buffer of a player', async () => {
    const { url } = await startRelay({ playerBacklog: 100_000 });
    const { room, seat } = await openGame(url);
    const limit = tooLarge(() => room.send(new Uint8Array(MIB)));
    room.send(new Uint8Array(limit));
    expect(await sizeAtPlayer(seat)).toBe(limit);
  });

  test.each([{ plain: true }, { plain: false }])(
    'from a player to a host without the SDK (%o)',
    async ({ plain }) => {
      const { url } = await startRelay(sizes);
      const host = await Host.open(url, { query: '?bytes=1', hold: 60 });
      const seat = await joinRoom(url, host.code, { ...nodeOptions, plain });
      onTestFinished(() => seat.leave());
      const limit = tooLarge(() => seat.send(new Uint8Array(MIB)));
      seat.send('x'.repeat(limit));
      expect((await host.until('from_str'))['data']).toHaveLength(limit);
    },
  );
});

describe('messages that do not fit are reported', () => {
  test('1.5 MiB in one message, or at once, right after joining, arrive in both directions', async () => {
    const { url } = await startRelay();
    const { room, seat } = await openGame(url);
    const [toHost, toSeat] = [new Inbox<number>(), new Inbox<number>()];
    room.on('message', (_player, data) => toHost.put(data.length));
    seat.on('message', (data) => toSeat.put(data.length));
    const sizes = [1.5 * MIB, ...Array<number>(24).fill(MIB / 16)];
    for (const size of sizes) {
      seat.send(new Uint8Array(size));
      room.send(new Uint8Array(size));
    }
    expect(await toHost.take(sizes.length)).toEqual(sizes);
    expect(await toSeat.take(sizes.length)).toEqual(sizes);
  });

  test('a player who sends more than fits into the buffer gets an error, and no accepted message is lost', async () => {
    const relay = await startRelay();
    const cable = await Cable.to(relay.port);
    const options = { ...nodeOptions, buffer: 100_000 };
    const phone = `ws://127.0.0.1:${cable.port}`;
    const { room, seat } = await openGame(relay.url, { phone, options });
    const toHost = new Inbox<string>();
    room.on('message', (_player, data) => toHost.put(String(data).slice(0, 3)));
    const away = new Promise<void>((resolve) =>
      seat.on('status', (status) => status === 'away' && resolve()),
    );
    cable.cut();
    await away;
    let sent = 0;
    const full = sendError(() => {
      for (; sent < 1_000; sent++) seat.send(`${100 + sent} ${'x'.repeat(9_900)}`);
    });
    expect([full.code, full.limit, sent]).toEqual(['bufferFull', 100_000, 10]);
    expect(await toHost.take(sent)).toEqual(Array.from({ length: sent }, (_, n) => `${100 + n}`));
    // The buffer has space when these messages are acknowledged.
    const last = await new Promise<string>((resolve) => {
      const retry = (): void => {
        try {
          seat.send('last');
          resolve('last');
        } catch {
          setImmediate(retry);
        }
      };
      retry();
    });
    expect(await toHost.next()).toBe(last.slice(0, 3));
  });

  test('a host gets the number of messages that a player has missed, and other players miss none', async () => {
    const relay = await startRelay();
    const cable = await Cable.to(relay.port);
    const options = { ...nodeOptions, buffer: 100_000 };
    const phone = `ws://127.0.0.1:${cable.port}`;
    const { room, seat } = await openGame(relay.url, { phone, options });
    const other = await joinRoom(relay.url, room.code, options);
    onTestFinished(() => other.leave());
    const numbers = (from: Seat): Inbox<number> => {
      const inbox = new Inbox<number>();
      from.on('message', (data) => inbox.put(Number(String(data).slice(0, 3))));
      return inbox;
    };
    const [toSeat, toOther] = [numbers(seat), numbers(other)];
    const gap = new Promise<number>((resolve) => seat.on('gap', resolve));
    const lost = new Promise<[number, number]>((resolve) =>
      room.on('lost', (player, count) => resolve([player.id, count])),
    );
    const away = new Promise((resolve) => room.on('away', resolve));
    cable.unplug();
    await away;
    for (let n = 100; n < 130; n++) {
      room.send(`${n} ${'x'.repeat(9_900)}`);
      expect(await toOther.next()).toBe(n);
    }
    cable.plugIn();
    const count = await gap;
    expect(await lost).toEqual([1, count]);
    expect(count).toBeGreaterThan(15);
    const rest = await toSeat.take(30 - count);
    expect(rest).toEqual(Array.from(rest, (_, at) => 100 + count + at));
  });

  test('a page that sends faster than its connection gets an error', async () => {
    const { url } = await startRelay();
    class BlockedSocket extends WebSocket {
      constructor(url: string) {
        super(url);
        Object.defineProperty(this, 'bufferedAmount', { value: 100_000 });
      }
    }
    const { room, seat } = await openGame(url, {
      options: { ...nodeOptions, WebSocket: BlockedSocket, buffer: 100_000 },
    });
    expect(sendError(() => room.send('x')).code).toBe('bufferFull');
    expect(sendError(() => seat.send('x')).code).toBe('bufferFull');
  });
});

describe('a plain WMBP host', () => {
  test('gets the limits only on request, also when it resumes', async () => {
    const { url } = await startRelay({ maxPlayerMessage: 2_048, maxHostMessage: 4_096 });
    const host = await Host.connect(url);
    host.command({ cmd: 'prepare', max_players: 1, hold: 60 });
    const reply = await host.until('prepare_reply');
    expect(Object.keys(reply).sort()).toEqual(['cmd', 'key', 'resume']);
    for (const [query, limits] of [
      ['?limits=1', { max_message: 4_096, max_player_message: 2_048 }],
      ['?format=json&limits=1', { max_message: 4_096, max_player_message: 2_048 }],
      ['?limits=0', {}],
    ] as const) {
      const requester = await Host.connect(url, query);
      requester.command({ cmd: 'prepare', max_players: 1, hold: 60 });
      const { cmd, key, resume, ...more } = await requester.until('prepare_reply');
      expect(more).toEqual(limits);
      const back = await Host.resume(
        url,
        { code: String(key), token: String(resume) },
        { format: query.replace('?', '&') },
      );
      expect(await back.until('prepare_reply')).toEqual({
        cmd,
        key,
        resume,
        resumed: true,
        ...limits,
      });
    }
  });
});

describe('a player knows whether the host is connected', { timeout: 60_000 }, () => {
  function statuses(seat: Seat): Inbox<HostStatus> {
    const inbox = new Inbox<HostStatus>();
    seat.on('host', (status) => inbox.put(status));
    return inbox;
  }

  test('with a host with the SDK, by a message that is not acknowledged', async () => {
    const relay = await startRelay();
    const sockets: WebSocket[] = [];
    class HostSocket extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    const room = await createRoom(relay.url, {
      WebSocket: HostSocket,
      storage: null,
      hold: 600,
    });
    const seat = await joinRoom(relay.url, room.code, nodeOptions);
    onTestFinished(() => seat.leave());
    const statusInbox = statuses(seat);
    expect(seat.host).toBe('connected');
    const received = new Promise((resolve) => room.on('message', (_player, data) => resolve(data)));
    const [hostSocket] = sockets as [WebSocket];
    // The host's page gets the close event later, from this test.
    const { onclose } = hostSocket;
    hostSocket.onclose = null;
    hostSocket.terminate();
    seat.send('anybody there?');
    expect(await statusInbox.next()).toBe('disconnected');
    expect([seat.host, seat.status]).toEqual(['disconnected', 'open']);
    onclose?.call(hostSocket, { code: 1006, reason: '' } as never);
    expect(await statusInbox.next()).toBe('connected');
    expect(await received).toBe('anybody there?');
    room.stop();
  });

  test('with a host without the SDK, on joining', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: 60 });
    host.cut();
    const seat = await joinRoom(url, host.code, nodeOptions);
    onTestFinished(() => seat.leave());
    expect(seat.host).toBe('disconnected');
    const statusInbox = statuses(seat);
    expect(await statusInbox.next()).toBe('disconnected');
    const back = await Host.resume(url, host);
    await back.until('state');
    back.command({ cmd: 'to_str', to: [], data: 'welcome back' });
    expect(await statusInbox.next()).toBe('connected');
  });
});

test('a phone in the room of a silent plain host abandons a dead connection, and no other', {
  timeout: 60_000,
}, async () => {
  const relay = await startRelay({ ping: 1 });
  const cable = await Cable.to(relay.port);
  const host = await Host.open(relay.url, { hold: 60 });
  const dead = await joinRoom(`ws://127.0.0.1:${cable.port}`, host.code, nodeOptions);
  onTestFinished(() => dead.leave());
  const { player } = await host.until('player_joined');
  await joined(relay.url, host);
  let sockets = 0;
  class CountedSocket extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets++;
    }
  }
  const alive = await joinRoom(relay.url, host.code, { ...nodeOptions, WebSocket: CountedSocket });
  onTestFinished(() => alive.leave());
  const text = new Promise((resolve) => dead.on('message', resolve));
  cable.goDead();
  expect(await host.until('player_away')).toMatchObject({ player });
  host.command({ cmd: 'to_str', to: [player], data: 'kept' });
  expect(await host.until('player_back')).toMatchObject({ player });
  expect(await text).toBe('kept');
  // This connection has been silent for the same time.
  expect([sockets, alive.status]).toEqual([1, 'open']);
});
