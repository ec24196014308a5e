import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '../../../src/launch/config/config-error.js';
import { launchSchema, readLaunchConfig } from '../../../src/launch/config/launch-config.js';
import { readLaunchFile } from '../../../src/launch/config/read-file.js';
import type { ReadContext } from '../../../src/launch/config/shape.js';

const KEY = '1,2,3,4,5,6,7,8,9,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1';

const context: ReadContext = {
  readSecret: (source) => ('file' in source ? KEY : 'a secret of the environment'),
  resolvePath: (path) => resolve('/etc', path),
};

/** A configuration with every member. */
const FULL = {
  $schema: './launch-config.schema.json',
  publicIp: '203.0.113.7',
  relayUrl: 'http://10.0.0.1:8081',
  defaultGame: 'spaceships/1',
  loopbackClientIp: '198.51.100.1',
  location: { city: 'Oslo', country: 'Norway', latitude: 59.9 },
  nats: {
    url: 'nats://127.0.0.1:4222',
    user: 'relay',
    password: { variable: 'NATS_PASSWORD' },
    tls: { ca: 'ca.pem' },
  },
  games: {
    'spaceships/1': {
      launcher: {
        type: 'command',
        command: ['./server', '--port', '{port}'],
        directory: 'games',
        environment: { A: 'b', EMPTY: '', SECRET: { variable: 'X' } },
        stopGrace: 0.5,
      },
      ready: 'nats',
      players: 6,
      maxServers: 2,
      ports: '30000-30100',
      token: { protocolId: '80085', key: { file: 'key' }, byteOrder: 'big' },
    },
    'tanks/v0.0.1': {
      launcher: { type: 'http', url: 'https://api.example', authorization: { variable: 'E' } },
      ready: 'launcher',
      players: 8,
      maxServers: 10,
      token: { protocolId: 80085, key: { file: 'key' } },
    },
    'boats/1': {
      launcher: {
        type: 'container',
        image: 'registry.example:5000/boats:1.2',
        port: '6420/udp',
        memory: 268_435_456,
      },
      ready: 'launcher',
      players: 8,
      maxServers: 10,
      publicIp: '2001:db8::7',
    },
    'quiz/1': {
      launcher: { type: 'command', command: ['node', 'host.js'] },
      ready: 'room',
      players: 8,
      maxServers: 10,
    },
  },
};

const GAME = 'games["spaceships/1"]';

const ajv = new Ajv2020({ strict: true, strictTypes: false });
const accepts = ajv.compile(launchSchema);

function read(config: unknown) {
  return readLaunchConfig(config, context);
}

/** Copies the full configuration, with another value at this path. */
function changed(path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(FULL);
  const last = path.at(-1) ?? '';
  let parent: Record<string, unknown> = copy;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

function errorOf(config: unknown): string {
  try {
    read(config);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

/** The paths of all values, without those inside of secrets and free maps. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]))
      : [];
  return path.length === 0 ? inner : [path, ...inner];
}

test('a full configuration is read, with defaults for missing members', () => {
  const config = read(FULL);
  expect([...config.games.keys()]).toEqual(['spaceships/1', 'tanks/v0.0.1', 'boats/1', 'quiz/1']);
  expect(config.defaultGame).toBe(config.games.get('spaceships/1'));
  expect(config.defaultGame).toMatchObject({
    name: 'spaceships',
    version: '1',
    publicIp: '203.0.113.7',
    ports: { first: 30_000, last: 30_100 },
    launcher: { type: 'command', directory: '/etc/games' },
    token: { protocolId: 80_085n, byteOrder: 'big' },
    emptyTime: 600,
    readyTime: 60,
    claimTime: 30,
  });
  expect(config.games.get('tanks/v0.0.1')?.token).toMatchObject({ byteOrder: 'little' });
  expect(config.games.get('boats/1')).toMatchObject({
    publicIp: '2001:db8::7',
    launcher: { port: { number: 6420, protocol: 'udp' }, socket: '/var/run/docker.sock' },
  });
});

test('a key is 32 numbers or 64 hex digits', () => {
  const token = read(FULL).games.get('spaceships/1')?.token;
  expect(token?.key.bytes).toEqual(new Uint8Array(KEY.split(',').map(Number)));
  expect(token?.key.text.reveal()).toBe(KEY);
  const hex = readLaunchConfig(FULL, { ...context, readSecret: () => 'fF'.repeat(32) });
  expect(hex.games.get('spaceships/1')?.token?.key.bytes).toEqual(new Uint8Array(32).fill(255));
});

test('neither logs nor JSON show secrets', () => {
  const config = read(FULL);
  for (const shown of [
    inspect(config, { depth: 20 }),
    JSON.stringify([...config.games], noBigInt),
  ]) {
    expect(shown).toContain('[secret]');
    expect(shown).not.toContain('a secret');
    expect(shown).not.toContain(KEY);
  }
});

function noBigInt(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

test.each([
  [[], 5, 'the file: expected an object, got 5'],
  [
    ['publicIp'],
    'example.org',
    'publicIp: expected an IPv4 or IPv6 address without brackets, got "example.org"',
  ],
  [['publicIp'], '1.2.3', 'publicIp: expected an IPv4 or IPv6 address, got "1.2.3"'],
  [
    ['relayUrl'],
    'http://u:p@h',
    'relayUrl: expected a URL such as http://example.org, without user, query and fragment, got "http://…@h"',
  ],
  [
    ['defaultGame'],
    'x/1',
    'defaultGame: expected one of spaceships/1, tanks/v0.0.1, boats/1, quiz/1',
  ],
  [
    ['game'],
    {},
    'game: there is no such member; expected $schema, publicIp, relayUrl, defaultGame, loopbackClientIp, location, nats, games',
  ],
  [['games'], {}, 'games: expected at least one game, got none'],
  [['games'], undefined, 'games: expected an object, got nothing'],
  [['games', 'a b/1'], {}, 'games["a b/1"]: expected a game such as "spaceships/1" as the key'],
  [
    ['games', '__proto__/../1'],
    {},
    'games["__proto__/../1"]: expected a game such as "spaceships/1" as the key',
  ],
  [
    ['games', 'spaceships/1', 'players'],
    'six',
    `${GAME}.players: expected a whole number from 1 to 65535, got "six"`,
  ],
  [
    ['games', 'spaceships/1', 'players'],
    1.5,
    `${GAME}.players: expected a whole number from 1 to 65535, got 1.5`,
  ],
  [
    ['games', 'spaceships/1', 'readyTime'],
    0,
    `${GAME}.readyTime: expected a number from 1 to 3600 seconds, got 0`,
  ],
  [
    ['games', 'spaceships/1', 'launcher', 'type'],
    'ssh',
    `${GAME}.launcher.type: expected one of command, http, container, got "ssh"`,
  ],
  [
    ['games', 'spaceships/1', 'launcher', 'command'],
    './server --port 1',
    `${GAME}.launcher.command: expected a list of 1 to 256, got "./server --port 1"`,
  ],
  [
    ['games', 'spaceships/1', 'launcher', 'command'],
    ['a', 1],
    `${GAME}.launcher.command[1]: expected text, got 1`,
  ],
  [
    ['games', 'spaceships/1', 'launcher', 'command'],
    ['a\0'],
    `${GAME}.launcher.command[0]: expected text without control characters, got "a\\u0000"`,
  ],
  [
    ['games', 'spaceships/1', 'launcher', 'environment', 'A=B'],
    'x',
    `${GAME}.launcher.environment["A=B"]: expected the name of a variable as the key`,
  ],
  [
    ['games', 'spaceships/1', 'launcher', 'shell'],
    true,
    `${GAME}.launcher.shell: there is no such member; expected command, directory, environment, stopGrace`,
  ],
  [
    ['games', 'spaceships/1', 'ready'],
    'launcher',
    `${GAME}.ready: expected one of nats, http, tcp, room for the launcher command, got "launcher"`,
  ],
  [
    ['games', 'tanks/v0.0.1', 'ready'],
    'http',
    'games["tanks/v0.0.1"].ready: expected one of launcher, nats, tcp for the launcher http, got "http"',
  ],
  [
    ['games', 'spaceships/1', 'ports'],
    '30001-30000',
    `${GAME}.ports: expected ports such as "30000-30100", up to 65535, got "30001-30000"`,
  ],
  [
    ['games', 'spaceships/1', 'ports'],
    '1-99999',
    `${GAME}.ports: expected ports such as "30000-30100", up to 65535, got "1-99999"`,
  ],
  [
    ['games', 'spaceships/1', 'ports'],
    '30000',
    `${GAME}.ports: expected at least as many ports as maxServers (2), got 1`,
  ],
  [
    ['games', 'spaceships/1', 'ports'],
    undefined,
    `${GAME}.ports: expected ports such as "30000-30100"`,
  ],
  [
    ['games', 'boats/1', 'launcher', 'port'],
    '99999/udp',
    'games["boats/1"].launcher.port: expected a port up to 65535, got 99999',
  ],
  [
    ['games', 'boats/1', 'launcher', 'port'],
    undefined,
    'games["boats/1"].launcher.port: expected a port such as "6420/udp"',
  ],
  [
    ['games', 'spaceships/1', 'token', 'protocolId'],
    '18446744073709551616',
    `${GAME}.token.protocolId: expected a number from 0 to 18446744073709551615, in quotes if it has 16 digits or more, got "18446744073709551616"`,
  ],
  [
    ['games', 'spaceships/1', 'token', 'key'],
    KEY,
    `${GAME}.token.key: expected {"file": …} or {"variable": …}`,
  ],
  [
    ['games', 'spaceships/1', 'token', 'key'],
    { variable: 'X' },
    `${GAME}.token.key: expected a key of 32 numbers from 0 to 255 with commas, or 64 hex digits`,
  ],
  [
    ['games', 'tanks/v0.0.1', 'launcher', 'authorization'],
    { value: 'abc' },
    'games["tanks/v0.0.1"].launcher.authorization.value: there is no such member; expected file',
  ],
  [['nats'], undefined, `${GAME}.ready: "nats" needs the member nats at the top of the file`],
  [['publicIp'], undefined, `${GAME}.publicIp: expected an address here or at the top of the file`],
] as const)('%j with the value %j is an error of one line', (path, value, message) => {
  expect(errorOf(path.length === 0 ? value : changed(path, value))).toBe(message);
});

describe('the schema', () => {
  test('is the same as in deploy/', () => {
    const file = new URL('../../../deploy/launch-config.schema.json', import.meta.url);
    // scripts/write-launch-schema.js writes it.
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(launchSchema)),
    );
  });

  test('accepts the full configuration', () => {
    expect([accepts(FULL), accepts.errors]).toEqual([true, null]);
  });

  const VALUES = [null, true, 0, -1, 1.5, 1e12, '', 'x', 'a\u0000', [], [{}], {}, { x: 1 }];

  test.each(pathsOf(FULL).map((path) => [path.join('.'), path] as const))(
    'agrees with the reader about %s',
    (_, path) => {
      for (const value of [...VALUES, undefined]) {
        const config = changed(path, value);
        const message = errorOf(config);
        const isAccepted = accepts(config);
        // The schema does not describe the meaning of values, nor which of them depend on each other.
        const isAboutMeaning =
          /at least|needs|for the launcher|expected one of .*\/1|an address here|such as/.test(
            message,
          );
        if (message === '' || !isAboutMeaning)
          expect([value, isAccepted]).toEqual([value, message === '']);
      }
    },
  );
});

describe('the file', () => {
  function fileWith(text: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'launch-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'launch.json'), text);
    return join(folder, 'launch.json');
  }

  function errorOfFile(file: string, environment = {}): string {
    try {
      readLaunchFile(file, environment);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  }

  test('and secrets in files beside it are read', () => {
    const file = fileWith(JSON.stringify(FULL));
    writeFileSync(join(file, '../key'), `${KEY}\n`);
    const config = readLaunchFile(file, { NATS_PASSWORD: 'p', X: 'x', E: 'e' });
    expect(config.games.get('spaceships/1')?.token?.key.text.reveal()).toBe(KEY);
    expect(config.nats?.password?.reveal()).toBe('p');
  });

  test('that is missing, a folder or not JSON is an error that does not show its contents', () => {
    expect(errorOfFile('/nowhere/x.json')).toBe('cannot read /nowhere/x.json (ENOENT)');
    expect(errorOfFile('/tmp')).toBe('/tmp is not a regular file');
    const file = fileWith('{\n  "key": "s3cret" "');
    expect(errorOfFile(file)).toBe(
      `${file}: expected JSON; there is an error at line 2, column 19`,
    );
  });

  test('whose secrets are missing or empty is an error', () => {
    const file = fileWith(JSON.stringify(FULL));
    expect(errorOfFile(file)).toBe(
      `${file}: nats.password: there is no secret in the variable NATS_PASSWORD`,
    );
    const environment = { NATS_PASSWORD: 'p', X: 'x', E: 'e' };
    const key = join(file, '../key');
    expect(errorOfFile(file, environment)).toBe(
      `${file}: ${GAME}.token.key: cannot read ${key} (ENOENT)`,
    );
    writeFileSync(key, ' \n');
    expect(errorOfFile(file, environment)).toBe(
      `${file}: ${GAME}.token.key: there is no secret in ${key}`,
    );
  });
});
