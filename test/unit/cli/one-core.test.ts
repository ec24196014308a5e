import { execFileSync } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { tuneForOneCore } from '../../../src/cli/one-core.js';

const GIB = 1024 * 1024 * 1024;

function flagsFor(cores: number, heapLimit: number): string[] {
  const setFlags = vi.fn<(flag: string) => void>();
  tuneForOneCore(cores, setFlags, heapLimit);
  return setFlags.mock.calls.map(([flag]) => flag);
}

test('only with one core is garbage collected without helper threads', () => {
  expect(flagsFor(2, GIB)).toEqual([]);
  const flags = flagsFor(1, GIB);
  expect(flags).toContain('--no-parallel-scavenge');
  expect(flags).toContain('--no-concurrent-marking');
  // Node ends with an error when it is started with a flag that V8 does not have.
  execFileSync(process.execPath, [...flags, '--eval', '']);
});

test('a small heap is collected early', () => {
  expect(flagsFor(1, GIB / 4)).toEqual(['--no-parallel-scavenge']);
});
