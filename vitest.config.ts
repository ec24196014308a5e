import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    // Only against hanging: a machine that is busy takes its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine that is shared may stand still for seconds; what fails twice is broken.
    retry: 1,
    expect: { poll: { timeout: 30_000 } },
    // Attacks measure what others have to wait: nothing else is to run meanwhile.
    fileParallelism: false,
  },
});
