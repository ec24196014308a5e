import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine, machineLine } from './harness/machine.js';
import { median } from './harness/measure.js';
import { generate, startServer } from './harness/processes.js';
import { SCENARIOS } from './harness/scenarios.js';
import { lobbyRelay } from './harness/servers.js';

const HELP = `usage: node bench/workers.js [options]

Measures what messages cost with two workers (--workers 2), compared with one process, in turn: processor
time of all processes together. The relay, as built in dist/, and the generator share all cores. Every
message is verified. Only on Linux. Takes 4 minutes.

  --rounds N     number of rounds (3)
  --seconds S    duration of each measurement, after a warm-up of half of it (6)
`;

const LOADS = {
  'player → host, 64 B text, 8 messages of each player on their way': SCENARIOS.up.options,
  'the same, 32 messages of each player': { ...SCENARIOS.up.options, window: 32 },
  'host → 8 players, 64 B text': SCENARIOS.fan8.options,
};

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const seconds = Number(values.seconds);
let failed = false;
console.log(`${machineLine(machine())}\n`);
console.log('| messages per CPU-second | one process | two workers | ratio (rounds) |');
console.log('|---|---:|---:|---:|');
for (const [title, load] of Object.entries(LOADS)) await compare(title, load);
process.exit(failed ? 1 : 0);

async function compare(title, load) {
  const [ones, twos] = [[], []];
  for (let i = 0; i < Number(values.rounds); i++) {
    ones.push(await measure(title, load, 1));
    twos.push(await measure(title, load, 2));
  }
  const ratios = twos.map((two, i) => two / ones[i]).toSorted((a, b) => a - b);
  const ratio = median(twos) / median(ones);
  const range = `${ratios[0].toFixed(2)}–${ratios.at(-1).toFixed(2)}`;
  const [one, two] = [ones, twos].map((rates) => Math.round(median(rates)).toLocaleString('en'));
  console.log(`| ${title} | ${one} | ${two} | **${ratio.toFixed(2)}** (${range}) |`);
}

/** The messages per second of processor time. */
async function measure(title, load, workers) {
  const relay = lobbyRelay();
  const command = (port) => [...relay.command(port), '--workers', `${workers}`];
  const running = await startServer({ ...relay, command });
  const options = { ...load, seconds, warm: seconds / 2, others: childrenOf(running.pid).join() };
  const args = Object.entries(options).flatMap(([name, value]) =>
    value === '' ? [] : [`--${name}`, `${value}`],
  );
  try {
    const figures = await generate(running, args);
    if (figures.failure !== undefined) {
      failed = true;
      console.log(`FAILED: ${title}, ${workers} workers: ${figures.failure}`);
    }
    const { messages, others = [], serverSystem, serverUser } = figures;
    return messages / others.reduce((sum, time) => sum + time, serverUser + serverSystem);
  } finally {
    await running.stop();
  }
}

/** @param {number} pid */
function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
}
