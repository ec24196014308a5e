/*
 * The scenarios: options of the generator, and the figures to report.
 */

const RATE = { figure: 'rate', what: '', unit: 'rate', better: 'more' };
const RSS = { figure: 'rss', what: 'RSS of the process', unit: 'MB', better: 'less' };
const BOTH = ['wmbp', 'socket.io'];
const WMBP = ['wmbp'];
const SIGNALING = ['signaling'];
const JSON_MESSAGES = ['json', 'bellhop'];
const CPU = { figure: 'cpuPerMessage', what: 'CPU per message', unit: 'µs', better: 'less' };

/**
 * @typedef {object} Scenario
 * @property {string} title
 * @property {Record<string, string | number | true>} options options of the generator
 * @property {object[]} figures
 * @property {string[]} dialects the servers' protocols that support it
 * @property {boolean} [quick] whether it is part of `--quick`
 * @property {boolean} [idle] whether it measures connections rather than messages
 */

/** @type {Record<string, Scenario>} */
export const SCENARIOS = {
  up: {
    title: 'player → host, 64 B text',
    options: { scenario: 'up', rooms: 25, players: 8, window: 8 },
    figures: [RATE, RSS],
    dialects: BOTH,
    quick: true,
  },
  'up-bytes': {
    title: 'player → host, 1 KiB binary, `bytes=1`',
    options: {
      scenario: 'up',
      rooms: 25,
      players: 8,
      window: 8,
      size: 1024,
      binary: true,
      bytes: true,
    },
    figures: [RATE],
    dialects: WMBP,
  },
  'up-integers': {
    title: 'player → host, 1 KiB binary, array of integers',
    options: { scenario: 'up', rooms: 25, players: 8, window: 8, size: 1024, binary: true },
    figures: [RATE],
    dialects: WMBP,
  },
  fan8: {
    title: 'host → 8 players, 64 B text',
    options: { scenario: 'fan', rooms: 50, players: 8, window: 4 },
    figures: [RATE],
    dialects: BOTH,
    quick: true,
  },
  fan100: {
    title: 'host → 100 players, 64 B text',
    options: { scenario: 'fan', rooms: 4, players: 100, window: 4 },
    figures: [RATE],
    dialects: WMBP,
    quick: true,
  },
  fan1000: {
    title: 'host → 1,000 players, 64 B text',
    options: { scenario: 'fan', rooms: 1, players: 1000, window: 4 },
    figures: [RATE],
    dialects: WMBP,
  },
  'fan100-1k': {
    title: 'host → 100 players, 1 KiB binary',
    options: { scenario: 'fan', rooms: 4, players: 100, window: 4, size: 1024, binary: true },
    figures: [RATE],
    dialects: WMBP,
  },
  'fan8-16k': {
    title: 'host → 8 players, 16 KiB binary',
    options: { scenario: 'fan', rooms: 10, players: 8, window: 4, size: 16_384, binary: true },
    figures: [RATE],
    dialects: WMBP,
    quick: true,
  },
  echo: {
    title: '400 players at 20 Hz, echoed',
    options: { scenario: 'echo', rooms: 50, players: 8, hz: 20 },
    figures: [
      CPU,
      { figure: 'p50', what: 'p50', unit: 'µs', better: 'less' },
      { figure: 'p99', what: 'p99', unit: 'µs', better: 'less' },
      { figure: 'p999', what: 'p99.9', unit: 'µs', better: 'less' },
    ],
    dialects: BOTH,
    quick: true,
  },
  ping: {
    title: 'one message at a time, echoed',
    options: { scenario: 'ping', rooms: 1, players: 1 },
    figures: [{ figure: 'p50', what: 'p50', unit: 'µs', better: 'less' }],
    dialects: BOTH,
  },
  signaling: {
    title: 'requests of signaling-server, by 16 pairs',
    options: { scenario: 'signaling', rooms: 16 },
    figures: [
      RATE,
      { figure: 'cpuPerMessage', what: 'CPU per request', unit: 'µs', better: 'less' },
    ],
    dialects: SIGNALING,
  },
  'json-100': {
    title: 'host → one player, 100 B of text in JSON',
    options: { scenario: 'down', rooms: 25, players: 8, window: 8, size: 100, json: true },
    figures: [RATE, CPU],
    dialects: JSON_MESSAGES,
  },
  'json-2000': {
    title: 'host → one player, 2,000 B of text in JSON',
    options: { scenario: 'down', rooms: 25, players: 8, window: 8, size: 2000, json: true },
    figures: [RATE, CPU],
    dialects: JSON_MESSAGES,
  },
  joins: {
    title: 'players join',
    options: { scenario: 'idle', rooms: 1250, players: 8, seconds: 1 },
    figures: [
      { figure: 'rate', what: '', unit: 'rate', better: 'more' },
      { figure: 'rssPerConnection', what: 'RSS per connection', unit: 'KiB', better: 'less' },
    ],
    dialects: [...BOTH, 'bellhop'],
    quick: true,
    idle: true,
  },
};

/**
 * The scenario's options, with fewer rooms if the number of connections is limited.
 *
 * @param {number} connections how many connections a process may have
 */
export function affordable({ options }, connections) {
  const { rooms, players } = options;
  const most = Math.floor(connections / (players + 1));
  return most < rooms ? { ...options, rooms: most } : options;
}
