import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Host, joined } from '../support/clients.js';
import { freePort } from '../support/free-port.js';
import { FULL_DISK, POSIX } from '../support/tools.js';

const built = (path: string): string =>
  fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** The kinds of stdout. */
type Stdout = 'pipe' | number;

/** A stdout that is always full, like a full disk. */
function fullDisk(): number {
  const descriptor = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(descriptor));
  return descriptor;
}

function started(args: readonly string[], stdout: Stdout, env = {}): ChildProcess {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', stdout, 'pipe', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Writes a number of lines to its stdout, and then reports the result. */
const WRITER = `
  import { Output } from ${JSON.stringify(new URL('../../dist/cli/output.js', import.meta.url))};
  const output = new Output(1);
  const recovered = [];
  output.onRecovered = (lines) => recovered.push(lines);
  let line = 0;
  process.on('message', async ({ lines, flush, exit }) => {
    for (let i = 0; i < lines; i++) output.write(String(line++).padStart(99, '0') + '\\n');
    if (flush) await output.flush(flush);
    process.send({ dropped: output.dropped, recovered });
    if (exit) process.exit(7);
  });
  process.send('ready');
`;

interface Written {
  readonly dropped: number;
  readonly recovered: readonly number[];
}

async function writer(stdout: Stdout) {
  const child = started(['--input-type=module', '--eval', WRITER], stdout);
  await once(child, 'message');
  return {
    child,
    async write(lines: number, how: { flush?: number; exit?: boolean } = {}): Promise<Written> {
      child.send({ lines, ...how });
      const [message] = await once(child, 'message');
      return message as Written;
    },
  };
}

/** More than a pipe and the buffer hold together. */
const FLOOD = 30_000;

describe('lines on stdout', POSIX, () => {
  test('are buffered for a stopped reader up to a limit, and never truncated', async () => {
    const { child, write } = await writer('pipe');
    const { dropped } = await write(FLOOD);
    // 1 MiB, and what is in the pipe and was read.
    expect(dropped).toBeGreaterThan(FLOOD / 2);
    expect(dropped).toBeLessThan(FLOOD - 10_000);
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    expect(await write(0, { flush: 10_000 })).toEqual({ dropped, recovered: [dropped] });
    const after = await write(1, { exit: true });
    await once(child, 'close');
    expect(after.dropped).toBe(dropped);
    const lines = text.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(FLOOD - dropped + 1);
    expect(lines.map(Number).at(-1)).toBe(FLOOD);
    expect(lines.filter((line) => !/^\d{99}$/.test(line))).toEqual([]);
  });

  test('do not keep the process alive when the reader has stopped', async () => {
    const { child, write } = await writer('pipe');
    void write(FLOOD, { flush: 50, exit: true });
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  test('are dropped when the reader is closed', async () => {
    const { child, write } = await writer('pipe');
    (child.stdout as Readable).destroy();
    await once(child.stdout as Readable, 'close');
    expect(await write(10)).toEqual({ dropped: 10, recovered: [] });
    expect(await write(1)).toEqual({ dropped: 11, recovered: [] });
  });

  test('are dropped when the disk is full', FULL_DISK, async () => {
    const { write } = await writer(fullDisk());
    expect(await write(10)).toEqual({ dropped: 10, recovered: [] });
    expect(await write(1000)).toEqual({ dropped: 1010, recovered: [] });
  });
});

/** A relay in a separate process. The test waits until it answers, because its log may be unreadable. */
async function relay(args: readonly string[], stdout: Stdout, port: number) {
  const flags = ['--host', '127.0.0.1', '--port', `${port}`, '--max-lag', '0', ...args];
  const child = started([built('cli.js'), ...flags], stdout);
  const http = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${http}/health`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
  }
  return { child, url: `ws://127.0.0.1:${port}`, http };
}

async function dropped(http: string, reason: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  const pattern = new RegExp(
    `^lobby_relay_log_lines_dropped_total\\{why="${reason}"\\} (\\d+)$`,
    'm',
  );
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

/** The game continues: one message in each direction. */
async function playARound(url: string): Promise<void> {
  const host = await Host.open(url);
  const player = await joined(url, host);
  player.send('up');
  await host.until('from_str');
  host.socket.close();
  await player.closed;
}

describe.each(['json', 'pretty'])('a %s log', FULL_DISK, (format) => {
  const args = ['--log-format', format];

  test('on a full disk does not affect games, and is counted', async () => {
    const { child, url, http } = await relay(args, fullDisk(), await freePort());
    for (let i = 0; i < 3; i++) await playARound(url);
    while ((await dropped(http, 'unwritable')) < 6);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('with a closed reader does not affect games, and is counted', async () => {
    const { child, url, http } = await relay(args, 'pipe', await freePort());
    (child.stdout as Readable).destroy();
    for (let i = 0; i < 3; i++) await playARound(url);
    while ((await dropped(http, 'unwritable')) < 5);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

test('stderr may be full, too: the exit code shows the failure', FULL_DISK, async () => {
  const full = fullDisk();
  const child = spawn(process.execPath, [built('cli.js'), '--port', 'x'], {
    stdio: ['ignore', full, full],
  });
  expect(await once(child, 'exit')).toEqual([2, null]);
});

test('the reader of --help may close the pipe early', async () => {
  const child = started([built('cli.js'), '--help'], 'pipe');
  let complaints = '';
  child.stderr?.on('data', (text) => {
    complaints += text;
  });
  (child.stdout as Readable).destroy();
  const [code] = await once(child, 'close');
  expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
});
