import { execFileSync } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { collectAlone } from '../../../src/cli/one-core.js';

test('with one core, and only then, garbage is collected without helpers', () => {
  const setFlags = vi.fn();
  collectAlone(2, setFlags);
  expect(setFlags).not.toHaveBeenCalled();
  collectAlone(1, setFlags);
  const [[flag]] = setFlags.mock.calls as [[string]];
  // Node ends with an error when it is started with a flag that V8 does not have.
  execFileSync(process.execPath, [flag, '--eval', '']);
});
