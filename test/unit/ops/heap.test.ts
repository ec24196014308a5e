import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const HEAP = fileURLToPath(new URL('../../../dist/ops/heap.js', import.meta.url));

/** The limit in MiB that the relay computes in a process with these flags. */
function limitWith(flags: readonly string[], variables: Record<string, string> = {}): number {
  const print = `import(${JSON.stringify(HEAP)}).then(({ oldGeneration }) => {
    const { used, limit } = oldGeneration();
    console.log(used > 0 && used < limit ? limit / 1024 / 1024 : NaN);
  })`;
  const env = { ...process.env, NODE_OPTIONS: '', ...variables };
  return Number(execFileSync(process.execPath, [...flags, '-e', print], { env }));
}

// V8 does not report the limit of its young generation: the assumed value may be wrong in another
// Node.
test.each([64, 256, 1000])('an old space of %d MiB is reported as such', (size) => {
  expect(limitWith([`--max-old-space-size=${size}`])).toBe(size);
});

test('a semispace of another size makes no difference', () => {
  const flags = ['--max-old-space-size=128'];
  expect(limitWith([...flags, '--max-semi-space-size=8'])).toBe(128);
  expect(limitWith([...flags, '--max_semi_space_size=32'])).toBe(128);
  expect(limitWith(flags, { NODE_OPTIONS: '--max-semi-space-size=4' })).toBe(128);
});
