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
import type { ServerHandle, ServerSpec } from '../../../src/launch/launcher.js';
import { TcpProbingLauncher } from '../../../src/launch/tcp-probe.js';
import { freePort } from '../../support/free-port.js';
import { isAlive } from '../../support/is-alive.js';
import { gameWith, LaunchEvents, RecordedLog, specWith } from '../../support/launch.js';
import { POSIX } from '../../support/tools.js';

interface RunningServer {
  readonly events: LaunchEvents;
  readonly log: RecordedLog;
  readonly server: ServerHandle;
}

/** Starts a command as a server, which is stopped at the end of the test. */
function run(
  command: readonly string[],
  config: object = {},
  spec: Partial<ServerSpec> = {},
): RunningServer {
  const log = new RecordedLog();
  const game = gameWith({ type: 'command', command, directory: '/', ...config });
  const guard = new OrphanGuard(5, (reason) => log.failures.push(reason));
  const launcher = new CommandLauncher(game, game.launcher as CommandConfig, { guard, log });
  const events = new LaunchEvents();
  const server = launcher.start(specWith(spec), events);
  onTestFinished(() => server.stop());
  return { events, log, server };
}

/** Starts a program of Node.js as a server. */
function program(code: string, config: object = {}, spec: Partial<ServerSpec> = {}): RunningServer {
  return run([process.execPath, '-e', code], config, spec);
}

test('a program gets its port, and SIGTERM at the end', async () => {
  const code = `process.on('SIGTERM', () => process.exit(3));
    setInterval(() => {}, 1000);
    console.log('arguments', ...process.argv.slice(1));`;
  const { events, log, server } = run(
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
  expect(await events.runs).toEqual({ ip: '127.0.0.1', port: 30_001, certDigest: undefined });
  await log.waitFor('arguments');
  expect(log.output).toEqual(['arguments 30001 a-server/127.0.0.1 tanks-1 {other} $HOME; `id`']);
  await server.stop();
  expect(await events.end).toEqual({ reason: 'exited with code 3', error: undefined });
  expect(events.all).toEqual(['running', 'ended']);
  // Stopping it again is harmless.
  await server.stop();
});

test('a server without a port has no address', async () => {
  const { events } = program('setInterval(() => {}, 1000)');
  expect(await events.runs).toBeUndefined();
});

test('a program that ignores SIGTERM is killed after its grace', async () => {
  const { events, log, server } = program(
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`,
    { stopGrace: 0.05 },
  );
  await log.waitFor('up');
  await server.stop();
  expect(await events.end).toMatchObject({ reason: 'was ended by SIGKILL' });
});

test('a program that cannot be started is reported as ended', async () => {
  const { events, server } = run(['/nowhere/server']);
  expect(events.all).toEqual([]);
  expect(await events.end).toMatchObject({ reason: 'could not be started (ENOENT)' });
  expect(events.all).toEqual(['ended']);
  await server.stop();
});

test('arguments that are too long for the system end only the server', async () => {
  const { events } = run(
    [process.execPath],
    { environment: { A: 'x'.repeat(32_000) } },
    {
      environment: Object.fromEntries(
        Array.from({ length: 200 }, (_, n) => [`V${n}`, 'y'.repeat(100_000)]),
      ),
    },
  );
  expect((await events.end).reason).toMatch(/^could not be started \(E2BIG\)$/);
});

test('a program that exits at once is reported as ended', async () => {
  const { events } = program('process.exit(7)');
  expect(await events.end).toMatchObject({ reason: 'exited with code 7' });
});

test('processes that a server has started end with it', async () => {
  const grandchild = `process.on('SIGTERM', () => {}); console.log('child', process.pid); setInterval(() => {}, 1000)`;
  const { events, log, server } = program(
    `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' });
     setInterval(() => {}, 1000);`,
  );
  await log.waitFor('child');
  const pid = Number(log.output.join().split(' ')[1]);
  await server.stop();
  await events.end;
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
  await log.waitFor('that is all');
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
    await log.waitFor('no line break');
    await log.waitFor('to stderr');
    expect(log.output).toContain('key [secret] and [secret]');
    expect(log.output).toContain('red bell');
    expect(log.output).toContain('colored [secret]');
    expect(log.output.join()).not.toContain('MC4CAQ');
    expect(log.output).toContain(`${'x'.repeat(1000)}…`);
  });

  test('is logged at a limited rate, and suppressed lines are counted', async () => {
    const { events, log } = program(`console.log('line\\n'.repeat(5000))`);
    await events.end;
    await expect.poll(() => log.suppressed + log.output.length).toBe(5000);
    expect(log.output.length).toBeLessThan(1000);
  });

  test('that never ends does not fill the memory', async () => {
    const { events, log, server } = program(
      `const big = Buffer.alloc(1 << 20, 'y');
       const write = () => process.stdout.write(big, write); write();
       console.error('writing')`,
    );
    await log.waitFor('writing');
    await server.stop();
    await events.end;
    expect(log.output.every(({ length }) => length <= 1001)).toBe(true);
  });
});

describe('with a probe', () => {
  function probed(code: string, port: number): RunningServer {
    const log = new RecordedLog();
    const command = [process.execPath, '-e', code, '{port}'];
    const game = gameWith({ type: 'command', command, directory: '/' }, { ready: 'room' });
    const guard = new OrphanGuard(5, () => undefined);
    const inner = new CommandLauncher(game, game.launcher as CommandConfig, { guard, log });
    const events = new LaunchEvents();
    const server = new TcpProbingLauncher(inner, 'command').start(specWith({ port }), events);
    onTestFinished(() => server.stop());
    return { events, log, server };
  }

  test('a server runs when its port accepts connections', async () => {
    const port = await freePort();
    const { events } = probed(
      `setTimeout(() => require('net').createServer().listen(+process.argv[1], '127.0.0.1'), 200)`,
      port,
    );
    expect(await events.runs).toEqual({ ip: '127.0.0.1', port, certDigest: undefined });
  });

  test('a server that ends before that is not reported as running', async () => {
    const { events, server } = probed(`setTimeout(() => process.exit(1), 300)`, await freePort());
    await events.end;
    expect(events.all).toEqual(['ended']);
    await server.stop();
  });

  test('a server that is stopped before that is not reported as running', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void listener.close());
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { events, server } = probed('setInterval(() => {}, 1000)', port);
    await server.stop();
    await events.end;
    expect(events.all).toEqual(['ended']);
  });
});

test('a guard ends the servers of a relay that was killed', POSIX, async () => {
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
