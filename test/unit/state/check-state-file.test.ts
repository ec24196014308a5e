import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { checkStateFile } from '../../../src/state/check-state-file.js';
import { MIB } from '../../../src/units.js';
import { LINUX } from '../../support/tools.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  path = join(folder, 'state');
});

test('a free path or a file is accepted, and nothing is left behind', () => {
  checkStateFile(path, MIB);
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(path, 'anything');
  checkStateFile(path, MIB);
  expect(readdirSync(folder)).toEqual(['state']);
  expect(readFileSync(path, 'utf8')).toBe('anything');
});

const wrong: [string, () => string, RegExp][] = [
  [
    'in a folder that is not there',
    () => join(folder, 'no', 'state'),
    /there is no folder .*create/,
  ],
  ['in a file', () => join(fileIn(folder), 'state'), /is not a folder; name a file/],
  [
    'below a file',
    () => join(fileIn(folder), 'a', 'state'),
    /cannot reach the folder|there is no folder/,
  ],
  ['that is a folder', () => made((it) => mkdirSync(it)), /is a folder; name a file/],
  ['that is a FIFO', () => made((it) => execFileSync('mkfifo', [it])), /not a regular file/],
  ['that is a device', () => made((it) => symlinkSync('/dev/zero', it)), /not a regular file/],
  ['that is a link to itself', () => made((it) => symlinkSync(it, it)), /ELOOP/],
  ['that is too large', () => made(large), /has 600 MiB, the limit is 1 MiB; move it away/],
  ['with too long a name', () => join(folder, 'x'.repeat(300)), /ENAMETOOLONG/],
  ['in a folder of the kernel', () => '/proc/state', /cannot write in \/proc/],
  ['whose draft is a folder', () => made((it) => mkdirSync(`${it}.draft`)), /cannot write in/],
];

function fileIn(where: string): string {
  const file = join(where, 'a-file');
  writeFileSync(file, '');
  return file;
}

function made(make: (path: string) => void): string {
  make(path);
  return path;
}

/** A file with a hole, which takes no space. */
function large(file: string): void {
  writeFileSync(file, '');
  truncateSync(file, 600 * MIB);
}

test.each(wrong)('a path that is %s is refused in one line', LINUX, (_what, pathOf, reason) => {
  const wrongPath = pathOf();
  const refused = (): void => checkStateFile(wrongPath, MIB);
  expect(refused).toThrow(reason);
  expect(refused).toThrow(/^[^\n]+$/);
});
