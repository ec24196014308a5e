import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { firstLine, lastLine, StateError } from '../../../src/state/saved-state.js';
import { StateFile } from '../../../src/state/state-file.js';
import { POSIX } from '../../support/tools.js';

const EMPTY = firstLine() + lastLine(0, true);

let directory: string;
let path: string;
let file: StateFile;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  path = join(directory, 'state');
  file = new StateFile(path);
});

const modeOf = (name: string): number => statSync(join(directory, name)).mode & 0o777;

const ways: [string, (pieces: string[]) => Promise<void>][] = [
  ['piece by piece', (pieces) => file.write(pieces, () => true)],
  ['at once', async (pieces) => file.writeSync(pieces)],
];

describe.each(ways)('written %s', (_, write) => {
  test('the file is complete, readable by its owner only, and the only one', async () => {
    await write(['first ', 'größe 🎉 ', 'x'.repeat(1 << 20)]);
    await write([firstLine(), lastLine(0, true)]);
    expect(readFileSync(path, 'utf8')).toBe(EMPTY);
    expect(readdirSync(directory)).toEqual(['state']);
    expect(modeOf('state')).toBe(0o600);
    expect(file.read()).toEqual([]);
  });

  test('files that an earlier process left do not matter', async () => {
    const elsewhere = join(directory, 'elsewhere');
    writeFileSync(elsewhere, 'precious');
    writeFileSync(path, 'old', { mode: 0o644 });
    for (const draft of ['draft', 'last']) symlinkSync(elsewhere, `${path}.${draft}`);
    await write([EMPTY]);
    expect(readFileSync(path, 'utf8')).toBe(EMPTY);
    expect(modeOf('state')).toBe(0o600);
    expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
  });

  test('the file is unchanged if writing fails', async () => {
    await write([EMPTY]);
    function* pieces(): Generator<string> {
      yield 'some';
      throw new Error('no more');
    }
    await expect(write(pieces() as unknown as string[])).rejects.toThrow('no more');
    expect(readFileSync(path, 'utf8')).toBe(EMPTY);
  });
});

test.each(['write', 'writeSync'])(
  'it stays as it was when there is no space for all of it: %s',
  POSIX,
  (way) => {
    file.writeSync([EMPTY]);
    const built = new URL('../../../dist/state/state-file.js', import.meta.url);
    const program = `
      import { StateFile } from ${JSON.stringify(built)};
      const file = new StateFile(${JSON.stringify(path)});
      try {
        await file.${way}(['x'.repeat(100_000)], () => true);
      } catch ({ code }) {
        console.log(code);
      }`;
    // With a limit of some KiB, a write is partial, as on a full disk.
    const shell = 'trap "" XFSZ; ulimit -f 8; exec "$0" --input-type=module --eval "$1"';
    const output = execFileSync('sh', ['-c', shell, process.execPath, program], {
      encoding: 'utf8',
    });
    expect(output).toBe('EFBIG\n');
    expect(readFileSync(path, 'utf8')).toBe(EMPTY);
  },
);

test('a synchronous write is not overwritten by an earlier asynchronous one', async () => {
  let wanted = true;
  const slow = file.write(['began before'], () => wanted);
  wanted = false;
  file.writeSync([EMPTY]);
  await slow;
  expect(readFileSync(path, 'utf8')).toBe(EMPTY);
  expect(readdirSync(directory)).toEqual(['state']);
});

test('without a file there are no rooms', () => {
  expect(file.read()).toEqual([]);
});

test('an unusable file is renamed', () => {
  writeFileSync(path, 'hello');
  expect(() => file.read()).toThrow(StateError);
  expect(file.renameUnusable()).toBe(`${path}.unreadable`);
  expect(readFileSync(`${path}.unreadable`, 'utf8')).toBe('hello');
  expect(readdirSync(directory)).toEqual(['state.unreadable']);
});
