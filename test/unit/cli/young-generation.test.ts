import { execFileSync } from 'node:child_process';
import { afterEach, expect, test, vi } from 'vitest';
import {
  ENOUGH,
  holdYoungGeneration,
  LOOK_EVERY,
  RUSH,
} from '../../../src/cli/young-generation.js';

const BUILT = new URL('../../../dist/cli/young-generation.js', import.meta.url).href;

afterEach(() => {
  vi.useRealTimers();
});

test('the young generation stays as it is while many come, if it is large enough', () => {
  vi.useFakeTimers();
  const setFlags = vi.fn();
  let connections = 0;
  let size = 0;
  holdYoungGeneration(
    () => connections,
    () => size,
    setFlags,
  );
  const look = (comers: number, bytes: number): unknown => {
    setFlags.mockClear();
    connections += comers;
    size = bytes;
    vi.advanceTimersByTime(LOOK_EVERY);
    return setFlags.mock.calls.flat().pop();
  };

  expect(look(RUSH - 1, 2 * ENOUGH)).toBeUndefined();
  expect(look(RUSH, 2 * ENOUGH - 1)).toBeUndefined();
  const stay = look(RUSH, 2 * ENOUGH);
  expect(stay).toBe('--semi-space-growth-factor=1');
  expect(look(RUSH, 2 * ENOUGH)).toBeUndefined();
  const grow = look(RUSH - 1, 2 * ENOUGH);
  expect(grow).toBe('--semi-space-growth-factor=2');
  expect(look(-RUSH, 2 * ENOUGH)).toBeUndefined();
  // Node ends with an error when it is started with a flag that V8 does not have.
  execFileSync(process.execPath, [String(stay), String(grow), '--eval', '']);
});

/** How large the young generation of a process gets that keeps another megabyte every 30 ms. */
function largest(bind: string): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { RUSH, holdYoungGeneration } from ${JSON.stringify(BUILT)};
    ${bind}
    const kept = [];
    let largest = 0;
    const more = setInterval(() => {
      kept.push(Array.from({ length: 20_000 }, (_, at) => ({ at })));
      const { space_size } = getHeapSpaceStatistics().find((s) => s.space_name === 'new_space');
      largest = Math.max(largest, space_size);
      if (kept.length < 60) return;
      clearInterval(more);
      console.log(largest);
    }, 30);`;
  const given = ['--input-type=module', '--eval', script];
  return Number(execFileSync(process.execPath, given, { encoding: 'utf8' }));
}

test('V8 keeps to it', () => {
  const rush = 'let connections = 0; holdYoungGeneration(() => (connections += RUSH));';
  expect(largest(rush)).toBeLessThanOrEqual(2 * ENOUGH);
  expect(largest('')).toBeGreaterThan(2 * ENOUGH);
});
