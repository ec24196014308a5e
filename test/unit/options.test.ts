import { describe, expect, test } from 'vitest';
import { environmentOf, flagOf } from '../../src/options/describe.js';
import { completeOptions, OptionError, parseOptions } from '../../src/options/read.js';
import { OPTION_NAMES, OPTIONS } from '../../src/options.js';

test('without anything given, every option has its default', () => {
  const defaults = Object.fromEntries(OPTION_NAMES.map((name) => [name, OPTIONS[name].default]));
  expect(completeOptions()).toEqual(defaults);
  expect(parseOptions({}, {})).toEqual(defaults);
});

test('defaults keep their own bounds', () => {
  expect(() => completeOptions(completeOptions())).not.toThrow();
});

test('names follow from the option', () => {
  expect(flagOf('maxPlayerMessage')).toBe('--max-player-message');
  expect(environmentOf('maxPlayerMessage')).toEqual(['LOBBY_RELAY_MAX_PLAYER_MESSAGE']);
  expect(environmentOf('port')).toEqual(['LOBBY_RELAY_PORT', 'PORT']);
});

test('a flag beats its variable beats the plain variable beats the default', () => {
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

  test('are not for counts', () => {
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

test('a bad variable is named as it was written', () => {
  expect(() => parseOptions({}, { LOBBY_RELAY_LOG_LEVEL: 'loud' })).toThrow(
    /^LOBBY_RELAY_LOG_LEVEL: expected one of/,
  );
});

test('a program gets the same checks, under the name that it used', () => {
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
    expect(() => completeOptions({ [name]: urls })).toThrow(/URLs with commas/);
  });
});
