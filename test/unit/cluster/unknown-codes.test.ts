import { expect, test } from 'vitest';
import { Host, joined, Player, talk } from '../../support/clients.js';
import { MemoryCluster, type MemoryRelay } from '../../support/memory-cluster.js';

/** Longer than a test takes, in milliseconds. */
const LATE = 3_600_000;

/** A relay that does not hear of changes any more, and one that was started later, with a room. */
async function late() {
  const cluster = new MemoryCluster();
  const behind = await cluster.start('behind', LATE);
  const next = await cluster.start('next');
  for (const relay of [behind, next]) {
    await expect.poll(() => metricsOf(relay)).toContain('lobby_relay_cluster_nodes 1');
  }
  return { cluster, behind, next, host: await Host.open(next.url, { hold: 60 }) };
}

async function metricsOf(relay: MemoryRelay): Promise<string> {
  return (await fetch(`${httpOf(relay)}/metrics`)).text();
}

function httpOf({ url }: MemoryRelay): string {
  return url.replace('ws:', 'http:');
}

async function statusOf(relay: MemoryRelay, code: string): Promise<number> {
  return (await fetch(`${httpOf(relay)}/${code}`)).status;
}

test('a room of a relay that is not known yet is found', async () => {
  const { behind, host } = await late();
  expect(await statusOf(behind, host.code)).toBe(200);
  await talk(host, await joined(behind.url, host));
});

test('a host resumes such a room', async () => {
  const { behind, host } = await late();
  const again = await Host.resume(behind.url, host);
  expect(await again.next()).toMatchObject({ cmd: 'prepare_reply', resumed: true });
});

test('a code that nobody has is that of no room', async () => {
  const { behind, next, host } = await late();
  const other = host.code.startsWith('B') ? 'ZZZZ' : 'BBBB';
  for (const relay of [behind, next]) {
    expect(await statusOf(relay, other)).toBe(404);
    expect((await Player.connect(relay.url, other).closed).code).toBe(4004);
  }
});

test('without the bus, nobody can know whether there is a room', async () => {
  const { cluster, behind, host } = await late();
  cluster.broker.stop();
  expect(await statusOf(behind, host.code)).toBe(503);
  expect((await Player.connect(behind.url, host.code).closed).code).toBe(1012);
});
