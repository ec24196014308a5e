import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Nodes } from './cluster/nodes.js';
import { machine, machineLine } from './harness/machine.js';

const HELP = `usage: node bench/rolling.js [options]

Replaces the relays of a cluster one after the other under load: SIGTERM, a new start with the same name,
and /ready. Three relays (as built in dist/), a nats-server, and rooms of the SDK in two processes, each
with a TCP balancer that takes a relay after the other, so that two thirds of the players are in rooms of
other relays. Each client has an address of its own, as behind a proxy. Every message has to arrive exactly once and in order. Needs nats-server
(scripts/install-nats, or set NATS_SERVER). Exits with 1 if anything is lost, doubled or reordered, or a
seat does not come back. Takes a minute.

  --rooms N     number of rooms (200)
  --players N   players of each room (8)
  --rate R      messages per second of each player, and of each host to all its players (2)
`;

/** How long the load runs before and between restarts, in milliseconds. */
const PAUSE = 3000;

/** How long it may take until everybody is back, and until everything has arrived, in milliseconds. */
const TOO_LONG = 60_000;

const PROCESSES = 2;
const NAMES = ['one', 'two', 'three'];

const { values } = parseArgs({
  options: {
    rooms: { type: 'string', default: '200' },
    players: { type: 'string', default: '8' },
    rate: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const [rooms, players, rate] = [values.rooms, values.players, values.rate].map(Number);
const seats = rooms * players;

const nodes = await Nodes.start(NAMES, { flags: ['--trust-proxy', 'loopback'] });
const { version } = await nodes.nats.traffic();
console.log(`${machineLine(machine())} · nats-server ${version}\n`);
const openedAt = performance.now();
const children = await Promise.all(Array.from({ length: PROCESSES }, startGames));
console.log(`${rooms} rooms of ${players} opened in ${since(openedAt)}\n`);
console.log('| relay | ended after | ready after | everybody back after | longest gap | seats |');
console.log('|---|---:|---:|---:|---:|---:|');
let isWhole = true;
await sleep(PAUSE);
for (const node of nodes.all) await replace(node);
const ends = await Promise.all(children.map((child) => ask(child, 'end', TOO_LONG)));
await nodes.stop();
report();

async function replace(node) {
  await Promise.all(children.map((child) => ask(child, 'begin')));
  const start = performance.now();
  await node.stop('SIGTERM');
  const ended = since(start);
  await node.start();
  await nodes.ready();
  const ready = since(start);
  const states = await Promise.all(children.map((child) => ask(child, 'goOn', TOO_LONG)));
  const sum = (name) => states.reduce((total, state) => total + state[name], 0);
  const gap = Math.max(...states.map(({ longestGap }) => longestGap));
  const isBack = sum('seats') === seats && sum('hosts') === rooms && sum('rooms') === rooms;
  isWhole &&= isBack;
  const cells = [
    node.name,
    ended,
    ready,
    since(start),
    `${(gap / 1000).toFixed(1)} s`,
    `${sum('seats')} of ${seats}, ${sum('hosts')} of ${rooms} hosts`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
  await sleep(PAUSE);
}

function report() {
  const total = (name) => ends.reduce((sum, { counts }) => sum + counts[name], 0);
  const [heard, lost, doubled, reordered, newSeats] = [
    'heard',
    'lost',
    'doubled',
    'reordered',
    'newSeats',
  ].map(total);
  const faultCount = ends.reduce((sum, end) => sum + end.faultCount, 0);
  console.log(
    `\n${heard} messages: ${lost} lost, ${doubled} doubled, ${reordered} reordered; ${newSeats} players with another seat`,
  );
  for (const fault of ends.flatMap(({ faults }) => faults)) console.log(`FAULT: ${fault}`);
  const isRight = isWhole && lost + doubled + reordered + newSeats + faultCount === 0;
  process.exit(isRight ? 0 : 1);
}

async function startGames() {
  const file = fileURLToPath(new URL('./cluster/games.js', import.meta.url));
  const options = { ports: nodes.ports, rooms: rooms / PROCESSES, players, interval: 1000 / rate };
  const child = fork(file, [JSON.stringify(options)]);
  child.once('exit', (code) => {
    if (code !== null && code !== 0) throw new Error(`the games ended with ${code}`);
  });
  await once(child, 'message');
  return child;
}

async function ask(child, question, timeout) {
  child.send({ question, timeout });
  const [answer] = await once(child, 'message');
  return answer;
}

function since(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
