import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { joinAudience } from '../../src/client/index.js';
import { Cable } from '../support/cable.js';
import { Host, joined, Player, seatKey, seatOf } from '../support/clients.js';
import { type ClusterRelay, TestCluster } from '../support/cluster.js';
import { freePort } from '../support/free-port.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { freshMetrics } from '../support/metrics.js';
import { NATS } from '../support/nats.js';
import { closeOf, eventsOf, messagesTo, SdkPage } from '../support/sdk-pages.js';
import { needs } from '../support/tools.js';

interface Routed {
  readonly cluster: TestCluster;
  /** Has a URL of its own. */
  readonly home: ClusterRelay;
  readonly edge: ClusterRelay;
}

/** Two relays, of which the first says that it can be reached at a URL. */
async function routed(nodeUrl?: string, args: readonly string[] = []): Promise<Routed> {
  const cluster = await TestCluster.start([]);
  const port = `${await freePort()}`;
  const url = nodeUrl ?? `ws://127.0.0.1:${port}`;
  const home = await cluster.add('home', ['--port', port, '--node-url', url, ...args]);
  const edge = await cluster.add('edge', args);
  await cluster.whenAllKnow(2);
  return { cluster, home, edge };
}

/** The port in the URL of a relay. */
const portOf = ({ url }: ClusterRelay): number => Number(new URL(url).port);

/** The common address of relays, at which one connects to this relay now. */
async function commonOf(relay: ClusterRelay): Promise<{ cable: Cable; common: string }> {
  const cable = await Cable.to(portOf(relay));
  return { cable, common: `ws://127.0.0.1:${cable.port}` };
}

/** How many clients are served at a relay for the other one. */
async function atEdge({ http }: ClusterRelay): Promise<number> {
  const text = await freshMetrics(http);
  return Number(/^lobby_relay_cluster_clients\{end="edge"\} (\d+)$/m.exec(text)?.[1]);
}

describe('a client that says go=1', needs(NATS), () => {
  test.each([
    ['a player', ({ code }: Host) => `${code}?go=1`],
    ['a player with a seat', (host: Host) => `${seatOf(host, seatKey())}&go=1`],
    ['a viewer', ({ code }: Host) => `${code}?as=audience&go=1`],
    ['a player of a list', () => 'ANY?list=games&go=1'],
    ['a host', ({ code, token }: Host) => `CREATE?room=${code}&resume=${token}&go=1`],
  ])('is told the URL of the relay with the room: %s', async (_, pathOf) => {
    const { home, edge } = await routed(undefined, ['--list']);
    const host = await Host.connect(home.url);
    host.command({ cmd: 'prepare', max_players: 8, hold: 60, audience: 5, list: 'games' });
    const { key, resume } = await host.until('prepare_reply');
    const path = pathOf(Object.assign(host, { code: key, token: resume }));
    const { closed } = await Player.join(edge.url, path);
    expect(await closed).toEqual({ code: 4302, reason: home.url });
    expect(await atEdge(edge)).toBe(0);
  });

  test('is served at the home of its room', async () => {
    const { home } = await routed();
    const host = await Host.open(home.url);
    await Player.join(home.url, `${host.code}?go=1`);
    await host.until('player_joined');
  });

  test('is served at the edge if the home has no URL', async () => {
    const { edge, home } = await routed();
    const host = await Host.open(edge.url);
    await Player.join(home.url, `${host.code}?go=1`);
    await host.until('player_joined');
    expect(await atEdge(home)).toBe(1);
  });

  test('does not learn of the URL from a page that may not connect', async () => {
    const { home, edge } = await routed(undefined, ['--origin', 'https://game.example']);
    const host = await Host.open(home.url);
    const { closed } = await Player.join(edge.url, `${host.code}?go=1`, {
      origin: 'https://other.example',
    });
    expect(await closed).toMatchObject({ code: 1008 });
  });
});

describe('a client that does not say go=1', needs(NATS), () => {
  test('is served at the edge', async () => {
    const { home, edge } = await routed();
    const host = await Host.open(home.url);
    const player = await joined(edge.url, host);
    player.send('hello');
    expect(await host.until('from_str')).toMatchObject({ data: 'hello' });
    expect(await atEdge(edge)).toBe(1);
  });

  test('gets its room to the relay at which it resumes', async () => {
    const { home, edge } = await routed();
    const host = await Host.open(home.url, { hold: 60 });
    host.cut();
    const again = await Host.resume(edge.url, host);
    expect(await again.next()).toMatchObject({ cmd: 'prepare_reply', resumed: true });
    await edge.cli.says('took over a room of another relay');
  });
});

test('a room as JSON has the URL of its relay', needs(NATS), async () => {
  const { home, edge } = await routed();
  const describe = async ({ http }: ClusterRelay, code: string) =>
    (await fetch(`${http}/${code}?format=json`)).json();
  const { code } = await Host.open(home.url, { name: 'Tea' });
  for (const relay of [home, edge]) {
    expect(await describe(relay, code)).toMatchObject({ code, url: home.url });
    expect(await (await fetch(`${relay.http}/${code}`)).text()).toBe('Tea');
  }
  const other = await Host.open(edge.url);
  for (const relay of [home, edge]) {
    expect(await describe(relay, other.code)).not.toHaveProperty('url');
  }
});

describe('a page with the SDK', needs(NATS), () => {
  test('joins at the wrong relay, and ends at the home of its room', async () => {
    const { home, edge } = await routed();
    const room = await new SdkPage().createRoom(home.url, { audience: 5 });
    const heard = eventsOf(room, 'message');
    const seat = await new SdkPage().joinRoom(edge.url, room.code);
    seat.send('hello');
    expect((await heard.next()).id).toBe(seat.id);
    const viewer = await joinAudience(edge.url, room.code, { WebSocket });
    onTestFinished(() => viewer.leave());
    const shown = messagesTo(viewer);
    room.send('for all', { audience: true });
    expect(await shown.next()).toBe('for all');
    expect(await atEdge(edge)).toBe(0);
  });

  test('joins a room of a list, and ends at the home of the room', async () => {
    const { home, edge } = await routed(undefined, ['--list']);
    const room = await new SdkPage().createRoom(home.url, { list: 'games' });
    const seat = await new SdkPage().quickJoin(edge.url, 'games');
    expect(seat.code).toBe(room.code);
    expect(await atEdge(edge)).toBe(0);
  });

  test('is served at the edge if the URL of the home cannot be reached', async () => {
    const { home, edge } = await routed(`ws://127.0.0.1:${await freePort()}`);
    const room = await new SdkPage().createRoom(home.url);
    const heard = eventsOf(room, 'message');
    const seat = await new SdkPage().joinRoom(edge.url, room.code);
    seat.send('hello');
    expect((await heard.next()).id).toBe(seat.id);
    expect(await atEdge(edge)).toBe(1);
  });

  test('gets its seat again at the home, after a lost connection and after a reload', async () => {
    const { home, edge } = await routed();
    const { cable, common } = await commonOf(edge);
    const room = await new SdkPage().createRoom(home.url, { hold: 60 });
    const heard = eventsOf(room, 'message');
    const back = eventsOf(room, 'back');
    const storage = new MemoryStorage();
    const phone = new SdkPage({ storage });
    const seat = await phone.joinRoom(common, room.code);
    const { id } = seat;
    phone.breakConnection();
    seat.send('after a lost connection');
    expect((await back.next()).id).toBe(id);
    expect((await heard.next()).id).toBe(id);
    phone.kill();
    cable.cut();
    const again = await new SdkPage({ storage }).joinRoom(common, room.code);
    expect(again.id).toBe(id);
    cable.leadTo(portOf(home));
    phone.kill();
    expect((await new SdkPage({ storage }).joinRoom(common, room.code)).id).toBe(id);
    expect(await atEdge(edge)).toBe(0);
  });

  test('comes back by the common address if the home cannot be reached any more', async () => {
    const port = await freePort();
    const door = await Cable.to(port);
    const cluster = await TestCluster.start([]);
    const url = `ws://127.0.0.1:${door.port}`;
    const home = await cluster.add('home', ['--port', `${port}`, '--node-url', url]);
    const edge = await cluster.add('edge');
    await cluster.whenAllKnow(2);
    const room = await new SdkPage().createRoom(home.url, { hold: 60 });
    const heard: unknown[] = [];
    const whenAll = new Promise<void>((resolve) => {
      room.on('message', (_, data) => {
        if (heard.push(data) === 30) resolve();
      });
    });
    const seat = await new SdkPage().joinRoom(edge.url, room.code);
    const { id } = seat;
    for (let number = 0; number < 30; number++) {
      seat.send(`${number}`);
      if (number === 10) door.remove();
    }
    await whenAll;
    expect(heard).toEqual(Array.from({ length: 30 }, (_, number) => `${number}`));
    expect(room.players.map((player) => player.id)).toEqual([id]);
    expect(await atEdge(edge)).toBe(1);
  });

  test('resumes its room at the home, after a lost connection and after a reload', async () => {
    const { home, edge } = await routed();
    const { cable, common } = await commonOf(home);
    const storage = new MemoryStorage();
    const page = new SdkPage({ storage });
    const room = await page.createRoom(common, { name: 'Tea', hold: 60 });
    const seat = await new SdkPage().joinRoom(edge.url, room.code);
    const heard = messagesTo(seat);
    cable.leadTo(portOf(edge));
    page.breakConnection();
    room.send('sent while away');
    expect(await heard.next()).toBe('sent while away');
    page.kill();
    const again = await new SdkPage({ storage }).createRoom(common, { name: 'Tea', hold: 60 });
    expect([again.code, again.resumed]).toEqual([room.code, true]);
    again.send('after the reload');
    expect(await heard.next()).toBe('after the reload');
    again.stop();
    expect((await closeOf(seat)).code).toBe('gameOver');
  });
});

test('a relay with many clients in rooms of other relays warns', needs(NATS), async () => {
  const { home, edge } = await routed();
  const host = await Host.open(home.url, { maxPlayers: 20 });
  await Promise.all(Array.from({ length: 20 }, () => Player.join(edge.url, host.code)));
  await edge.cli.says('more than a quarter of the clients');
  expect(home.lines.filter(({ remote }) => remote !== undefined)).toEqual([]);
});
