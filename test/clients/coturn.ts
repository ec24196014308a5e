import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { executable, pathOf } from '../support/tools.js';

export const COTURN = executable(
  'coturn',
  '/usr/bin/turnserver',
  'TURNSERVER',
  'scripts/install-coturn',
);

/** The log line that shows that its UDP listener is open. */
const READY = /UDP.* listener opened on *: 127\.0\.0\.1:(\d+)/;

/**
 * Runs a coturn on loopback with this shared secret until the test ends, with the configuration of
 * docs/operations.md.
 *
 * @returns the value for `--turn-url`
 */
export async function startCoturn(secret: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'lobby-relay-coturn-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const port = await freePort();
  const options = [
    '-n --verbose --simple-log --log-file=stdout --no-tls --no-dtls --fingerprint --use-auth-secret',
    `--listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --listening-port=${port}`,
    `--static-auth-secret=${secret} --realm=turn.example.org`,
    // It refuses to relay to loopback unless its console, which is off, has a password.
    '--allow-loopback-peers --no-cli --cli-password=unused',
    `--pidfile=${directory}/pid --userdb=${directory}/users`,
  ];
  const child = spawn(pathOf(COTURN), options.join(' ').split(' '));
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let log = '';
  await new Promise<void>((ready, fail) => {
    createInterface(child.stdout).on('line', (line) => {
      log += `${line}\n`;
      if (READY.test(line)) ready();
    });
    child.stderr.on('data', (text) => {
      log += text;
    });
    void ended.then(() => fail(new Error(`coturn has ended: ${log}`)));
  });
  return `turn:127.0.0.1:${port}?transport=udp`;
}
