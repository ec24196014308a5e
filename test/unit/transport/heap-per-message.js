import { Buffer } from 'node:buffer';
import { GCProfiler } from 'node:v8';
import { encode } from 'cbor-x';
import { HostConnection } from '../../../dist/dialects/wmbp/host-connection.js';
import { PlayerConnection } from '../../../dist/dialects/wmbp/player-connection.js';
import { Rooms } from '../../../dist/rooms/rooms.js';
import { FlushCycle } from '../../../dist/transport/flush-cycle.js';
import { ServerWebSocket } from '../../../dist/transport/server-web-socket.js';

/*
 * Prints how many bytes of heap one message costs: `up`, from a player to the host, and `down`,
 * each delivery of a broadcast. Runs in a separate process for `cost.test.ts`, so that nothing else
 * allocates at the same time. With `--wasteful`, each costs one more object and closure.
 */

const PLAYERS = 100;
const ROUNDS = 9;

/** Messages in each round: so many that the allocation of memory in pages does not matter. */
const TURNS = 20;

/** Messages of one connection in a turn: few enough that it never waits for others. */
const PER_TURN = 10;

// A fixed clock, so that no connection uses up its share of a turn.
performance.now = () => 1;

const wasteful = process.argv.includes('--wasteful');
const lobby = makeLobby();
const text = Buffer.alloc(64, 'x');
const toAll = Buffer.from(encode({ cmd: 'to', to: [], data: text }));

const result = {
  up: await heapPerMessage(text, (message) => {
    for (const player of lobby.players) player.says(message, false);
  }),
  down: await heapPerMessage(toAll, (message) => lobby.host.says(message, true)),
};
console.log(JSON.stringify(result));

/** The median of several rounds: in some of them, other objects are allocated, too. */
async function heapPerMessage(message, say) {
  const rounds = [];
  while (rounds.length < ROUNDS) {
    // The relay owns the memory of a message.
    const messages = Array.from({ length: TURNS * PER_TURN }, () => Buffer.from(message));
    globalThis.gc();
    const collections = new GCProfiler();
    collections.start();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < TURNS; i++) {
      for (let j = 0; j < PER_TURN; j++) say(messages.pop());
      await new Promise((resolve) => setImmediate(resolve));
    }
    const grown = process.memoryUsage().heapUsed - before;
    if (collections.stop().statistics.length > 0) throw new Error('something was collected');
    rounds.push(grown / (TURNS * PLAYERS * PER_TURN));
  }
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1];
}

function makeLobby() {
  const limits = { maxPlayers: PLAYERS, maxRooms: 1, maxHold: 0, keep: 0, hostBacklog: 0 };
  const rooms = new Rooms(limits);
  const fault = (error) => {
    throw error;
  };
  const context = { cycle: new FlushCycle(), stall: 1e6, ping: 0, fault, ended() {}, gone() {} };
  const hostLimits = { hostBacklog: 1 << 20, commandErrors: 0, prepareTimeout: 0 };
  const playerLimits = { playerBacklog: 1 << 20, playerMessages: 0, playerBytes: 0 };
  const format = { format: 'cbor', bytes: true };
  const host = connect(
    context,
    (link) => new HostConnection(link, format, { opener: rooms, limits: hostLimits }),
  );
  host.says(encode({ cmd: 'prepare', max_players: PLAYERS }), true);
  const [room] = rooms.all;
  const players = Array.from({ length: PLAYERS }, () =>
    connect(context, (link) => {
      const player = wasting(new PlayerConnection(link, playerLimits));
      player.join(room);
    }),
  );
  return { host, players };
}

function connect(context, serve) {
  const socket = nowhere();
  const bounds = { maxMessage: 1 << 20, closeTimeout: 1000 };
  const webSocket = new ServerWebSocket(socket, bounds, context.cycle);
  serve({ webSocket, socket, address: '192.0.2.1', context });
  return { says: (message, binary) => webSocket.message(message, binary) };
}

/** A socket whose kernel accepts everything, and which stores nothing. */
function nowhere() {
  return {
    writable: true,
    writableLength: 0,
    bytesRead: 0,
    write() {},
    cork() {},
    uncork() {},
    on() {},
    setTimeout() {},
  };
}

/** Additional allocations, as careless code on the payload path could have. */
function wasting(player) {
  if (!wasteful) return player;
  const { send, received } = player;
  const run = (action) => action();
  player.send = (payload) => {
    const entry = { payload, at: 0 };
    run(() => send.call(player, entry.payload));
  };
  player.received = (bytes, binary) => {
    const entry = { bytes, binary };
    run(() => received.call(player, entry.bytes, entry.binary));
  };
  return player;
}
