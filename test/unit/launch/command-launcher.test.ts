import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CommandLauncher } from '../../../src/launch/command/command-launcher.js';
import { OrphanGuard } from '../../../src/launch/command/orphan-guard.js';
import type { CommandConfig } from '../../../src/launch/config/launchers.js';
import type { Launched, Order } from '../../../src/launch/launcher.js';
import { TcpProbingLauncher } from '../../../src/launch/tcp-probe.js';
import { freePort } from '../../support/free-port.js';
import { gameWith, Heard, KeptLog, orderWith } from '../../support/launch.js';
import { POSIX } from '../../support/tools.js';

interface Run {
  readonly heard: Heard;
  readonly log: KeptLog;
  readonly server: Launched;
}

/** Starts a command as a server, until the test is over. */
function run(command: readonly string[], config: object = {}, order: Partial<Order> = {}): Run {
  const log = new KeptLog();
  const game = gameWith({ type: 'command', command, directory: '/', ...config });
  const guard = new OrphanGuard(5, (why) => log.failures.push(why));
  const launcher = new CommandLauncher(game, game.launcher as CommandConfig, { guard, log });
  const heard = new Heard();
  const server = launcher.start(orderWith(order), heard);
  onTestFinished(() => server.stop());
  return { heard, log, server };
}

/** A program of Node.js as a server. */
function program(code: string, config: object = {}, order: Partial<Order> = {}): Run {
  return run([process.execPath, '-e', code], config, order);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a program runs with its port, and is told to end', async () => {
  const code = `process.on('SIGTERM', () => process.exit(3));
    setInterval(() => {}, 1000);
    console.log('arguments', ...process.argv.slice(1));`;
  const { heard, log, server } = run(
    [
      process.execPath,
      '-e',
      code,
      '{port}',
      '{id}/{ip}',
      '{game}-{version}',
      '{other}',
      '$HOME; `id`',
    ],
    {},
    { port: 30_001 },
  );
  expect(await heard.runs).toEqual({ ip: '127.0.0.1', port: 30_001, certDigest: undefined });
  await log.says('arguments');
  expect(log.output).toEqual(['arguments 30001 a-server/127.0.0.1 tanks-1 {other} $HOME; `id`']);
  await server.stop();
  expect(await heard.end).toEqual({ why: 'exited with code 3', error: undefined });
  expect(heard.all).toEqual(['running', 'ended']);
  // Harmless after the end.
  await server.stop();
});

test('a server without a port runs nowhere', async () => {
  const { heard } = program('setInterval(() => {}, 1000)');
  expect(await heard.runs).toBeUndefined();
});

test('a program that ignores SIGTERM is killed after its grace', async () => {
  const { heard, log, server } = program(
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`,
    { stopGrace: 0.05 },
  );
  await log.says('up');
  await server.stop();
  expect(await heard.end).toMatchObject({ why: 'was ended by SIGKILL' });
});

test('a program that cannot be started has ended', async () => {
  const { heard, server } = run(['/nowhere/server']);
  expect(heard.all).toEqual([]);
  expect(await heard.end).toMatchObject({ why: 'could not be started (ENOENT)' });
  expect(heard.all).toEqual(['ended']);
  await server.stop();
});

test('arguments that no system takes end the server, and nothing else', async () => {
  const { heard } = run(
    [process.execPath],
    { environment: { A: 'x'.repeat(32_000) } },
    {
      environment: Object.fromEntries(
        Array.from({ length: 200 }, (_, n) => [`V${n}`, 'y'.repeat(100_000)]),
      ),
    },
  );
  expect((await heard.end).why).toMatch(/^could not be started \(E2BIG\)$/);
});

test('a program that dies at once has ended', async () => {
  const { heard } = program('process.exit(7)');
  expect(await heard.end).toMatchObject({ why: 'exited with code 7' });
});

test('processes that a server has started end with it', async () => {
  const grandchild = `process.on('SIGTERM', () => {}); console.log('child', process.pid); setInterval(() => {}, 1000)`;
  const { heard, log, server } = program(
    `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' });
     setInterval(() => {}, 1000);`,
  );
  await log.says('child');
  const pid = Number(log.output.join().split(' ')[1]);
  await server.stop();
  await heard.end;
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('a server gets its variables, and not those of the relay', async () => {
  process.env['LOBBY_RELAY_TURN_SECRET'] = 'of the relay';
  onTestFinished(() => void delete process.env['LOBBY_RELAY_TURN_SECRET']);
  const { log } = program(
    `for (const [name, value] of Object.entries(process.env)) console.log(name + '=' + value);
     console.log('that is all')`,
    { environment: { OWN: 'port {port}', REPLACED: 'mine' } },
    { port: 5, environment: { REPLACED: 'order', ORDERED: 'yes {port}' } },
  );
  await log.says('that is all');
  expect(log.output).toContain('OWN=port 5');
  expect(log.output).toContain('REPLACED=mine');
  expect(log.output).toContain('ORDERED=yes {port}');
  expect(log.output).toContain(`PATH=${process.env['PATH']}`);
  expect(log.output.join()).not.toContain('LOBBY_RELAY');
});

describe('output', () => {
  test('is logged without secrets, colors and control characters, in short lines', async () => {
    const { log } = program(
      String.raw`console.log('key ' + process.env.KEY + ' and ' + process.env.S);
        console.log('\x1b[31mred\x1b[0m\x07bell\r');
        console.log('colored 1,2,\x1b[1m3,4\x1b[0m');
        console.log(process.env.PEM);
        console.error('to stderr');
        console.log('x'.repeat(1e6));
        process.stdout.write('no line break');`,
      { environment: { S: { variable: 'S' } } },
      {
        environment: { KEY: '1,2,3,4', PEM: 'BEGIN\r\nMC4CAQ\nEND' },
        secrets: ['1,2,3,4', 'BEGIN\r\nMC4CAQ\nEND'],
      },
    );
    await log.says('no line break');
    await log.says('to stderr');
    expect(log.output).toContain('key [secret] and [secret]');
    expect(log.output).toContain('red bell');
    expect(log.output).toContain('colored [secret]');
    expect(log.output.join()).not.toContain('MC4CAQ');
    expect(log.output).toContain(`${'x'.repeat(1000)}…`);
  });

  test('at a limited rate, and the rest is counted', async () => {
    const { heard, log } = program(`console.log('line\\n'.repeat(5000))`);
    await heard.end;
    await expect.poll(() => log.suppressed + log.output.length).toBe(5000);
    expect(log.output.length).toBeLessThan(1000);
  });

  test('that never ends does not fill the memory', async () => {
    const { heard, log, server } = program(
      `const big = Buffer.alloc(1 << 20, 'y');
       const write = () => process.stdout.write(big, write); write();
       console.error('writing')`,
    );
    await log.says('writing');
    await server.stop();
    await heard.end;
    expect(log.output.every(({ length }) => length <= 1001)).toBe(true);
  });
});

describe('with a probe', () => {
  function probed(code: string, port: number): Run {
    const log = new KeptLog();
    const command = [process.execPath, '-e', code, '{port}'];
    const game = gameWith({ type: 'command', command, directory: '/' }, { ready: 'room' });
    const guard = new OrphanGuard(5, () => undefined);
    const inner = new CommandLauncher(game, game.launcher as CommandConfig, { guard, log });
    const heard = new Heard();
    const server = new TcpProbingLauncher(inner, 'command').start(orderWith({ port }), heard);
    onTestFinished(() => server.stop());
    return { heard, log, server };
  }

  test('a server runs when its port accepts connections', async () => {
    const port = await freePort();
    const { heard } = probed(
      `setTimeout(() => require('net').createServer().listen(+process.argv[1], '127.0.0.1'), 200)`,
      port,
    );
    expect(await heard.runs).toEqual({ ip: '127.0.0.1', port, certDigest: undefined });
  });

  test('a server that ends before is not said to run', async () => {
    const { heard, server } = probed(`setTimeout(() => process.exit(1), 300)`, await freePort());
    await heard.end;
    expect(heard.all).toEqual(['ended']);
    await server.stop();
  });

  test('a server that is stopped before is not said to run', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void listener.close());
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { heard, server } = probed('setInterval(() => {}, 1000)', port);
    await server.stop();
    await heard.end;
    expect(heard.all).toEqual(['ended']);
  });
});

test('a guard ends what a relay leaves that was killed', POSIX, async () => {
  const guard = new URL('../../../dist/launch/command/orphan-guard.js', import.meta.url).href;
  const folder = mkdtempSync(join(tmpdir(), 'guard-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = join(folder, 'relay.mjs');
  writeFileSync(
    script,
    `import { OrphanGuard } from ${JSON.stringify(guard)};
    import { spawn } from 'node:child_process';
    const guard = new OrphanGuard(1, () => {});
    const start = (script) => {
      const code = script + 'setInterval(() => {}, 1000); console.log(1)';
      const child = spawn(process.execPath, ['-e', code], { detached: true });
      guard.add(child.pid);
      return new Promise((resolve) => child.stdout.once('data', () => resolve(child.pid)));
    };
    const ignores = "process.on('SIGTERM', () => {});";
    const pids = await Promise.all([start(''), start(ignores), start('')]);
    guard.remove(pids[2]);
    process.send(pids);`,
  );
  const relay = fork(script, { execArgv: [] });
  const [pids] = (await once(relay, 'message')) as [number[]];
  onTestFinished(() => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  relay.kill('SIGKILL');
  await expect.poll(() => pids.map(isAlive)).toEqual([false, false, true]);
});
