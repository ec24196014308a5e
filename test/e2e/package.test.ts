import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { Host, joined } from '../support/clients.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A new folder with the tarball of the package. */
async function packed(): Promise<{ folder: string; tarball: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'lobby-relay-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // Its scripts would build dist/ anew, which other tests are using.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: root });
  const report: unknown = JSON.parse(stdout);
  const [{ filename }] = Object.values(report as object) as [{ filename: string }];
  return { folder, tarball: join(folder, filename) };
}

/** A folder with nothing but the package, installed from its tarball. */
async function installed(): Promise<string> {
  const { folder, tarball } = await packed();
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball];
  await run('npm', install, { cwd: folder });
  return folder;
}

test('the packed package runs from an empty folder, as a command and as a library', async () => {
  const folder = await installed();

  const child = spawn(
    'npx',
    ['lobby-relay', '--port', '0', '--host', '127.0.0.1', '--max-lag', '0'],
    {
      cwd: folder,
      detached: true,
    },
  );
  onTestFinished(() => void process.kill(-(child.pid as number), 'SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const url = `ws://127.0.0.1:${JSON.parse(line).port}`;
  const host = await Host.open(url, { name: 'packed' });
  const players = [await joined(url, host), await joined(url, host)];
  players[0]?.send('a line from a phone');
  expect(await host.next()).toMatchObject({
    cmd: 'from_str',
    from: 1,
    data: 'a line from a phone',
  });
  host.command({ cmd: 'to', to: [], data: new Uint8Array([1, 2, 3]) });
  for (const player of players) expect((await player.next()).data).toEqual(Buffer.from([1, 2, 3]));
  host.command({ cmd: 'stop' });
  for (const player of players) expect(await player.closed).toMatchObject({ code: 4000 });

  for (const [path, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/theme.css', 'text/css; charset=utf-8'],
    ['/client.js', 'text/javascript; charset=utf-8'],
  ] as const) {
    const answer = await fetch(`${url.replace('ws', 'http')}${path}`, {
      headers: { accept: 'text/html' },
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
  }

  const script = `import { createRelay } from 'lobby-relay';
    const relay = createRelay({ port: 0, host: '127.0.0.1' });
    console.log((await relay.listen()).port > 0);
    await relay.close();`;
  await writeFile(join(folder, 'use.js'), script);
  const { stdout } = await run(process.execPath, ['use.js'], { cwd: folder });
  expect(stdout).toBe('true\n');
}, 120_000);

test('the package works for every kind of import', async () => {
  const bin = join(root, 'node_modules/.bin');
  const { tarball } = await packed();
  await run(join(bin, 'publint'), ['--strict', tarball]);
  // The package is ESM only. Node can also `require` it from 20.19 on.
  await run(join(bin, 'attw'), [tarball, '--profile', 'esm-only']);
}, 120_000);
