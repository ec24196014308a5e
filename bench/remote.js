import { parseArgs } from 'node:util';
import { Nodes } from './cluster/nodes.js';
import { machine, machineLine, pinnedCores } from './harness/machine.js';
import { measure, median } from './harness/measure.js';
import { generate } from './harness/processes.js';
import { SCENARIOS } from './harness/scenarios.js';
import { lobbyRelay } from './harness/servers.js';

const HELP = `usage: node bench/remote.js [options]

Measures what players cost who are at another relay of a cluster than their room: processor time of both
relays and of nats-server, compared with a single relay, in turn. All hosts are at one relay, all players
at the other. Relays (as built in dist/) and nats-server share a core, the generator has another one.
Every message is verified. Needs nats-server (scripts/install-nats, or set NATS_SERVER). Takes 5 minutes.

  --only NAMES   scenarios, separated by commas: up, saturated, fan8, fan100, echo, echo-full, ping
  --rounds N     number of rounds (3)
  --seconds S    duration of each measurement, after a warm-up of half of it (4)
`;

const TITLES = {
  saturated: 'the same, always more messages than the relays can pass on',
  echo: '200 players at 20 Hz, echoed',
  'echo-full': '400 players at 20 Hz, echoed, which is all that a core can do for both relays',
};

/** Small messages, as most are. */
const LOADS = {
  up: SCENARIOS.up.options,
  saturated: { ...SCENARIOS.up.options, window: 64 },
  fan8: SCENARIOS.fan8.options,
  fan100: SCENARIOS.fan100.options,
  echo: { ...SCENARIOS.echo.options, rooms: 25 },
  'echo-full': SCENARIOS.echo.options,
  ping: SCENARIOS.ping.options,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(LOADS).join(',') },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const seconds = Number(values.seconds);
const cores = pinnedCores() ?? {};
let failed = false;
console.log(`${machineLine(machine())}\n`);
console.log(
  '| | one relay | home + edge | ratio (rounds) | home | edge | nats-server | bytes through NATS | p50, one relay | p50, two | p99, one relay | p99, two |',
);
console.log(`|---|${'---:|'.repeat(11)}`);
for (const name of values.only.split(',')) await compare(name);
process.exit(failed ? 1 : 0);

async function compare(name) {
  const options = { ...LOADS[name], seconds, warm: seconds / 2 };
  const [locals, remotes] = [[], []];
  for (let i = 0; i < Number(values.rounds); i++) {
    const local = await measure(lobbyRelay(), options, cores);
    locals.push({ ...local, cpu: local.cpuPerMessage });
    remotes.push(await measureRemote(options));
  }
  for (const { failure } of [...locals, ...remotes]) {
    if (failure === undefined) continue;
    failed = true;
    console.log(`FAILED: ${name}: ${failure}`);
  }
  const of = (runs, figure) => median(runs.map((run) => run[figure]));
  const ratios = remotes.map(({ cpu }, i) => cpu / locals[i].cpu).toSorted((a, b) => a - b);
  const ratio = of(remotes, 'cpu') / of(locals, 'cpu');
  const latency = (runs, figure) =>
    runs[0].p50 === undefined ? '' : `${(of(runs, figure) / 1000).toFixed(3)} ms`;
  const cells = [
    `\`${name}\` ${TITLES[name] ?? SCENARIOS[name].title}`,
    micros(of(locals, 'cpu')),
    micros(of(remotes, 'cpu')),
    `**${ratio.toFixed(2)}** (${ratios[0].toFixed(2)}–${ratios.at(-1).toFixed(2)})`,
    ...['home', 'edge', 'nats'].map((figure) => micros(of(remotes, figure))),
    `${Math.round(of(remotes, 'bytes'))} B`,
    ...['p50', 'p99'].flatMap((figure) => [latency(locals, figure), latency(remotes, figure)]),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

/** Hosts at one relay, players at the other. */
async function measureRemote(options) {
  const nodes = await Nodes.start(['home', 'edge'], { core: cores.server });
  const [home, edge] = nodes.all;
  const args = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, `${value}`],
  );
  args.push('--player-port', `${edge.port}`, '--others', `${edge.pid},${nodes.nats.pid}`);
  try {
    const watch = watchTraffic(nodes.nats);
    const figures = await generate(home, args, cores.generator);
    const bytesPerSecond = watch.end();
    const { serverUser, serverSystem, others, messages, rate } = figures;
    if (messages === undefined) return figures;
    const each = [serverUser + serverSystem, ...others].map((time) => (time / messages) * 1e6);
    const [ofHome, ofEdge, nats] = each;
    const bytes = bytesPerSecond / rate;
    return { ...figures, cpu: ofHome + ofEdge, home: ofHome, edge: ofEdge, nats, bytes };
  } finally {
    await nodes.stop();
  }
}

/** Bytes per second to and from nats-server: the median of all seconds with a load. */
function watchTraffic(nats) {
  const rates = [];
  let before;
  const timer = setInterval(async () => {
    const now = { at: performance.now(), ...(await nats.traffic()) };
    if (before !== undefined)
      rates.push((now.bytes - before.bytes) / ((now.at - before.at) / 1000));
    before = now;
  }, 500);
  return {
    end() {
      clearInterval(timer);
      const highest = Math.max(...rates);
      return median(rates.filter((rate) => rate > highest / 2));
    },
  };
}

function micros(value) {
  return `${value.toFixed(value < 10 ? 2 : 1)} µs`;
}
