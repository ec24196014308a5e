import { describe, expect, test } from 'vitest';
import { flagOf } from '../../src/options/describe.js';
import { OPTION_NAMES } from '../../src/options.js';
import { Cli } from '../support/cli.js';
import { Host, joined } from '../support/clients.js';
import { startRelay } from '../support/relay.js';

const LOCAL = ['--host', '127.0.0.1', '--port', '0', '--max-lag', '0'];

async function started(args: string[] = [], env = {}): Promise<{ cli: Cli; url: string }> {
  const cli = new Cli([...LOCAL, ...args], env);
  const { port } = await cli.firstLine();
  return { cli, url: `ws://127.0.0.1:${port}` };
}

test('the first line of the log shows where it listens, with the actual port', async () => {
  const cli = new Cli(LOCAL);
  const line = await cli.firstLine();
  expect(line).toMatchObject({ level: 30, msg: 'listening', address: '127.0.0.1' });
  expect(line['port']).toBeGreaterThan(0);
  expect(line['url']).toBe(`ws://127.0.0.1:${line['port']}`);
  expect(cli.stderr).toBe('');
});

test('--help lists every option, --version prints the version', async () => {
  const help = await new Cli(['--help']).exited;
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const name of OPTION_NAMES) expect(help.stdout).toContain(flagOf(name));
  expect(await new Cli(['-V']).exited).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test('options come from flags and environment', async () => {
  const { url } = await started(['--max-players', '3'], { LOBBY_RELAY_MAX_ROOMS: '1', PORT: '1' });
  const host = await Host.connect(url);
  await host.next();
  host.command({ cmd: 'prepare', max_players: 9 });
  expect(await host.next()).toMatchObject({ max_players: 3 });
  expect(await (await Host.connect(url)).closed).toMatchObject({ code: 1013 });
});

describe('an error is one line without a stack', () => {
  test.each([
    [['--prot', '1'], {}, "unknown option '--prot' (Did you mean --port?)"],
    [['--port', 'x'], {}, '--port: expected a whole number from 0 to 65535, got "x"'],
    [['--port'], {}, "option '-p, --port <n>' argument missing"],
    [['8081'], {}, 'too many arguments'],
    [[], { PORT: '99999' }, 'PORT: expected a whole number from 0 to 65535, got 99999'],
    [['--log-level', 'loud'], {}, '--log-level: expected one of'],
    [['--origin', 'game.example'], {}, '--origin: expected an origin such as https://game.example'],
    [
      ['--no-metrics', '--metrics-listen', '127.0.0.1:9100'],
      {},
      '--metrics-listen: there are no metrics with --no-metrics',
    ],
    [['--turn-url', 'turn:t.example'], {}, '--turn-url and --turn-secret'],
    [
      ['--state-file', '/nowhere/rooms'],
      {},
      '--state-file: there is no folder /nowhere; create it',
    ],
    [['--state-file', '/dev/zero'], {}, '--state-file: /dev/zero is not a regular file'],
    [['--state-file', '/tmp'], {}, '--state-file: /tmp is a folder; name a file in it'],
    [
      ['--tls-cert', '/dev/zero', '--tls-key', '/dev/zero'],
      {},
      '--tls-cert: /dev/zero is larger than 1 MiB; name a PEM file',
    ],
    [['--max-connections', '1000000'], {}, '--max-connections: 1000000 is more than'],
    [[], { LOBBY_RELAY_CREATE_TOKEN: '\n' }, 'LOBBY_RELAY_CREATE_TOKEN: expected a secret'],
    [[], { LOBBY_RELAY_TURN_SECRET: 'a\nb' }, 'LOBBY_RELAY_TURN_SECRET: expected text without'],
  ])('%j %j', async (args, env, message) => {
    const { code, stdout, stderr } = await new Cli(args, env).exited;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^lobby-relay: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  test('a port in use', async () => {
    const { port } = await startRelay();
    const { code, stdout, stderr } = await new Cli(['-H', '127.0.0.1', '-p', `${port}`]).exited;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`lobby-relay: port ${port} is in use; choose another with --port\n`);
  });

  test('an address of another machine', async () => {
    const { code, stderr } = await new Cli(['-H', '192.0.2.1', '-p', '0']).exited;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^lobby-relay: 192.0.2.1 is not an address of this machine; [^\n]+\n$/);
  });
});

describe.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s', (signal) => {
  test('closes all connections with 1012 and exits with 0', async () => {
    const { cli, url } = await started();
    const host = await Host.open(url);
    const player = await joined(url, host);
    cli.kill(signal);
    for (const client of [host, player]) {
      expect(await client.closed).toEqual({ code: 1012, reason: 'relay restarting' });
    }
    expect(await cli.exited).toMatchObject({ code: 0, stderr: '' });
  });

  test('repeated at once counts once; repeated later, it ends the drain', async () => {
    const { cli, url } = await started(['--drain', '60']);
    const host = await Host.open(url);
    const from = performance.now();
    cli.kill(signal);
    await cli.says('stopping');
    let isOver = false;
    void cli.exited.then(() => {
      isOver = true;
    });
    // Each round waits for an answer of the relay, until there are no more.
    while (!isOver) {
      cli.kill(signal);
      await fetch(`${url.replace('ws', 'http')}/health`).catch(() => {});
    }
    expect(performance.now() - from).toBeGreaterThan(1000);
    expect((await host.closed).code).toBe(1006);
    expect((await cli.exited).code).toBe({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal]);
  });
});

describe('variables of the platform', () => {
  test('a service address in the variable of the port is skipped and logged', async () => {
    const { cli } = await started([], { LOBBY_RELAY_PORT: 'tcp://10.96.12.7:8081' });
    await cli.says('variable skipped: it contains the address of a service');
    expect(cli.stdout).toContain('"variable":"LOBBY_RELAY_PORT"');
  });

  test('an unknown variable is logged once, with the probable name and without its value', async () => {
    const { cli } = await started([], {
      LOBBY_RELAY_CREATE_TOKN: 'a-secret',
      LOBBY_RELAY_SERVICE_HOST: '10.96.12.7',
    });
    await cli.says('"meant":"LOBBY_RELAY_CREATE_TOKEN"');
    cli.kill('SIGTERM');
    const { stdout } = await cli.exited;
    expect(stdout.match(/unknown variable/g)).toHaveLength(1);
    expect(stdout).not.toContain('a-secret');
  });

  test('a secret that ends in a line break is trimmed', async () => {
    const { url } = await started([], { LOBBY_RELAY_CREATE_TOKEN: 's3cret\r\n' });
    const host = await Host.connect(url, '?token=s3cret');
    expect(await host.next()).toMatchObject({ cmd: 'state' });
    const stranger = await Host.connect(url, '?token=other');
    expect(await stranger.closed).toMatchObject({ code: 1008 });
  });
});

test("the TURN server's secret is neither sent nor logged", async () => {
  const turn = [
    '--turn-url',
    'turn:t.example',
    '--turn-secret',
    'a-secret',
    '--log-level',
    'trace',
  ];
  const { cli, url } = await started(turn);
  const answer = await (await fetch(`${url.replace('ws', 'http')}/ice`)).text();
  expect(answer).toContain('turn:t.example');
  expect(answer).not.toContain('a-secret');
  cli.kill('SIGTERM');
  const { stdout, stderr } = await cli.exited;
  expect(stdout + stderr).not.toContain('a-secret');
});

test('no payload and no room code is in the log at info', async () => {
  const { cli, url } = await started();
  const host = await Host.open(url, { name: 'a-secret-name' });
  const player = await joined(url, host);
  player.send('a-secret-text');
  await host.until('from_str');
  cli.kill('SIGTERM');
  const { stdout } = await cli.exited;
  expect(stdout).not.toContain('secret');
  expect(stdout).not.toContain(host.code);
  for (const line of stdout.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
});
