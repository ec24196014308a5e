import { execFileSync } from 'node:child_process';
import { afterEach, expect, test, vi } from 'vitest';
import { boundYoungGeneration, LOOK_EVERY, MAX_HALF } from '../../../src/cli/young-generation.js';

const BUILT = new URL('../../../dist/cli/young-generation.js', import.meta.url).href;

afterEach(() => {
  vi.useRealTimers();
});

test('the young generation grows up to its bound, and again after it has shrunk', () => {
  vi.useFakeTimers();
  const size = vi.fn<() => number>();
  const setFlags = vi.fn();
  boundYoungGeneration(size, setFlags);
  const look = (bytes: number): unknown => {
    setFlags.mockClear();
    size.mockReturnValue(bytes);
    vi.advanceTimersByTime(LOOK_EVERY);
    return setFlags.mock.calls.flat().pop();
  };

  expect(look(MAX_HALF)).toBeUndefined();
  const stay = look(2 * MAX_HALF);
  expect(stay).toBe('--semi-space-growth-factor=1');
  expect(look(2 * MAX_HALF)).toBeUndefined();
  const grow = look(2 * 1024 * 1024);
  expect(grow).toBe('--semi-space-growth-factor=2');
  // Node ends with an error when it is started with a flag that V8 does not have.
  execFileSync(process.execPath, [String(stay), String(grow), '--eval', '']);
});

/** How large the young generation of a process gets that keeps another megabyte every 30 ms. */
function largest(bind: string): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { boundYoungGeneration } from ${JSON.stringify(BUILT)};
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
  expect(largest('boundYoungGeneration();')).toBeLessThanOrEqual(2 * MAX_HALF);
  expect(largest('')).toBeGreaterThan(2 * MAX_HALF);
});
