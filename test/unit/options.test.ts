import { describe, expect, test } from 'vitest';
import { defaultOf, environmentOf, flagOf, rangeOf } from '../../src/options/describe.js';
import { environmentNotices } from '../../src/options/environment.js';
import { completeOptions, OptionError, parseOptions } from '../../src/options/read.js';
import { type NumberOption, OPTION_NAMES, OPTIONS } from '../../src/options.js';

test('without arguments, every option has its default', () => {
  const defaults = Object.fromEntries(OPTION_NAMES.map((name) => [name, OPTIONS[name].default]));
  expect(completeOptions()).toEqual(defaults);
  expect(parseOptions({}, {})).toEqual(defaults);
});

test('defaults are within their bounds', () => {
  expect(() => completeOptions(completeOptions())).not.toThrow();
});

test("flags and variables are derived from the option's name", () => {
  expect(flagOf('maxPlayerMessage')).toBe('--max-player-message');
  expect(environmentOf('maxPlayerMessage')).toEqual(['LOBBY_RELAY_MAX_PLAYER_MESSAGE']);
  expect(environmentOf('port')).toEqual(['LOBBY_RELAY_PORT', 'PORT']);
});

test('a flag overrides its variable, the plain variable and the default', () => {
  const port = (flags: object, environment: Record<string, string>) =>
    parseOptions(flags, environment).port;
  expect(port({ port: '1' }, { LOBBY_RELAY_PORT: '2', PORT: '3' })).toBe(1);
  expect(port({}, { LOBBY_RELAY_PORT: '2', PORT: '3' })).toBe(2);
  expect(port({}, { LOBBY_RELAY_PORT: '', PORT: '3' })).toBe(3);
  expect(port({}, { PORT: '' })).toBe(8081);
});

describe('sizes', () => {
  test.each([
    ['4096', 4096],
    ['4KiB', 4096],
    ['2 mib', 2 * 1024 * 1024],
  ])('%s', (written, bytes) => {
    expect(parseOptions({ maxPlayerMessage: written }, {}).maxPlayerMessage).toBe(bytes);
  });

  test('are not allowed for counts', () => {
    expect(() => parseOptions({ maxRooms: '4KiB' }, {})).toThrow(/^--max-rooms: expected a whole/);
  });
});

test.each([
  [{ port: '65536' }, '--port: expected a whole number from 0 to 65535, got 65536'],
  [{ port: '' }, '--port: expected a whole number from 0 to 65535, got ""'],
  [{ port: '-1' }, '--port: expected a whole number from 0 to 65535, got "-1"'],
  [{ port: '1e3' }, '--port: expected a whole number from 0 to 65535, got "1e3"'],
  [{ maxRooms: '80001' }, '--max-rooms: expected a whole number from 1 to 80000, got 80001'],
  [
    { maxHostMessage: '1GiB' },
    '--max-host-message: expected a size from 1KiB to 256MiB, got "1GiB"',
  ],
  [{ logFormat: 'xml' }, '--log-format: expected one of auto, json, pretty, got "xml"'],
])('%j is refused in one line', (flags, message) => {
  expect(() => parseOptions(flags, {})).toThrow(new OptionError(message));
});

test('an error names the variable that was set', () => {
  expect(() => parseOptions({}, { LOBBY_RELAY_LOG_LEVEL: 'loud' })).toThrow(
    /^LOBBY_RELAY_LOG_LEVEL: expected one of/,
  );
});

test('options of a program are validated, and errors name them', () => {
  expect(() => completeOptions({ maxRooms: 0 })).toThrow(/^maxRooms: expected/);
  expect(() => completeOptions({ host: 1 as unknown as string })).toThrow(/^host: expected text/);
});

describe('servers for WebRTC', () => {
  test.each([
    ['iceServers', 'stun:stun.example:3478'],
    ['iceServers', 'stun:192.0.2.1, stuns:[2001:db8::1]:5349'],
    ['turnUrl', 'turn:turn.example'],
    ['turnUrl', 'turn:turn.example:3478?transport=tcp,turns:turn.example:5349'],
  ] as const)('%s may be %s', (name, urls) => {
    expect(completeOptions({ [name]: urls })[name]).toBe(urls);
  });

  test.each([
    ['iceServers', 'stun.example:3478'],
    ['iceServers', 'stun://stun.example'],
    ['iceServers', 'turn:turn.example'],
    ['iceServers', 'stun:a.example,'],
    ['turnUrl', 'stun:stun.example'],
    ['turnUrl', 'turn:turn.example?transport=sctp'],
    ['turnUrl', 'turn:a.example turn:b.example'],
  ] as const)('%s may not be %s, which no browser takes', (name, urls) => {
    expect(() => completeOptions({ [name]: urls })).toThrow(/URLs separated by commas/);
  });
});

describe('the units of the help are accepted, with and without a space', () => {
  test.each([
    ['ping', '20s', 20],
    ['ping', '20 s', 20],
    ['ping', ' 20 S ', 20],
    ['ping', '0.5s', 0.5],
    ['ping', '500ms', 0.5],
    ['ping', '1.1 ms', 0.0011],
    ['maxHold', '10min', 600],
    ['maxHold', '1 h', 3600],
    ['maxLag', '200ms', 200],
    ['maxLag', '200 ms', 200],
    ['maxLag', '1.001s', 1001],
    ['maxHeap', '75%', 75],
    ['maxHeap', '75 %', 75],
    ['keep', '256kib', 256 * 1024],
    ['keep', '1 MiB', 1024 * 1024],
  ] as const)('%s %s', (name, written, value) => {
    expect(parseOptions({ [name]: written }, {})[name]).toBe(value);
  });

  test.each(OPTION_NAMES.filter((name) => OPTIONS[name].kind === 'number'))(
    '%s takes its own default and bounds as they are shown',
    (name) => {
      const [low = '', high = ''] = rangeOf(name).replace(/, .*/, '').split(' to ');
      expect(parseOptions({ [name]: defaultOf(name) }, {})[name]).toBe(OPTIONS[name].default);
      expect(parseOptions({ [name]: low }, {})[name]).toBe((OPTIONS[name] as NumberOption).min);
      expect(parseOptions({ [name]: high }, {})[name]).toBe((OPTIONS[name] as NumberOption).max);
    },
  );

  test.each([
    ['ping', '20 MiB'],
    ['ping', '20sss'],
    ['ping', 's'],
    ['ping', '1,5s'],
    ['maxLag', '20%'],
    ['maxLag', '0.5ms'],
    ['maxRooms', '20s'],
    ['maxRooms', '20 constructor'],
    ['keep', '1.5MiB'],
    ['keep', '1 s'],
  ] as const)('%s %s is refused', (name, written) => {
    expect(() => parseOptions({ [name]: written }, {})).toThrow(OptionError);
  });
});

test('a variable for an on/off option accepts the usual words', () => {
  const pages = (text: string) => parseOptions({}, { LOBBY_RELAY_PAGES: text }).pages;
  for (const text of ['yes', 'on', 'true', '1', 'YES', ' True\r\n', '"on"']) {
    expect(pages(text), text).toBe(true);
  }
  for (const text of ['no', 'off', 'false', '0', 'No', "'off'"])
    expect(pages(text), text).toBe(false);
  for (const text of ['maybe', 'constructor', '2'])
    expect(() => pages(text), text).toThrow(/true or/);
});

describe('white space and quotes around a value are dropped', () => {
  const TEXT = OPTION_NAMES.filter((name) => OPTIONS[name].kind === 'text');
  /** Valid values of each option. */
  const SAMPLES: Partial<Record<string, string>> = {
    iceServers: 'stun:stun.example',
    turnUrl: 'turn:turn.example',
    metricsListen: '127.0.0.1:9100',
    logLevel: 'warn',
    logFormat: 'json',
    cluster: 'nats://127.0.0.1:4222',
    clusterName: 'party',
    node: 'one',
    nodeUrl: 'wss://one.example',
    letters: 'BCDF',
  };

  test.each(TEXT)('%s', (name) => {
    const value = SAMPLES[name] ?? 'x y';
    const [variable = ''] = environmentOf(name);
    for (const around of ['\n', '\r\n', ' ', '\t', '\ufeff']) {
      expect(parseOptions({}, { [variable]: value + around })[name]).toBe(value);
      expect(parseOptions({ [name]: around + value + around }, {})[name]).toBe(value);
      expect(completeOptions({ [name]: value + around })[name]).toBe(value);
    }
    expect(parseOptions({}, { [variable]: `"${value}"` })[name]).toBe(value);
    expect(parseOptions({}, { [variable]: `'${value}'\n` })[name]).toBe(value);
    expect(parseOptions({}, { [variable]: '""' })[name]).toBe(OPTIONS[name].default);
  });

  test.each(TEXT)('but not inside of %s', (name) => {
    for (const text of ['a\nb', 'a\0b', 'a\x7fb', 'a\ufffdb']) {
      expect(() => parseOptions({ [name]: text }, {})).toThrow(/control characters/);
      expect(() => completeOptions({ [name]: text })).toThrow(/control characters/);
    }
  });

  test('a quote that is part of the value stays', () => {
    const token = (text: string) => parseOptions({ createToken: text }, {}).createToken;
    expect(token('it"s')).toBe('it"s');
    expect(token('"open')).toBe('"open');
    expect(token('"')).toBe('"');
  });

  test('the port may be quoted, too', () => {
    expect(parseOptions({}, { LOBBY_RELAY_PORT: '"9000"\r' }).port).toBe(9000);
  });
});

describe('a secret', () => {
  test.each(['createToken', 'turnSecret'] as const)(
    '%s of white space is not taken for none',
    (name) => {
      const [variable = ''] = environmentOf(name);
      for (const blank of ['\n', ' ', '\r\n', '" "', "'\n'", '\ufeff']) {
        expect(() => parseOptions({}, { [variable]: blank })).toThrow(
          `${variable}: expected a secret`,
        );
        expect(() => parseOptions({ [name]: blank }, {})).toThrow(/white space/);
        expect(() => completeOptions({ [name]: blank })).toThrow(/white space/);
      }
      expect(parseOptions({}, { [variable]: '' })[name]).toBe('');
    },
  );

  test('as an empty flag is an error', () => {
    for (const name of ['createToken', 'turnSecret'] as const) {
      expect(() => parseOptions({ [name]: '' }, {})).toThrow(/expected a secret, got nothing/);
    }
    expect(parseOptions({ host: '' }, {}).host).toBe('');
  });

  test('is not in the error', () => {
    expect(() => parseOptions({ createToken: 'top\nsecret' }, {})).toThrow(/got something else$/);
    expect(() => parseOptions({ createToken: 'x'.repeat(4097) }, {})).toThrow(/at most 4096 /);
  });
});

describe('variables that a platform sets for a service named lobby-relay', () => {
  const KUBERNETES = {
    LOBBY_RELAY_PORT: 'tcp://10.96.12.7:8081',
    LOBBY_RELAY_SERVICE_HOST: '10.96.12.7',
    LOBBY_RELAY_SERVICE_PORT: '8081',
    LOBBY_RELAY_SERVICE_PORT_HTTP: '8081',
    LOBBY_RELAY_PORT_8081_TCP: 'tcp://10.96.12.7:8081',
    LOBBY_RELAY_PORT_8081_TCP_ADDR: '10.96.12.7',
    LOBBY_RELAY_PORT_8081_TCP_PORT: '8081',
    LOBBY_RELAY_PORT_8081_TCP_PROTO: 'tcp',
    LOBBY_RELAY_PORT_53_UDP: 'udp://10.96.12.7:53',
    LOBBY_RELAY_METRICS_PORT: 'tcp://10.96.12.8:9100',
    LOBBY_RELAY_METRICS_SERVICE_HOST: '10.96.12.8',
  };
  const DOCKER = {
    LOBBY_RELAY_NAME: '/game/lobby-relay',
    LOBBY_RELAY_ENV_NODE_VERSION: '24.0.0',
    LOBBY_RELAY_1_PORT: 'tcp://172.17.0.5:8081',
  };

  test('the next variable or the default sets the port', () => {
    expect(parseOptions({}, KUBERNETES).port).toBe(8081);
    expect(parseOptions({}, { ...KUBERNETES, PORT: '3000' }).port).toBe(3000);
    expect(parseOptions({ port: '9' }, KUBERNETES).port).toBe(9);
    expect(parseOptions({}, { PORT: 'tcp://10.0.0.1:80' }).port).toBe(8081);
  });

  test("only those with an option's name are reported", () => {
    expect(environmentNotices({ ...KUBERNETES, ...DOCKER, PATH: '/bin', PORT: '1' })).toEqual([
      { variable: 'LOBBY_RELAY_PORT', reason: 'service-link' },
    ]);
  });

  test('on the command line, a service address is an error', () => {
    expect(() => parseOptions({ port: 'tcp://10.0.0.1:80' }, {})).toThrow(/^--port: expected/);
  });

  test('only ports can be skipped', () => {
    expect(() => parseOptions({}, { LOBBY_RELAY_MAX_ROOMS: 'tcp://10.0.0.1:80' })).toThrow(/whole/);
  });
});

test.each([
  ['LOBBY_RELAY_MAX_PLAYRS', 'LOBBY_RELAY_MAX_PLAYERS'],
  ['LOBBY_RELAY_MAXROOMS', 'LOBBY_RELAY_MAX_ROOMS'],
  ['LOBBY_RELAY_STATEFILE', 'LOBBY_RELAY_STATE_FILE'],
  ['LOBBY_RELAY_PROT', 'LOBBY_RELAY_PORT'],
  ['LOBBY_RELAY_NO_PAGES', 'LOBBY_RELAY_PAGES'],
  ['LOBBY_RELAY_COLOUR_OF_THE_SKY', undefined],
  ['LOBBY_RELAY_', undefined],
])('%s is unknown, and the suggestion is %s', (variable, meant) => {
  expect(environmentNotices({ [variable]: 'x' })).toEqual([
    { variable, reason: 'unknown', ...(meant && { meant }) },
  ]);
});

test('no option is unknown', () => {
  const variables = OPTION_NAMES.flatMap(environmentOf).map((name) => [name, '1']);
  expect(environmentNotices(Object.fromEntries(variables))).toEqual([]);
});

test.each([
  ['maxplayers', 'maxPlayers'],
  ['max_rooms', 'maxRooms'],
  ['prot', 'port'],
  ['wingspan', undefined],
  ['toString', undefined],
])('an option %s of a program is refused', (name, meant) => {
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  expect(() => completeOptions({ [name]: undefined })).toThrow(
    new OptionError(`${name}: there is no such option${hint}`),
  );
});
