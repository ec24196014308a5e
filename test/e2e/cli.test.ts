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

test('the first line of the log says where it listens, with the real port', async () => {
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

describe('what is wrong is one line, and no stack', () => {
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
    expect(stderr).toMatch(/^lobby-relay: 192.0.2.1 is no address of this machine; [^\n]+\n$/);
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('closes everybody with 1012 and exits 0', async () => {
    const { cli, url } = await started();
    const host = await Host.open(url);
    const player = await joined(url, host);
    cli.kill(signal);
    for (const client of [host, player]) {
      expect(await client.closed).toEqual({ code: 1012, reason: 'relay restarting' });
    }
    expect(await cli.exited).toMatchObject({ code: 0, stderr: '' });
  });

  test('a second one leaves at once', async () => {
    const { cli, url } = await started();
    const host = await Host.open(url);
    host.socket.pause();
    cli.kill(signal);
    await cli.says('stopping');
    cli.kill(signal);
    expect((await cli.exited).code).toBe(signal === 'SIGINT' ? 130 : 143);
  });
});

test("the TURN server's secret is given to nobody, and not logged", async () => {
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
