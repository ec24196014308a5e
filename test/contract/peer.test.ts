import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { CLOSINGS } from '../../src/protocol/close-codes.js';
import { Payload } from '../../src/protocol/payload.js';
import type { PlayerId } from '../../src/rooms/ids.js';
import type { HostPeer, PlayerPeer } from '../../src/rooms/peer.js';
import { Room } from '../../src/rooms/room.js';
import { Acceptor } from '../../src/transport/acceptor.js';
import type { Connection, Link } from '../../src/transport/connection.js';
import { HostConnection } from '../../src/transport/host-connection.js';
import { PlayerConnection } from '../../src/transport/player-connection.js';
import { Client } from '../support/clients.js';
import { type Heard, TestHost, TestPlayer, text } from '../support/peers.js';
import { TestKeeper } from '../support/rooms.js';

/** A peer, and what its far end has heard once it was closed, as texts; the close comes last. */
interface Subject<Peer> {
  readonly peer: Peer;
  heard(): Promise<string[]>;
}

/** A connection of the relay, and what the client at its other end hears. */
async function connected<T extends Connection>(
  create: (link: Link) => T,
): Promise<{ peer: T; heard(): Promise<string[]> }> {
  const fault = (error: unknown) => {
    throw error;
  };
  const acceptor = new Acceptor({
    maxHostMessage: 1 << 20,
    maxPlayerMessage: 1 << 20,
    memory: 1 << 30,
    stall: 10,
    ping: 0,
    kept: { bytes: () => 0, shed: () => 0 },
    fault,
    connected() {},
    disconnected() {},
  });
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.close();
    await acceptor.close(0);
  });
  await once(server, 'listening');
  const client = new Client(
    new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ({ data }) => data.toString(),
  );
  const [request, socket, head] = await once(server, 'upgrade');
  const peer = await new Promise<T>((resolve) => {
    acceptor.accept('player', { request, socket, head, address: '' }, (link) => {
      const connection = create(link);
      resolve(connection);
      return connection;
    });
  });
  const heard = async () => {
    const { code, reason } = await client.closed;
    return [...client.inbox.rest, `${code} ${reason}`];
  };
  return { peer, heard };
}

/** A room that has nothing to say to the peer that is tested. */
function quietRoom(): Room {
  const room = new Room(new TestHost(), new TestKeeper());
  room.command({ cmd: 'prepare', maxPlayers: 8, name: '' });
  return room;
}

/** What a test peer wrote down, as a WebSocket's far end reads it. */
function written(heard: readonly Heard[]): string[] {
  return heard.map((item) => {
    if ('retry' in item) return `${item.code} ${item.reason}`;
    if ('cmd' in item) return JSON.stringify(item);
    if ('from' in item)
      return JSON.stringify({ cmd: 'from_str', from: item.from, data: item.text });
    return item.text;
  });
}

const players: [string, () => Promise<Subject<PlayerPeer>>][] = [
  [
    'the test peer',
    async () => {
      const peer = new TestPlayer();
      return { peer, heard: async () => written(peer.heard) };
    },
  ],
  [
    'the WebSocket peer',
    () =>
      connected((link) => {
        const limits = { playerMessages: 0, playerBytes: 0, playerBacklog: 1 << 30 };
        return new PlayerConnection(link, (peer) => quietRoom().join(peer), limits);
      }),
  ],
];

describe.each(players)('a player, by %s', (_, make) => {
  test('hears what was sent before the close, in order, and nothing after it', async () => {
    const { peer, heard } = await make();
    for (let i = 0; i < 100; i++) peer.send(text(`${i}`));
    peer.close(CLOSINGS.kicked);
    peer.send(text('late'));
    peer.close(CLOSINGS.gameOver);
    const expected = Array.from({ length: 100 }, (_, i) => `${i}`);
    expect(await heard()).toEqual([...expected, '4003 kicked']);
  });

  test('hears messages of every size', async () => {
    const { peer, heard } = await make();
    const sizes = [0, 1, 125, 126, 65_535, 65_536, 500_000];
    for (const size of sizes) peer.send(new Payload(Buffer.alloc(size, 'x'), true));
    peer.close(CLOSINGS.gameOver);
    const lengths = (await heard()).slice(0, -1).map(({ length }) => length);
    expect(lengths).toEqual(sizes);
  });
});

const hosts: [string, () => Promise<Subject<HostPeer>>][] = [
  [
    'the test peer',
    async () => {
      const peer = new TestHost();
      return { peer, heard: async () => written(peer.heard) };
    },
  ],
  [
    'the WebSocket peer',
    () =>
      connected((link) => {
        const limits = { hostBacklog: 1 << 30, commandErrors: 0, prepareTimeout: 0 };
        const enter = () => new Room(new TestHost(), new TestKeeper());
        return new HostConnection(link, { format: 'json', bytes: false }, enter, limits);
      }),
  ],
];

describe.each(hosts)('a host, by %s', (_, make) => {
  test('hears of a change before whatever else comes, and of the last one in any case', async () => {
    const { peer, heard } = await make();
    const player = 1 as PlayerId;
    const state = { cmd: 'state', name: '', max_players: 8, accept_conns: true } as const;
    peer.event({ cmd: 'player_joined', player });
    peer.changed(() => ({ ...state, players: [1] }));
    peer.message(player, text('hi'));
    peer.event({ cmd: 'player_left', player });
    peer.changed(() => ({ ...state, players: [] }));
    await new Promise(setImmediate);
    peer.close(CLOSINGS.stopped);
    const states = (players: number[]) => JSON.stringify({ ...state, players });
    expect(await heard()).toEqual([
      '{"cmd":"player_joined","player":1}',
      states([1]),
      '{"cmd":"from_str","from":1,"data":"hi"}',
      '{"cmd":"player_left","player":1}',
      states([]),
      '1001 The game is done.',
    ]);
  });

  test('hears events and messages in order, then the close, and nothing after it', async () => {
    const { peer, heard } = await make();
    const player = 1 as PlayerId;
    peer.event({ cmd: 'player_joined', player });
    peer.message(player, text('hi'));
    peer.event({ cmd: 'player_left', player });
    peer.close(CLOSINGS.stopped);
    peer.event({ cmd: 'player_joined', player });
    peer.message(player, text('late'));
    peer.close(CLOSINGS.restarting);
    expect(await heard()).toEqual([
      '{"cmd":"player_joined","player":1}',
      '{"cmd":"from_str","from":1,"data":"hi"}',
      '{"cmd":"player_left","player":1}',
      '1001 The game is done.',
    ]);
  });
});
