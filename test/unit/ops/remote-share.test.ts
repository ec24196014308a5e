import { expect, test } from 'vitest';
import { ClusterLines } from '../../../src/ops/cluster-lines.js';
import { RemoteShare } from '../../../src/ops/remote-share.js';
import { SafeLogger } from '../../../src/ops/safe-logger.js';

test.each([
  [6, 20, true],
  [5, 20, false],
  [19, 19, false],
  [0, 1000, false],
  [251, 1000, true],
  [250, 1000, false],
])('%i remote clients of %i are a reason to warn: %s', (remote, clients, isDue) => {
  expect(new RemoteShare().isDue(remote, clients, 0)).toBe(isDue);
});

test('warns once in ten minutes', () => {
  const share = new RemoteShare();
  const minutes = [0, 1, 9.99, 10, 19, 20];
  const due = minutes.filter((minute) => share.isDue(20, 20, minute * 60_000));
  expect(due).toEqual([0, 10, 20]);
});

test('the time without a reason to warn does not count', () => {
  const share = new RemoteShare();
  expect(share.isDue(0, 20, 0)).toBe(false);
  expect(share.isDue(20, 20, 1)).toBe(true);
});

test('the warning says what to do', () => {
  const lines: unknown[] = [];
  const warn = (fields: object, message: string) => void lines.push([fields, message]);
  new ClusterLines(new SafeLogger({ warn } as never)).manyRemote(15, 20);
  expect(lines).toEqual([
    [
      { remote: 15, clients: 20 },
      'more than a quarter of the clients are in rooms of other relays, where they cost twice as much: route them by letters, or set --node-url (see docs/cluster.md)',
    ],
  ]);
});
