import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTlsFile } from '../../../src/http/tls-file.js';
import { POSIX } from '../../support/tools.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tls-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('a file is read up to 1 MiB', () => {
  const path = join(folder(), 'key.pem');
  writeFileSync(path, 'PEM');
  expect(readTlsFile(path).toString()).toBe('PEM');
  truncateSync(path, 1 << 20);
  expect(readTlsFile(path)).toHaveLength(1 << 20);
  truncateSync(path, (1 << 20) + 1);
  expect(() => readTlsFile(path)).toThrow(`${path} is larger than 1 MiB; name a PEM file`);
});

test('a pipe is read to its end, and a device that never ends is refused', POSIX, () => {
  const pipe = join(folder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  execFile('sh', ['-c', `printf P >"${pipe}"`]);
  expect(readTlsFile(pipe).toString()).toBe('P');
  expect(() => readTlsFile('/dev/zero')).toThrow('/dev/zero is larger than 1 MiB');
});
