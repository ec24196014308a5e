import { Buffer } from 'node:buffer';
import { GCProfiler } from 'node:v8';
import { encode } from 'cbor-x';
import { RoomRegistry } from '../../../dist/rooms/room-registry.js';
import { FlushCycle } from '../../../dist/transport/flush-cycle.js';
import { HostConnection } from '../../../dist/transport/host-connection.js';
import { OrderedWebSocket } from '../../../dist/transport/ordered-web-socket.js';
import { PlayerConnection } from '../../../dist/transport/player-connection.js';

/*
 * Prints how many bytes of heap one message costs: `up`, from a player to the host, and `down`,
 * each delivery of a broadcast. For `cost.test.ts`, in a process of its own: elsewhere, others
 * allocate at the same time. With `--wasteful` each costs an object and a closure more.
 */

const PLAYERS = 100;
const ROUNDS = 9;

/** In each round: so many that it does not matter that memory is handed out page by page. */
const TURNS = 20;

/** What one connection says in a turn: so little that it never has to leave off for others. */
const PER_TURN = 10;

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

/** The median of several rounds: in some of them, something else happens on the heap. */
async function heapPerMessage(message, say) {
  const rounds = [];
  while (rounds.length < ROUNDS) {
    // A message's memory is the relay's once it is said.
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
  let code;
  const opened = (given) => {
    code = given;
  };
  const rooms = new RoomRegistry(
    { maxPlayers: PLAYERS, maxRooms: 1, maxHold: 0, keep: 0, hostBacklog: 0 },
    { opened, ended() {}, hostAway() {} },
  );
  const fault = (error) => {
    throw error;
  };
  const context = { cycle: new FlushCycle(), stall: 1e6, ping: 0, fault, ended() {}, gone() {} };
  const hostLimits = { hostBacklog: 1 << 20, commandErrors: 0, prepareTimeout: 0 };
  const playerLimits = { playerBacklog: 1 << 20, playerMessages: 0, playerBytes: 0 };
  const host = connect(
    context,
    (link) =>
      new HostConnection(
        link,
        { format: 'cbor', bytes: true },
        (peer) => rooms.open(peer),
        hostLimits,
      ),
  );
  host.says(encode({ cmd: 'prepare', max_players: PLAYERS }), true);
  const players = Array.from({ length: PLAYERS }, () =>
    connect(context, (link) =>
      wasting(new PlayerConnection(link, (peer) => rooms.join(code, peer), playerLimits)),
    ),
  );
  return { host, players };
}

// Nothing here takes long: a turn without end is one turn.
performance.now = () => 0;

function connect(context, serve) {
  const webSocket = new OrderedWebSocket(null, undefined, {});
  serve({ webSocket, socket: nowhere(), address: '192.0.2.1', context });
  return { says: (message, binary) => webSocket.emit('message', message, binary) };
}

/** A socket whose kernel takes everything, and which keeps nothing. */
function nowhere() {
  return { writable: true, writableLength: 0, bytesRead: 0, write() {}, cork() {}, uncork() {} };
}

/** What somebody might add to the path of a message without a thought. */
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
