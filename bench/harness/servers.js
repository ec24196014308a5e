import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/**
 * lobby-relay with its defaults, including metrics and backpressure, but with limits that do not
 * throttle the load.
 */
export function lobbyRelay(cli = path('../../dist/cli.js'), name = 'lobby-relay') {
  if (!existsSync(cli)) {
    console.error(`bench: ${cli} does not exist: run \`npm run build\` first`);
    process.exit(2);
  }
  return {
    name,
    dialect: 'wmbp',
    speaks: ['signaling', 'json'],
    command: (port) => [
      cli,
      ...['--host', '127.0.0.1', '--port', String(port), '--log-level', 'warn'],
      ...['--player-messages', '0', '--player-bytes', '0', '--max-lag', '0'],
      ...['--max-rooms', '20000', '--max-players', '5000'],
    ],
  };
}

/** The same in rooms with a reconnect window, where all players have a seat key. */
const withHold = {
  ...lobbyRelay(undefined, 'with hold'),
  speaks: [],
  generator: ['--hold', '60'],
};

/** The same with clients of Bellhop. */
const bellhop = { ...lobbyRelay(undefined, 'bellhop'), dialect: 'bellhop', speaks: [] };

export const PEERS = {
  hold: withHold,
  bellhop,
  naive: {
    name: 'naive',
    dialect: 'wmbp',
    command: (port) => [path('../peers/naive.js'), String(port)],
    // A straightforward relay uses `ws` without its optional native unmasking.
    env: { WS_NO_BUFFER_UTIL: '1' },
  },
  'socket.io': {
    name: 'socket.io',
    dialect: 'socket.io',
    command: (port) => [path('../peers/socket-io.js'), String(port)],
  },
};
