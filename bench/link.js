import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startNats } from './cluster/nats.js';
import { cpuOf } from './generator/process-stats.js';
import { answerHelp } from './harness/help.js';
import { SCENARIOS } from './link/scenarios.js';

const HELP = `usage: node bench/link.js

Measures what a link between two relays costs over NATS on loopback, as built in dist/: processor time
per message of both ends and of nats-server. One process has only the clients, the other only the rooms,
without WebSockets and rooms. Every message is verified: its receiver, place, length and bytes. Needs
nats-server (scripts/install-nats, or set NATS_SERVER). Takes half a minute. There are no options.
`;

/** How long each scenario is measured, and runs before that, in milliseconds. */
const MEASURING = 3000;
const WARM_UP = 1500;

answerHelp(HELP);
const server = await startNats();
console.log(
  '| load | clients’ end | rooms’ end | both | nats-server | messages per batch | rate |',
);
console.log('|---|---:|---:|---:|---:|---:|---:|');
let failed = false;
for (const name of Object.keys(SCENARIOS)) {
  const { figures, faults } = await measure(name);
  console.log(figures);
  for (const fault of faults) console.log(`  FAULT: ${fault}`);
  failed ||= faults.length > 0;
}
process.exit(failed ? 1 : 0);

/** @param {string} name */
async function measure(name) {
  const { title, unit } = SCENARIOS[name];
  const ends = ['clients', 'rooms'].map((end) => startEnd(name, end));
  await Promise.all(ends.map(({ ready }) => ready));
  for (const { child } of ends) child.send('start');
  await pause(WARM_UP);
  const natsBefore = natsTime();
  const before = await Promise.all(ends.map(({ ask }) => ask('figures')));
  await pause(MEASURING);
  const after = await Promise.all(ends.map(({ ask }) => ask('figures')));
  const nats = natsTime() - natsBefore;
  const [clients, rooms] = await verify(ends);
  const received = after.map((each, i) => each.received - before[i].received);
  const messages = Math.max(...received);
  const micros = (cpu) => (cpu / messages).toFixed(2);
  const cpu = after.map((each, i) => each.cpu - before[i].cpu);
  const batches = after.reduce((sum, { batches }, i) => sum + batches - before[i].batches, 0);
  const rate = Math.round((messages / MEASURING) * 1000);
  const cells = [
    `${title}; per ${unit}`,
    micros(cpu[0]),
    micros(cpu[1]),
    `**${micros(cpu[0] + cpu[1])}**`,
    micros(nats),
    (messages / batches).toFixed(1),
    rateOf(after, before) ?? `${rate}/s`,
  ];
  return { figures: `| ${cells.join(' | ')} |`, faults: [...clients.faults, ...rooms.faults] };
}

/** The median of round trips, where one message is sent after the other. */
function rateOf(after) {
  const trips = after.flatMap(({ trips }) => trips).toSorted((a, b) => a - b);
  return trips.length === 0 ? undefined : `p50 ${trips[trips.length >> 1].toFixed(3)} ms`;
}

/** Stops sending, and compares what was sent and received. */
async function verify(ends) {
  const sent = await Promise.all(ends.map(({ ask }) => ask('stop')));
  const results = await Promise.all(ends.map(({ ask }, i) => ask('verify', sent[1 - i].sent)));
  for (const { child } of ends) child.kill();
  return results;
}

/**
 * @param {string} name
 * @param {string} end
 */
function startEnd(name, end) {
  const file = fileURLToPath(new URL('./link/end.js', import.meta.url));
  const child = fork(file, [name, end, server.url]);
  return {
    child,
    ready: once(child, 'message'),
    async ask(question, detail) {
      child.send(detail === undefined ? question : { question, detail });
      const [answer] = await once(child, 'message');
      return answer;
    },
  };
}

/** In microseconds; 0 where there is no /proc. */
function natsTime() {
  const { user, system } = cpuOf(server.pid) ?? { user: 0, system: 0 };
  return (user + system) * 1e6;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
