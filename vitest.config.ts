import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    testTimeout: 20_000,
    // Attacks measure what others have to wait: nothing else is to run meanwhile.
    fileParallelism: false,
  },
});
