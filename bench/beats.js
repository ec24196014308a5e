import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Nodes } from './cluster/nodes.js';
import { cpuOf } from './generator/process-stats.js';
import { answerHelp } from './harness/help.js';
import { machine, machineLine } from './harness/machine.js';

const HELP = `usage: node bench/beats.js

Measures what it costs to be one of many relays of a cluster that have nothing to do: each relay tells all
others every half second that it is running. One relay is real (as built in dist/), the others are
connections to NATS that publish the same. Processor time of the relay and of nats-server, in percent of
a core. Needs nats-server (scripts/install-nats, or set NATS_SERVER). Takes a minute. There are no options.
`;

const SIZES = [3, 100, 400];
const INTERVAL = 500;
const SETTLING = 3000;
const MEASURING = 8000;
const CLUSTER = 'bench';

answerHelp(HELP);
const nodes = await Nodes.start(['real'], { flags: ['--cluster-name', CLUSTER] });
const { port } = new URL(nodes.nats.url);
const [real] = nodes.all;
const others = [];
console.log(`${machineLine(machine())}\n`);
console.log(
  '| relays | CPU of a relay | CPU of nats-server | messages per second | bytes per second |',
);
console.log('|---:|---:|---:|---:|---:|');
for (const size of SIZES) {
  while (others.length < size - 1) others.push(await pretend(others.length));
  await real.ready(size - 1);
  await sleep(SETTLING);
  const before = await figures();
  await sleep(MEASURING);
  const after = await figures();
  const rate = (name) => (after[name] - before[name]) / ((after.at - before.at) / 1000);
  const percent = (name) => `${(rate(name) * 100).toFixed(1)} %`;
  const cells = [
    size,
    percent('relay'),
    percent('server'),
    Math.round(rate('messages')),
    `${(rate('bytes') / 1e6).toFixed(2)} MB`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
await nodes.stop();
process.exit();

async function figures() {
  const { messages, bytes } = await nodes.nats.traffic();
  const total = ({ user, system }) => user + system;
  const [relay, server] = [real.pid, nodes.nats.pid].map((pid) => total(cpuOf(pid)));
  return { at: performance.now(), messages, bytes, relay, server };
}

/** A connection that says what a relay says, and receives what all others say. */
async function pretend(number) {
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.resume();
  const subject = `lr.${CLUSTER}.beat`;
  socket.write(`CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${subject} 1\r\n`);
  const say = () => {
    const beat = JSON.stringify({
      run: `run-${number}`.padEnd(12, 'x'),
      node: `relay-${number}`,
      url: `wss://relay-${number}.example.org`,
      rooms: 1000,
      load: 0.5,
      isDraining: false,
      clock: performance.now(),
      version: 1,
    });
    socket.write(`PUB ${subject} ${Buffer.byteLength(beat)}\r\n${beat}\r\n`);
  };
  // Not all of them at the same moment.
  setTimeout(() => setInterval(say, INTERVAL), Math.random() * INTERVAL);
  return socket;
}
