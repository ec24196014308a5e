import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { describe, expect, onTestFinished, test } from 'vitest';
import { registerNode } from '../../src/cluster/directory/register-node.js';
import { NatsBus } from '../../src/cluster/nats/nats-bus.js';
import { Host, joined, Player, seatKey, seatOf, talk } from '../support/clients.js';
import { type ClusterRelay, TestCluster } from '../support/cluster.js';
import { NATS } from '../support/nats.js';
import { SdkPage } from '../support/sdk-pages.js';
import { needs } from '../support/tools.js';

async function pair(args: readonly string[] = []) {
  const cluster = await TestCluster.start(['one', 'two'], args);
  const [home, edge] = cluster.relays as [ClusterRelay, ClusterRelay];
  return { cluster, home, edge };
}

describe('another relay', needs(NATS), () => {
  test('that is killed disconnects its players; those with a key come back elsewhere', async () => {
    const { home, edge } = await pair();
    const host = await Host.open(home.url, { hold: 60 });
    const key = seatKey();
    const near = await joined(home.url, host);
    const far = await joined(edge.url, host, key);
    edge.cli.kill('SIGKILL');
    expect(await host.until('player_away')).toMatchObject({ player: far.id });
    near.send('still here');
    expect(await host.until('from_str')).toMatchObject({ data: 'still here' });
    await Player.join(home.url, seatOf(host, key));
    expect(await host.until('player_back')).toMatchObject({ player: far.id });
  });

  test('that is killed with a room that does not wait closes its players here', async () => {
    const { home, edge } = await pair();
    const host = await Host.open(home.url);
    const player = await joined(edge.url, host);
    home.cli.kill('SIGKILL');
    expect(await player.closed).toMatchObject({ code: 1012 });
    expect((await Player.connect(edge.url, host.code).closed).code).toBe(1012);
    expect((await fetch(`${edge.http}/${host.code}`)).status).toBe(503);
    const own = await Host.open(edge.url);
    await joined(edge.url, own);
    const answers = async () => (await Player.connect(edge.url, host.code).closed).code;
    await expect.poll(answers, { timeout: 25_000, interval: 500 }).toBe(4004);
  });

  test.each([
    { what: 'with a state file', hasFile: true, signal: 'SIGTERM' },
    { what: 'without a state file', hasFile: false, signal: 'SIGTERM' },
    { what: 'after it was killed', hasFile: false, signal: 'SIGKILL' },
  ] as const)(
    'that restarts $what has its codes and rooms again; players here stay',
    async ({ hasFile, signal }) => {
      const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
      const cluster = await TestCluster.start(['edge']);
      const [edge] = cluster.relays as [ClusterRelay];
      const args = hasFile ? ['--state-file', join(folder, 'rooms')] : [];
      const home = await cluster.add('home', args);
      await cluster.whenAllKnow(2);
      const host = await Host.open(home.url, { hold: 60 });
      const player = await joined(edge.url, host);
      await cluster.whenSaved(host, 1);
      home.cli.kill(signal);
      await home.cli.exited;
      const again = await cluster.add('home', args);
      const resumed = await Host.resume(again.url, host);
      expect(await resumed.next()).toMatchObject({ cmd: 'prepare_reply', resumed: true });
      player.send('here');
      expect(await resumed.until('from_str')).toMatchObject({ from: player.id, data: 'here' });
    },
  );

  test('that restarts, after starts that failed, has its codes and rooms again', async () => {
    const cluster = await TestCluster.start(['home', 'edge']);
    const [home, edge] = cluster.relays as [ClusterRelay, ClusterRelay];
    const host = await Host.open(home.url, { hold: 60 });
    const key = seatKey();
    const far = await joined(edge.url, host, key);
    await cluster.whenSaved(host, 1);
    home.cli.kill('SIGKILL');
    await home.cli.exited;
    const bus = await NatsBus.connect({ address: { url: cluster.nats.url } });
    onTestFinished(() => bus.close());
    const bucket = await bus.bucket(`lr_${cluster.name}_codes`);
    for (const run of ['failed', 'again']) {
      await registerNode(bucket, 'home', { run, url: '' }, async () => false);
    }
    const again = await cluster.add('home');
    const resumed = await Host.resume(again.url, host);
    expect(await resumed.next()).toMatchObject({ cmd: 'prepare_reply', resumed: true });
    await talk(resumed, far);
    expect(await again.metric('cluster_blocks')).toBe(8);
  });

  test('that stands still for a while loses nothing', async () => {
    const { home, edge } = await pair();
    const host = await Host.open(home.url);
    const far = await joined(edge.url, host);
    const near = await joined(home.url, host);
    process.kill(edge.cli.pid, 'SIGSTOP');
    const count = 500;
    for (let number = 0; number < count; number++) {
      host.command({ cmd: 'to_str', to: [], data: `${number}` });
    }
    for (let number = 0; number < count; number++) {
      expect(await near.nextText()).toBe(`${number}`);
    }
    await home.cli.says('another relay is silent');
    process.kill(edge.cli.pid, 'SIGCONT');
    for (let number = 0; number < count; number++) {
      expect(await far.nextText()).toBe(`${number}`);
    }
  });
});

/** The relay of each block of codes. */
async function owners({ nats, name }: TestCluster): Promise<Record<string, string>> {
  const connection = await nats.connect();
  const owners: Record<string, string> = {};
  try {
    const bucket = await new Kvm(jetstream(connection)).open(`lr_${name}_codes`);
    for await (const key of await bucket.keys()) {
      if (key.length === 2) owners[key] = (await bucket.get(key))?.json<Owned>().owner.node ?? '';
    }
  } catch {
    // There is no bucket.
  }
  return owners;
}

interface Owned {
  readonly owner: { readonly node: string };
}

describe('NATS', needs(NATS), () => {
  test('that restarts loses and doubles nothing', async () => {
    const { cluster, home, edge } = await pair();
    const host = await Host.open(home.url);
    const player = await joined(edge.url, host);
    const count = 300;
    for (let number = 0; number < count; number++) {
      if (number === 100) await cluster.nats.kill();
      if (number === 200) await cluster.nats.run();
      player.send(`up ${number}`);
      host.command({ cmd: 'to_str', to: [], data: `down ${number}` });
      await new Promise(setImmediate);
    }
    for (let number = 0; number < count; number++) {
      expect((await host.until('from_str')).data).toBe(`up ${number}`);
      expect(await player.nextText()).toBe(`down ${number}`);
    }
  });

  test('that is gone leaves local rooms alone, and players of others are closed', async () => {
    const { cluster, home, edge } = await pair();
    const host = await Host.open(home.url, { hold: 60 });
    const near = await joined(home.url, host);
    const key = seatKey();
    const far = await joined(edge.url, host, key);
    await cluster.nats.kill();
    await home.cli.says('connection to NATS lost');
    const ready = await fetch(`${home.http}/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'no connection to NATS' }]);
    expect(await far.closed).toMatchObject({ code: 1012 });
    expect(await host.until('player_away')).toMatchObject({ player: far.id });
    near.send('still here');
    expect(await host.until('from_str')).toMatchObject({ data: 'still here' });
    await joined(home.url, host);
    await joined(edge.url, await Host.open(edge.url));
    await cluster.nats.run();
    await expect.poll(async () => (await fetch(`${edge.http}/ready`)).status).toBe(200);
    await expect.poll(() => comesBack(edge, host, key)).toBe(true);
    expect(await host.until('player_back')).toMatchObject({ player: far.id });
  });

  test('that has lost its data gets the blocks of all relays again', async () => {
    const { cluster, home } = await pair();
    const before = await owners(cluster);
    await cluster.nats.kill();
    cluster.nats.wipe();
    await cluster.nats.run();
    await expect.poll(() => owners(cluster), { timeout: 10_000 }).toEqual(before);
    const third = await cluster.add('three');
    await cluster.whenAllKnow(3);
    await joined(home.url, await Host.open(third.url));
    expect(await owners(cluster)).toMatchObject(before);
  });

  test('that restarts does not give a seat to a connection that its player has given up', async () => {
    const { cluster, home, edge } = await pair();
    const host = await Host.open(home.url, { hold: 60 });
    const key = seatKey();
    const first = await joined(edge.url, host, key);
    first.cut();
    await host.until('player_away');
    await cluster.nats.kill();
    const old = await Player.join(edge.url, seatOf(host, key));
    old.send('old');
    const next = await Player.join(home.url, seatOf(host, key));
    await host.until('player_back');
    await cluster.nats.run();
    // Which one was first is not certain if they came within milliseconds.
    expect([1012, 4001]).toContain((await old.closed).code);
    next.send('new');
    expect(await host.until('from_str')).toMatchObject({ data: 'new' });
  });

  test('that restarts is nothing to pages of the SDK', async () => {
    const { cluster, home, edge } = await pair();
    const room = await new SdkPage().createRoom(home.url, { hold: 60 });
    const seat = await new SdkPage().joinRoom(edge.url, room.code);
    const heard: unknown[] = [];
    const whenAll = new Promise<void>((resolve) => {
      room.on('message', (_, data) => {
        if (heard.push(data) === 100) resolve();
      });
    });
    for (let number = 0; number < 100; number++) {
      if (number === 30) await cluster.nats.kill();
      if (number === 60) await cluster.nats.run();
      seat.send(`${number}`);
    }
    await whenAll;
    expect(heard).toEqual(Array.from({ length: 100 }, (_, number) => `${number}`));
  });
});

/** Whether the player gets its seat by this relay now. */
async function comesBack({ url }: ClusterRelay, host: Host, key: string): Promise<boolean> {
  const player = await Player.join(url, seatOf(host, key));
  const ended = player.closed.then(() => true);
  const stays = new Promise<false>((resolve) => setTimeout(resolve, 300, false));
  return !(await Promise.race([ended, stays]));
}
