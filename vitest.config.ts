import { defineConfig } from 'vitest/config';

/** Only against tests that hang: a busy machine takes long. */
const limits = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 30_000 } } };

/** The tests in these folders of `test/`, which run after all projects of a smaller order. */
function project(folders: readonly string[], groupOrder: number, maxWorkers: number | string) {
  return {
    test: {
      name: folders.join(' '),
      include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
      sequence: { groupOrder },
      maxWorkers,
      benchmark: { include: [] },
      ...limits,
    },
  };
}

export default defineConfig({
  test: {
    globalSetup: 'test/support/build.ts',
    reporters: ['default', './test/support/skip-reporter.ts'],
    projects: [
      project(['unit', 'contract'], 0, '100%'),
      // They wait for events more than they compute.
      project(['deploy', 'clients', 'e2e'], 1, 3),
      // They measure how long healthy rooms wait: nothing else may run at the same time.
      project(['attacks'], 2, 1),
      // Games of minutes, only when asked for: `RUNS=200 npx vitest run test/model`.
      ...(process.env['RUNS'] === undefined ? [] : [project(['model'], 3, 1)]),
      { test: { name: 'bench', include: [], benchmark: { include: ['bench/**/*.bench.ts'] } } },
    ],
  },
});
