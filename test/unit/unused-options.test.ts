import { expect, test } from 'vitest';
import { completeOptions } from '../../src/options/read.js';
import { unusedOptions } from '../../src/options/unused.js';

const unused = (given: object) => unusedOptions(completeOptions(given));

test('options of a cluster have no effect without one', () => {
  const given = { node: 'one', letters: 'BC', clusterReplicas: 3, workerPort: 9000 };
  expect(unused(given)).toEqual([
    { option: '--cluster-replicas', needs: '--cluster' },
    { option: '--node', needs: '--cluster' },
    { option: '--letters', needs: '--cluster' },
    { option: '--worker-port', needs: '--workers' },
  ]);
});

test('with the option that they need, they have', () => {
  expect(unused({})).toEqual([]);
  expect(unused({ cluster: 'nats://one', node: 'one', letters: 'BC' })).toEqual([]);
  expect(unused({ workers: 2, workerPort: 9000 })).toEqual([]);
});
