import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, test } from 'vitest';
import { type Event, Host, joined, talk } from '../support/clients.js';
import { type ClusterRelay, TestCluster } from '../support/cluster.js';
import { NATS, NatsServer } from '../support/nats.js';
import { startNatsCluster, type ThreeServers } from '../support/nats-cluster.js';
import { needs } from '../support/tools.js';

const REPLICAS = ['--cluster-replicas', '3'];

/** Metrics may be a second old, and what is asked of JetStream may take seconds. */
const SLOW = { timeout: 20_000, interval: 200 };

/** @param placed the server of each relay, as it begins */
async function three(placed: (servers: ThreeServers, relay: number) => string) {
  const servers = await startNatsCluster();
  const cluster = await TestCluster.startWith(servers[0], []);
  for (const [i, name] of ['one', 'two', 'three'].entries()) {
    await cluster.add(name, [...REPLICAS, '--cluster', placed(servers, i)]);
  }
  await cluster.whenAllKnow(3);
  const [home, edge, other] = cluster.relays as [ClusterRelay, ClusterRelay, ClusterRelay];
  return { servers, cluster, home, edge, other };
}

/** The answer to a host that resumes its room: the first command, or how it was closed. */
async function answered({ url }: ClusterRelay, host: Host): Promise<[Host, Event]> {
  const again = await Host.resume(url, host);
  return [again, await Promise.race([again.next(), again.closed])];
}

async function replicas(nats: NatsServer, bucket: string): Promise<number> {
  const manager = await jetstreamManager(await nats.connect());
  return (await manager.streams.info(`KV_${bucket}`)).config.num_replicas;
}

describe('a cluster of NATS servers', needs(NATS), () => {
  test.each([
    { where: 'at one server', placed: ([first]: ThreeServers) => first.url },
    {
      where: 'at different servers',
      placed: (servers: ThreeServers, relay: number) => (servers[relay] as NatsServer).url,
    },
  ])('that loses one of three loses no room, with relays $where', async ({ placed }) => {
    const { servers, cluster, home, edge, other } = await three(placed);
    const host = await Host.open(home.url, { hold: 60 });
    const near = await joined(home.url, host);
    const far = await joined(edge.url, host);
    await cluster.whenSaved(host, 2);
    // The one of the relay with the room.
    await servers[0].kill();
    far.send('meanwhile');
    expect(await host.until('from_str')).toMatchObject({ data: 'meanwhile' });
    await talk(host, near);
    home.cli.kill('SIGKILL');
    await expect
      .poll(async () => (await answered(other, host))[1], SLOW)
      .toMatchObject({
        cmd: 'prepare_reply',
        resumed: true,
      });
    expect(far.socket.readyState).toBe(far.socket.OPEN);
  });

  test('without a majority changes nothing but that rooms cannot move', async () => {
    const { servers, cluster, home, edge, other } = await three(([first]) => first.url);
    const [, second, third] = servers;
    const host = await Host.open(home.url, { hold: 60 });
    const near = await joined(home.url, host);
    const far = await joined(edge.url, host);
    await cluster.whenSaved(host, 2);
    await Promise.all([second.kill(), third.kill()]);
    await talk(host, near);
    await talk(host, far);
    // Whether this one is in the record afterwards is not certain.
    await talk(host, await joined(other.url, host));
    const own = await Host.open(edge.url, { hold: 60 });
    await talk(own, await joined(home.url, own));
    await expect.poll(() => home.metric('cluster_record_errors_total'), SLOW).toBeGreaterThan(0);
    home.cli.kill('SIGKILL');
    const [, refused] = await answered(other, host);
    expect(refused).toMatchObject({ code: 1012 });
    await Promise.all([second.run(), third.run()]);
    let again: Host | undefined;
    await expect
      .poll(async () => {
        const [next, first] = await answered(other, host);
        again = next;
        return first;
      }, SLOW)
      .toMatchObject({ cmd: 'prepare_reply', resumed: true });
    await talk(again as Host, far);
  });

  test('gets the replicas that are asked for, also for what a single server had', async () => {
    const [server] = await startNatsCluster();
    const cluster = await TestCluster.startWith(server, ['one']);
    const buckets = [`lr_${cluster.name}_codes`, `lr_${cluster.name}_rooms`];
    const counts = () => Promise.all(buckets.map((bucket) => replicas(server, bucket)));
    expect(await counts()).toEqual([1, 1]);
    await cluster.add('two', REPLICAS);
    expect(await counts()).toEqual([3, 3]);
    // One that asks for less takes none away.
    await cluster.add('three');
    expect(await counts()).toEqual([3, 3]);
  });
});

test('more replicas than there are servers are an error of one line', needs(NATS), async () => {
  const nats = await NatsServer.start('-js');
  const cluster = await TestCluster.startWith(nats, []);
  const relay = cluster.add('one', REPLICAS);
  await expect(relay).rejects.toThrow();
  const { code, stderr } = await (cluster.relays[0] as ClusterRelay).cli.exited;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^lobby-relay: --cluster: cannot use the bucket [^\n]+replicas[^\n]+\n$/);
});

test('a relay can have several servers, of which some are down', needs(NATS), async () => {
  const servers = await startNatsCluster();
  await servers[0].kill();
  const urls = servers.map(({ url }) => url).join();
  const cluster = await TestCluster.startWith(servers[1], []);
  const own = [...REPLICAS, '--cluster', urls, '--cluster-name', cluster.name];
  const relays = [await cluster.add('one', own), await cluster.add('two', own)];
  await cluster.whenAllKnow(2);
  const host = await Host.open((relays[0] as ClusterRelay).url);
  await talk(host, await joined((relays[1] as ClusterRelay).url, host));
});
