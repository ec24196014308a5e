import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/**
 * lobby-relay as a user runs it: metrics and backpressure are on, and what would throttle the load
 * is off.
 */
export function lobbyRelay(cli = path('../../dist/cli.js'), name = 'lobby-relay') {
  if (!existsSync(cli)) {
    console.error(`bench: there is no ${cli}; \`npm run build\` makes it`);
    process.exit(2);
  }
  return {
    name,
    dialect: 'wmbp',
    command: (port) => [
      cli,
      ...['--host', '127.0.0.1', '--port', String(port), '--log-level', 'warn'],
      ...['--player-messages', '0', '--player-bytes', '0', '--max-lag', '0'],
      ...['--max-rooms', '20000', '--max-players', '5000'],
    ],
  };
}

/** The same in rooms that wait for who is cut off, all of whose players have a seat key. */
const withHold = {
  ...lobbyRelay(undefined, 'with hold'),
  generator: ['--hold', '60'],
};

export const PEERS = {
  hold: withHold,
  naive: {
    name: 'naive',
    dialect: 'wmbp',
    command: (port) => [path('../peers/naive.js'), String(port)],
    // The obvious relay has `ws` and a codec, and not what ws unmasks faster with.
    env: { WS_NO_BUFFER_UTIL: '1' },
  },
  'socket.io': {
    name: 'socket.io',
    dialect: 'socket.io',
    command: (port) => [path('../peers/socket-io.js'), String(port)],
  },
};
