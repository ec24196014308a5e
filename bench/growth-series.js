/*
 * The series of `growth.js`: the points to measure, and how to draw them. `points` gets the number of
 * possible connections.
 */

/** Players in all rooms together, while rooms get larger and fewer. */
const PLAYERS = 1000;

const ROOMS = [10, 20, 50, 100, 200, 300, 400, 500, 700, 1000, 2000, 5000];
const PLAYERS_PER_ROOM = [8, 16, 32, 64, 125, 250, 500, 1000];
const PAYLOADS = [16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144];
const CONNECTIONS = [1000, 2500, 5000, 10_000, 15_000, 20_000];

export const SERIES = {
  rooms: roomsOf(8),
  'small-rooms': roomsOf(2),
  players: {
    title: `Broadcasts of 64 B to ${PLAYERS} players, in ever larger rooms`,
    points: () =>
      PLAYERS_PER_ROOM.map((players) => ({
        x: players,
        options: { scenario: 'fan', rooms: Math.floor(PLAYERS / players), players, window: 4 },
      })),
    xAxis: () => ({ label: 'players per room', log: true, ticks: PLAYERS_PER_ROOM }),
    panels: (points) => [
      {
        label: 'CPU per delivery, µs',
        series: [curve('CPU', points, ({ cpuPerMessage }) => cpuPerMessage)],
      },
      {
        label: 'deliveries/s, thousands',
        series: [curve('deliveries', points, ({ rate }) => rate / 1000)],
      },
    ],
  },
  payload: {
    title: 'Ever larger messages, binary, `bytes=1`',
    points: () =>
      PAYLOADS.flatMap((size) => [
        // A smaller window for larger messages, so that messages in transit do not fill the memory.
        {
          x: size,
          variant: UP,
          options: { ...binary(size), scenario: 'up', rooms: 25, bytes: true },
        },
        { x: size, variant: FAN, options: { ...binary(size), scenario: 'fan', rooms: 25 } },
      ]),
    xAxis: () => ({ label: 'bytes per message', log: true, ticks: PAYLOADS, format: bytes }),
    panels: (points) => [
      {
        label: 'CPU per message, µs',
        log: true,
        series: both(points, ({ cpuPerMessage }) => cpuPerMessage),
      },
      {
        label: 'messages/s, thousands',
        log: true,
        series: both(points, ({ rate }) => rate / 1000),
      },
      { label: 'MB/s', log: true, series: both(points, ({ rate, x }) => (rate * x) / 1e6) },
    ],
  },
  idle: {
    title: 'Idle connections, in rooms of 8',
    points: (most) =>
      upTo(CONNECTIONS, most).map((connections) => ({
        x: connections,
        options: { scenario: 'idle', rooms: Math.floor(connections / 9), players: 8 },
      })),
    xAxis: () => ({ label: 'connections' }),
    panels: (points) => [
      { label: 'RSS, MB', series: [curve('RSS', points, ({ rss }) => rss / 1e6)] },
      {
        label: 'RSS per connection, KiB',
        series: [curve('RSS', points, ({ rssPerConnection }) => rssPerConnection / 1024)],
      },
      {
        label: 'joins/s, thousands',
        series: [curve('joins', points, ({ rate }) => rate / 1000)],
      },
    ],
  },
};

const UP = 'player → host';
const FAN = 'host → 8 players';

function binary(size) {
  return { players: 8, size, binary: true, window: size > 16_384 ? 1 : size > 1024 ? 2 : 4 };
}

/** The values up to a maximum, which is added at the end if it is not among them. */
function upTo(values, most) {
  const affordable = values.filter((value) => value <= most);
  return affordable.length === values.length ? values : [...affordable, most];
}

/** The values that start with 1, 2 or 5, because labels for all would not fit. */
function roundOnes(points) {
  return points.map(({ x }) => x).filter((x) => /^[125]0*$/.test(String(x)));
}

/** Leaves out points without a value. */
function curve(name, points, y) {
  const all = points.map((point) => [point.x, y(point)]);
  return { name, points: all.filter(([, value]) => Number.isFinite(value)) };
}

function both(points, y) {
  return [UP, FAN].map((name) =>
    curve(
      name,
      points.filter(({ variant }) => variant === name),
      y,
    ),
  );
}

/**
 * Turns in which a player sent, in percent. A player with too many messages in transit skips its
 * turn.
 */
function turnsKept({ messages, missed }) {
  return (100 * messages) / (messages + missed);
}

function bytes(size) {
  return size < 1024 ? `${size} B` : `${size / 1024} KiB`;
}

/** Increasing numbers of rooms, where all players are answered. @param {number} players per room */
function roomsOf(players) {
  return {
    title: `Rooms of ${players}, every player at 20 Hz, echoed`,
    points(connections) {
      const most = Math.floor(connections / (players + 1));
      return upTo(ROOMS, most).map((rooms) => ({
        x: rooms,
        options: { scenario: 'echo', rooms, players, hz: 20 },
      }));
    },
    xAxis: (points) => ({ label: 'rooms', log: true, ticks: roundOnes(points) }),
    panels: (points) => [
      {
        label: 'latency, ms',
        log: true,
        series: [
          curve('p50', points, ({ p50 }) => p50 / 1000),
          curve('p99', points, ({ p99 }) => p99 / 1000),
        ],
      },
      {
        label: 'CPU per message, µs',
        series: [curve('CPU', points, ({ cpuPerMessage }) => cpuPerMessage)],
      },
      {
        label: 'share, %',
        series: [
          curve('of the relay’s core', points, ({ serverShare }) => serverShare * 100),
          curve('of the generator’s', points, ({ generatorShare }) => generatorShare * 100),
          curve('of turns kept', points, turnsKept),
        ],
      },
    ],
  };
}
