import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { type ClusterRelay, resumed, TestCluster } from '../support/cluster.js';
import { freePorts } from '../support/free-port.js';
import { NATS } from '../support/nats.js';
import { needs } from '../support/tools.js';
import { CADDY_FOR_CLUSTER, NGINX_FOR_CLUSTER, type ProxyKind, startProxy } from './proxy.js';

/** The letters of the relays, as in the configurations. */
const LETTERS = ['BCDFGHJ', 'KLMNPQR', 'STVWXZ'];
const EDGE = 'cluster_clients{end="edge"}';
const PLAYERS = 'connections{role="player"}';
const FLAGS = ['--trust-proxy', 'loopback', '--rooms-per-minute', '0'];

/** Two addresses, which stand for two machines. */
const ANA = '127.0.0.2';
const BEN = '127.0.0.3';

async function behind(kind: ProxyKind, flags: readonly string[] = []) {
  const cluster = await TestCluster.start([]);
  const ports = await freePorts(LETTERS.length);
  const start = (index: number): Promise<ClusterRelay> => {
    const own = ['--port', `${ports[index]}`, '--letters', `${LETTERS[index]}`];
    return cluster.add(`relay-${index}`, [...FLAGS, ...own, ...flags]);
  };
  const relays = await Promise.all(LETTERS.map((_, index) => start(index)));
  await cluster.whenAllKnow(relays.length);
  const proxy = await startProxy(kind, ports);
  return { ...proxy, relays, start };
}

/** The relay that is the home of a code. */
function homeOf({ code }: Host): number {
  return LETTERS.findIndex((letters) => letters.includes(code.slice(0, 1)));
}

/** Opens nine rooms, which the proxy spreads over all relays. */
async function openRooms(url: string): Promise<Host[]> {
  const hosts: Host[] = [];
  while (hosts.length < 9) hosts.push(await Host.open(url, { hold: 60 }));
  return hosts;
}

/** A metric of each relay, which is up to a second old. */
function metricOf(relays: readonly ClusterRelay[], name: string): Promise<number[]> {
  return Promise.all(relays.map((relay) => relay.metric(name)));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

/** Sends a request whose body is invalid, and waits until the proxy closes the connection. */
async function brokenPost(port: number, path: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n`;
  socket.write(`${head}\r\n3\r\nabc\r\n`);
  socket.end('invalid\r\n');
  socket.on('error', () => {}).resume();
  await once(socket, 'close');
}

/** Sends more than any relay reads. */
async function largePost(http: string, path: string): Promise<void> {
  const answer = await fetch(http + path, { method: 'POST', body: 'x'.repeat(1_000_000) });
  await answer.body?.cancel();
}

describe.each([NGINX_FOR_CLUSTER, CADDY_FOR_CLUSTER])('three relays behind $name', (kind) => {
  describe('with letters', needs([kind.tool, NATS]), () => {
    test('share new rooms, and get the players and hosts of their own', async () => {
      const { url, http, relays } = await behind(kind);
      const hosts = await openRooms(url);
      await expect.poll(() => metricOf(relays, 'rooms')).toEqual([3, 3, 3]);
      for (const host of hosts) {
        const player = await joined(url, host);
        const other = await joined(url, Object.assign(host, { code: host.code.toLowerCase() }));
        player.send('through the proxy');
        expect(await host.until('from_str')).toMatchObject({ from: player.id });
        host.command({ cmd: 'to_str', to: [], data: 'to both' });
        expect([await player.nextText(), await other.nextText()]).toEqual(['to both', 'to both']);
        expect(await (await fetch(`${http}/${host.code}`)).text()).toBe('test');
      }
      await expect.poll(() => metricOf(relays, PLAYERS)).toEqual([6, 6, 6]);
      expect(await metricOf(relays, EDGE)).toEqual([0, 0, 0]);
    });

    test('get back the hosts of their rooms', async () => {
      const { url } = await behind(kind);
      for (const [count, host] of (await openRooms(url)).entries()) {
        await joined(url, host);
        host.cut();
        const code = count % 2 === 0 ? host.code : host.code.toLowerCase();
        const back = await Host.resume(url, { ...host, code, token: host.token });
        expect(await back.until('prepare_reply')).toMatchObject({ key: host.code, resumed: true });
      }
    });

    test('get the address of each client, which it cannot forge', async () => {
      const { url } = await behind(kind, ['--limit-loopback', '--misses-per-minute', '3']);
      const refusal = async (code: string, localAddress: string) => {
        const headers = { 'X-Forwarded-For': `192.0.2.${code.length}` };
        return (await Player.connect(url, code, { localAddress, headers }).closed).code;
      };
      const codes = ['BBBB', 'BBBC', 'BBBD', 'BBBF'];
      const refusals: number[] = [];
      for (const code of codes) refusals.push(await refusal(code, ANA));
      expect(refusals).toEqual([4004, 4004, 4004, 4029]);
      expect(await refusal('BBBB', BEN)).toBe(4004);
    });

    test('stand in for one that is down, until it is back', async () => {
      const { url, http, relays, start } = await behind(kind);
      const hosts = await openRooms(url);
      const [lost] = hosts.filter((host) => homeOf(host) === 0) as [Host];
      relays[0]?.cli.kill('SIGKILL');
      await lost.closed;
      for (let count = 0; count < 6; count++) {
        expect(homeOf(await Host.open(url))).not.toBe(0);
      }
      for (const host of hosts.filter((each) => homeOf(each) !== 0)) await joined(url, host);
      expect((await fetch(`${http}/${lost.code}`)).status).toBe(503);

      await start(0);
      await expect.poll(async () => homeOf(await Host.open(url))).toBe(0);
      // The room has waited.
      await joined(url, await resumed({ url }, lost));
    });

    test('serve a player at another one while the home refuses connections', async () => {
      const { url, relays } = await behind(kind);
      const hosts = await openRooms(url);
      const [host] = hosts.filter((each) => homeOf(each) === 2) as [Host];
      // The proxy knows another address of this relay.
      const edges = relays.slice(0, 2).map((relay) => Number(new URL(relay.http).port));
      const [dead] = (await freePorts(1)) as [number];
      const half = await startProxy(kind, [...edges, dead]);
      const player = await joined(half.url, host);
      player.send('from an edge');
      expect(await host.until('from_str')).toMatchObject({ data: 'from an edge' });
      await expect.poll(async () => sum(await metricOf(relays, EDGE))).toBe(1);
    });

    test('stay in use when a client breaks requests off', async () => {
      const { url, http, relays } = await behind(kind);
      const [host] = (await openRooms(url)).filter((each) => homeOf(each) === 0) as [Host];
      const { port } = new URL(http);
      for (const path of [`/${host.code}`, '/signaling', '/', '/matchmaker/play/game']) {
        await brokenPost(Number(port), path);
        await largePost(http, path);
      }
      await joined(url, host);
      await expect.poll(() => metricOf(relays, PLAYERS)).toEqual([1, 0, 0]);
      const more = await openRooms(url);
      expect(new Set(more.map(homeOf)).size).toBe(3);
    });
  });
});
