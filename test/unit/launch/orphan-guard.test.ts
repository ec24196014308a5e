import { expect, test, vi } from 'vitest';
import { OrphanGuard } from '../../../src/launch/command/orphan-guard.js';
import { POSIX } from '../../support/tools.js';

vi.mock('node:child_process', async (original) => ({
  ...(await original<typeof import('node:child_process')>()),
  spawn() {
    throw new Error('spawn ENOMEM');
  },
}));

test('a guard that cannot be started does not affect the server', POSIX, () => {
  const failures: string[] = [];
  const guard = new OrphanGuard(5, (reason) => failures.push(reason));
  guard.add(1);
  guard.remove(1);
  expect(failures).toEqual(['no guard ends its servers if the relay crashes: spawn ENOMEM']);
});
