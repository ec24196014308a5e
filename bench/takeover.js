import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Balancer } from './cluster/balancer.js';
import { Game } from './cluster/game.js';
import { Nodes } from './cluster/nodes.js';
import { machine, machineLine } from './harness/machine.js';

const HELP = `usage: node bench/takeover.js [--runs N]

Measures how long a room takes to go on at another relay of a cluster when its own is killed (kill -9).
Three relays (as built in dist/), a nats-server and TCP balancers that try the next relay when one
refuses; in each run, a host of the SDK at one relay and six players, two at each relay; each of the
seven says something 50 times per second, and every message has to arrive exactly once and in order.
Needs nats-server (scripts/install-nats, or set NATS_SERVER). Exits with 1 if anything is lost, doubled
or reordered. A run takes 4 s.

  --runs N   number of runs (50)
`;

const INTERVAL = 20;
const PLAYERS_PER_NODE = 2;

/** A room is written to NATS at most a second after a change. In milliseconds. */
const UNTIL_SAVED = 1500;

/** How long it may take until everybody has heard everybody, in milliseconds. */
const TOO_LONG = 60_000;

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const NAMES = ['one', 'two', 'three'];
const nodes = await Nodes.start(NAMES);
const { version } = await nodes.nats.traffic();
console.log(`${machineLine(machine())} · nats-server ${version}\n`);
const runs = [];
for (let i = 0; i < Number(values.runs); i++) {
  const run = await drill(i % NAMES.length);
  runs.push(run);
  const { hostBack, allHeard, heard, faults } = run;
  const faulty = faults.length === 0 ? '' : `  FAULTS: ${faults.join('; ')}`;
  console.log(
    `${i + 1}: host back after ${hostBack.toFixed(0)} ms, everybody heard after ${allHeard.toFixed(0)} ms, ${heard} messages${faulty}`,
  );
}
await nodes.stop();
report();

/** @param {number} at which relay has the room */
async function drill(at) {
  const home = nodes.all[at];
  const ports = [...nodes.ports.slice(at), ...nodes.ports.slice(0, at)];
  // Each relay is the first one of two players, and the balancer of the host tries the home first.
  const balancers = await Promise.all(
    ports.map((_, i) =>
      Balancer.start([...ports.slice(i), ...ports.slice(0, i)], { isFixed: true }),
    ),
  );
  const urls = balancers.map(({ url }) => url);
  const players = urls.flatMap((url) => Array(PLAYERS_PER_NODE).fill(url));
  const game = await Game.start({ host: urls[0], players, interval: INTERVAL });
  await sleep(UNTIL_SAVED);

  const killed = performance.now();
  const returned = game.hostReturns().then(() => performance.now() - killed);
  await home.stop('SIGKILL');
  const saidBefore = game.said;
  const goesOn = await game.whenHeard(saidBefore + 1, TOO_LONG);
  const allHeard = performance.now() - killed;
  const hostBack = goesOn ? await returned : Number.NaN;
  game.quieten();
  await game.whenHeard(game.said, TOO_LONG);
  const { heard, newSeats, ...counts } = game.counts;
  const faults = [...game.faults];
  for (const [what, count] of Object.entries(counts))
    if (count > 0) faults.push(`${count} ${what}`);
  if (newSeats > 0) faults.push(`${newSeats} players have another seat`);
  if (!goesOn) faults.push('the room does not go on');
  await game.stop();
  for (const balancer of balancers) balancer.close();
  await home.start();
  await nodes.ready();
  return { hostBack, allHeard, heard, faults };
}

function report() {
  console.log('\n| | median | p99 | at most |\n|---|---:|---:|---:|');
  row('the host has its room again', ({ hostBack }) => hostBack);
  row('everybody has heard everybody', ({ allHeard }) => allHeard);
  const faulty = runs.filter(({ faults }) => faults.length > 0).length;
  const heard = runs.reduce((sum, run) => sum + run.heard, 0);
  console.log(
    `\n${runs.length} runs, ${heard} messages; in ${faulty} runs, something was lost, doubled or reordered`,
  );
  process.exit(faulty === 0 ? 0 : 1);
}

function row(what, of) {
  const sorted = runs.map(of).toSorted((a, b) => a - b);
  const at = (share) => `${sorted[Math.ceil(sorted.length * share) - 1]?.toFixed(0)} ms`;
  console.log(`| ${what} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
}
