import { expect, test } from 'vitest';
import { MemoryCluster, MemoryRelay } from '../../support/memory-cluster.js';

test('nothing is left of a relay that could not join', async () => {
  const cluster = new MemoryCluster();
  const bus = cluster.broker.connect('one');
  const failed = new MemoryRelay('one', bus, {});
  cluster.broker.stop();
  await expect(failed.listen()).rejects.toThrow('the bus does not answer');
  await failed.server.abort();
  cluster.broker.start();
  expect(bus.isConnected).toBe(false);
  expect(cluster.broker.subscriptions.size).toBe(0);
});
