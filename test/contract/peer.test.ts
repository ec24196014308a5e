import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { HostConnection } from '../../src/dialects/wmbp/host-connection.js';
import { PlayerConnection } from '../../src/dialects/wmbp/player-connection.js';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';
import { Payload } from '../../src/protocol/payload.js';
import type { PlayerId } from '../../src/rooms/ids.js';
import type { HostPeer, PlayerPeer } from '../../src/rooms/peer.js';
import type { RoomSettings } from '../../src/rooms/room-info.js';
import { Acceptor } from '../../src/transport/acceptor.js';
import type { Connection, Link } from '../../src/transport/connection.js';
import { Client } from '../support/clients.js';
import { type PeerCall, TestPlayer, text, WmbpHost } from '../support/peers.js';
import { TestRooms } from '../support/rooms.js';

/** A peer, and what its other end has received until the close, as texts; the close comes last. */
interface Subject<Peer> {
  readonly peer: Peer;
  received(): Promise<string[]>;
}

/** A connection of the relay, and what the client receives. */
async function connected<T extends Connection>(
  create: (link: Link) => T,
): Promise<{ peer: T; client: Client<string>; received(): Promise<string[]> }> {
  const fault = (error: unknown) => {
    throw error;
  };
  const acceptor = new Acceptor({
    maxMessage: {
      host: 1 << 20,
      player: 1 << 20,
      viewer: 1 << 20,
      peer: 1 << 20,
      requester: 1 << 20,
    },
    stall: 10,
    ping: 0,
    fault,
    connected() {},
    disconnected() {},
  });
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.close();
    await acceptor.close(CLOSE_REASONS.restarting, 0);
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
  const received = async () => {
    const { code, reason } = await client.closed;
    return [...client.inbox.rest, `${code} ${reason}`];
  };
  return { peer, client, received };
}

/** The calls of a test peer, as the client of a WebSocket receives them. */
function written(received: readonly PeerCall[]): string[] {
  return received.map((item) => {
    if ('retry' in item) return `${item.code} ${item.reason}`;
    if ('cmd' in item || 'type' in item) return JSON.stringify(item);
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
      return { peer, received: async () => written(peer.calls) };
    },
  ],
  [
    'the WebSocket peer',
    () =>
      connected((link) => {
        const limits = { playerMessages: 0, playerBytes: 0, playerBacklog: 1 << 30 };
        return new PlayerConnection(link, limits);
      }),
  ],
];

describe.each(players)('a player, by %s', (_, make) => {
  test('gets messages sent before the close, in order, and nothing after it', async () => {
    const { peer, received } = await make();
    for (let i = 0; i < 100; i++) peer.send(text(`${i}`));
    peer.close(CLOSE_REASONS.kicked);
    peer.send(text('late'));
    peer.close(CLOSE_REASONS.gameOver);
    const expected = Array.from({ length: 100 }, (_, i) => `${i}`);
    expect(await received()).toEqual([...expected, '4003 kicked']);
  });

  test('gets messages of every size', async () => {
    const { peer, received } = await make();
    const sizes = [0, 1, 125, 126, 65_535, 65_536, 500_000];
    for (const size of sizes) peer.send(new Payload(Buffer.alloc(size, 'x'), true));
    peer.close(CLOSE_REASONS.gameOver);
    const lengths = (await received()).slice(0, -1).map(({ length }) => length);
    expect(lengths).toEqual(sizes);
  });
});

/** The events of a prepared room. */
const PREPARED = ['state', 'state', 'prepare_reply'];

const hosts: [string, () => Promise<Subject<HostPeer>>][] = [
  [
    'the test peer',
    async () => {
      const peer = new WmbpHost(new TestRooms());
      peer.session.begin();
      peer.command({ cmd: 'prepare', maxPlayers: 8, name: '' });
      expect(peer.takeCalls()).toMatchObject(PREPARED.map((cmd) => ({ cmd })));
      return {
        peer,
        received: async () => written(peer.calls),
      };
    },
  ],
  [
    'the WebSocket peer',
    async () => {
      const limits = {
        hostBacklog: 1 << 30,
        commandErrors: 0,
        prepareTimeout: 0,
        maxHostMessage: 1e6,
        maxPlayerMessage: 1e6,
        playerBacklog: 1e6,
      };
      const rooms = new TestRooms();
      const open = (settings: RoomSettings, host: HostPeer) => rooms.open(settings, host);
      const format = { format: 'json', bytes: false } as const;
      const { peer, client, received } = await connected((link) => {
        const host = new HostConnection(link, format, { opener: { open }, limits });
        host.begin();
        return host;
      });
      if (client.socket.readyState === WebSocket.CONNECTING) await once(client.socket, 'open');
      client.send('{"cmd":"prepare","max_players":8}');
      const replies = [await client.next(), await client.next(), await client.next()];
      expect(replies.map((reply) => JSON.parse(reply))).toMatchObject(
        PREPARED.map((cmd) => ({ cmd })),
      );
      return { peer, received };
    },
  ],
];

describe.each(hosts)('a host of WMBP, by %s', (_, make) => {
  const player = 1 as PlayerId;
  const state = '{"cmd":"state","name":"","players":[],"max_players":8,"accept_conns":true}';

  test('gets a change before a message, and the last change at the end of the turn', async () => {
    const { peer, received } = await make();
    peer.event({ type: 'playerJoined', player });
    peer.message(player, text('hi'));
    peer.event({ type: 'playerLeft', player });
    if (peer instanceof WmbpHost) peer.session.flushState();
    await new Promise(setImmediate);
    peer.close(CLOSE_REASONS.stopped);
    expect(await received()).toEqual([
      '{"cmd":"player_joined","player":1}',
      state,
      '{"cmd":"from_str","from":1,"data":"hi"}',
      '{"cmd":"player_left","player":1}',
      state,
      '1001 The game is done.',
    ]);
  });

  test('gets events and messages in order, then the close, and nothing after it', async () => {
    const { peer, received } = await make();
    peer.event({ type: 'playerJoined', player });
    peer.message(player, text('hi'));
    peer.event({ type: 'playerLeft', player });
    peer.close(CLOSE_REASONS.stopped);
    peer.event({ type: 'playerJoined', player });
    peer.message(player, text('late'));
    peer.close(CLOSE_REASONS.restarting);
    expect(await received()).toEqual([
      '{"cmd":"player_joined","player":1}',
      state,
      '{"cmd":"from_str","from":1,"data":"hi"}',
      '{"cmd":"player_left","player":1}',
      '1001 The game is done.',
    ]);
  });
});
