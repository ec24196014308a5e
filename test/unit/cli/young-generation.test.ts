import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const COMMAND = new URL('../../../dist/cli.js', import.meta.url).href;

/** The initial size of both halves with Node 24, in bytes. */
const SMALL = 16 * 1024 * 1024;

/** The size of the young generation in a process that runs this and then keeps many objects. */
function largest(before: string): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    ${before}
    const kept = [];
    let largest = 0;
    while (kept.length < 60) {
      kept.push(Array.from({ length: 20_000 }, (_, at) => ({ at })));
      const { space_size } = getHeapSpaceStatistics().find((s) => s.space_name === 'new_space');
      largest = Math.max(largest, space_size);
    }
    console.log('\\n' + largest);`;
  const given = ['--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, given, { encoding: 'utf8' });
  return Number(output.trim().split('\n').at(-1));
}

test('V8 keeps the young generation of the command small', () => {
  const command = `process.argv.push('--', '--version'); await import(${JSON.stringify(COMMAND)});`;
  expect(largest(command)).toBeLessThanOrEqual(SMALL);
  expect(largest('')).toBeGreaterThan(SMALL);
});
