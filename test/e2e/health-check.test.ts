import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Cli } from '../support/cli.js';

const ROOT = new URL('../../', import.meta.url);

/** The health check of the image, with the files of this checkout. */
const [program = '', ...words] = healthCheck();

function healthCheck(): string[] {
  const dockerfile = readFileSync(new URL('Dockerfile', ROOT), 'utf8');
  const [, command = '[]'] = /HEALTHCHECK[^[]*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  return (JSON.parse(command) as string[]).map((word) =>
    word.replace(/^\/app\//, fileURLToPath(ROOT)),
  );
}

/** The exit code of the check in this environment. */
function check(env: Record<string, string>): Promise<number | string> {
  const path = { PATH: process.env['PATH'] ?? '' };
  return new Promise((resolve) => {
    execFile(program, words, { env: { ...path, ...env } }, (error) => resolve(error?.code ?? 0));
  });
}

/** A relay on a free port. */
async function started(): Promise<string> {
  const relay = new Cli(['--host', '127.0.0.1', '--port', '0']);
  return String((await relay.firstLine())['port']);
}

test.each<[string, (port: string) => Record<string, string>]>([
  ['PORT', (port) => ({ PORT: port })],
  ['LOBBY_RELAY_PORT', (port) => ({ LOBBY_RELAY_PORT: port, PORT: '1' })],
  [
    'LOBBY_RELAY_PORT with quotes and a line break',
    (port) => ({ LOBBY_RELAY_PORT: `"${port}"\r\n` }),
  ],
  [
    "PORT beside Kubernetes' LOBBY_RELAY_PORT",
    (port) => ({ LOBBY_RELAY_PORT: 'tcp://10.96.12.7:8081', PORT: port }),
  ],
  ['LOBBY_RELAY_HOST', (port) => ({ LOBBY_RELAY_HOST: '127.0.0.1', PORT: port })],
])("the image's health check finds the relay by %s", async (_how, env) => {
  const port = await started();
  expect(await check(env(port))).toBe(0);
});

test('it fails if nobody listens, or with variables that could not start a relay', async () => {
  expect(await check({ PORT: '1' })).toBe(1);
  expect(await check({ PORT: 'x' })).toBe(1);
});
