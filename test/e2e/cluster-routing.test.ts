import { describe, expect, test } from 'vitest';
import { Host, joined, Player, seatKey, seatOf } from '../support/clients.js';
import { type ClusterRelay, TestCluster } from '../support/cluster.js';
import { freePort } from '../support/free-port.js';
import { freshMetrics } from '../support/metrics.js';
import { NATS } from '../support/nats.js';
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

  test('is asked to come back if it resumes a room of another relay', async () => {
    const { home, edge } = await routed();
    const host = await Host.open(home.url, { hold: 60 });
    host.cut();
    const again = await Host.resume(edge.url, host);
    expect(await again.closed).toEqual({ code: 1012, reason: 'relay restarting' });
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
