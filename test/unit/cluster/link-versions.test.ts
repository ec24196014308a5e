import { expect, test, vi } from 'vitest';
import { VERSION } from '../../../src/cluster/wire/wire.js';
import { Host, joined, talk } from '../../support/clients.js';
import { MemoryCluster, type MemoryRelay } from '../../support/memory-cluster.js';

/** Two relays, of which the second one is of a later version. */
async function versions() {
  const cluster = new MemoryCluster();
  const [own, later] = (await Promise.all([cluster.start('own'), cluster.start('later')])) as [
    MemoryRelay,
    MemoryRelay,
  ];
  for (const relay of [own, later]) {
    await expect.poll(() => metricsOf(relay)).toContain('lobby_relay_cluster_nodes 1');
  }
  return { cluster, own, later };
}

async function metricsOf({ url }: MemoryRelay): Promise<string> {
  return (await fetch(`${url.replace('ws:', 'http:')}/metrics`)).text();
}

/** Changes what a relay publishes on these subjects. */
function changing({ bus }: MemoryRelay, subjects: RegExp, change: (bytes: Buffer) => Buffer) {
  const publish = bus.publish.bind(bus);
  const changed = vi.fn(change);
  vi.spyOn(bus, 'publish').mockImplementation((subject, bytes) => {
    publish(subject, subjects.test(subject) ? changed(Buffer.from(bytes)) : bytes);
  });
  return changed;
}

test('a relay of a later version, which speaks the lower one, is understood', async () => {
  const { own, later } = await versions();
  const beats = changing(later, /\.beat$/, (bytes) =>
    Buffer.from(
      JSON.stringify({ ...JSON.parse(bytes.toString()), version: VERSION + 1, more: {} }),
    ),
  );
  await vi.waitFor(() => expect(beats).toHaveBeenCalledTimes(2), { timeout: 5000 });
  const host = await Host.open(later.url);
  await talk(host, await joined(own.url, host));
});

test('a batch of a later version breaks the link, and nothing else', async () => {
  const { own, later } = await versions();
  const host = await Host.open(own.url);
  const near = await joined(own.url, host);
  const far = await joined(later.url, host);
  changing(later, /\.link\./, (bytes) => {
    bytes[0] = VERSION + 1;
    return bytes;
  });
  far.send('of a version that is not known');
  expect(await host.until('player_left')).toMatchObject({ player: far.id });
  expect(own.lines.join('\n')).toContain(`version ${VERSION + 1} of the link`);
  await talk(host, near);
});
