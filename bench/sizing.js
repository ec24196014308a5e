import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFigureOptions } from './harness/figure-options.js';
import { machine, machineLine, machineNote, pinnedCores } from './harness/machine.js';
import { measure, mediansOf } from './harness/measure.js';
import { connectionLimit } from './harness/processes.js';
import { lobbyRelay } from './harness/servers.js';
import { plot } from './plot.js';

const HELP = `usage: node bench/sizing.js [options]

Finds how many rooms of 8 players one core carries, where every player sends at 20 Hz and gets an
answer: at 60 % of the core, and up to the knee of the latency. Writes sizing.svg and sizing.json.

  --rounds N     how often each number of rooms is measured; medians count (3)
  --seconds S    how long each measurement takes, after a warm-up of half of it (4)
  --step N       increase of the number of rooms per step (50)
  --relay FILE   the lobby-relay to measure, by its dist/cli.js
  --out DIR      where to write (docs/performance)
`;

const PLAYERS = 8;
const HZ = 20;

/** The target load. The rest is for bursts and other processes. */
const SHARE = 0.6;

/** The knee: beyond it, p99 exceeds one frame at 60 Hz. */
const LATE = 1_000_000 / 60;

/** The search stops at this difference in rooms. */
const RESOLUTION = 10;

const options = readFigureOptions(HELP, { rounds: 3, seconds: 4, step: 50 });
const relay = lobbyRelay(options.relay);
const cores = pinnedCores();
const where = machine();
const most = Math.floor(connectionLimit() / (PLAYERS + 1));
const measured = new Map();
let failed = false;

console.log(`${machineLine(where)}\n`);
console.log(`| rooms | players | messages/s | CPU | p50 | p99 | missed | generator |`);
console.log(`| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |`);
const knee = await largest((point) => point.p99 <= LATE && point.missed === 0);
const sized = await largest((point) => point.serverShare <= SHARE);
const percent = SHARE * 100;
console.log(`\n${sized} rooms of ${PLAYERS} at ${HZ} Hz take at most ${percent} % of the core.`);
console.log(`p99 stays below ${(LATE / 1000).toFixed(1)} ms up to ${knee} rooms.`);
write();
process.exitCode = failed ? 1 : 0;

/** The largest number of rooms that passes: first in steps, then by bisection. */
async function largest(passes) {
  let passed = 0;
  let failed = most + 1;
  let failedInARow = 0;
  for (let rooms = options.step; rooms <= most && failedInARow < 2; rooms += options.step) {
    if (passes(await point(rooms))) {
      passed = rooms;
      failed = most + 1;
      failedInARow = 0;
    } else {
      if (failedInARow++ === 0) failed = rooms;
    }
  }
  while (failed - passed > RESOLUTION) {
    const middle = Math.round((passed + failed) / 2);
    if (passes(await point(middle))) passed = middle;
    else failed = middle;
  }
  return passed;
}

async function point(rooms) {
  const known = measured.get(rooms);
  if (known !== undefined) return known;
  const { seconds } = options;
  const load = { scenario: 'echo', rooms, players: PLAYERS, hz: HZ, seconds, warm: seconds / 2 };
  const runs = [];
  for (let i = 0; i < options.rounds; i++) {
    const run = await measure(relay, load, cores);
    if (run.failure === undefined) {
      runs.push(run);
    } else {
      failed = true;
      console.error(`${rooms} rooms: ${run.failure}`);
    }
  }
  // If every run has failed, the number does not pass.
  const nothing = {
    rate: 0,
    p50: Infinity,
    p99: Infinity,
    serverShare: Infinity,
    missed: Infinity,
  };
  const medians = runs.length === 0 ? nothing : mediansOf(runs);
  const result = { rooms, ...medians, runs };
  measured.set(rooms, result);
  console.log(row(result));
  return result;
}

function row({ rooms, rate, serverShare, p50, p99, missed, generatorShare }) {
  const percent = (share) => `${Math.round(share * 100)} %`;
  const ms = (us) => `${(us / 1000).toFixed(2)} ms`;
  const cells = [
    rooms,
    rooms * PLAYERS,
    Math.round(rate),
    percent(serverShare),
    ms(p50),
    ms(p99),
    missed,
    percent(generatorShare),
  ];
  return `| ${cells.join(' | ')} |`;
}

function write() {
  const points = [...measured.values()]
    .filter(({ runs }) => runs.length > 0)
    .sort((a, b) => a.rooms - b.rooms);
  const curve = (name, y) => ({ name, points: points.map((point) => [point.rooms, y(point)]) });
  const svg = plot({
    title: `Rooms of ${PLAYERS} on one core, every player at ${HZ} Hz, echoed`,
    note: machineNote(where),
    x: { label: 'rooms' },
    panels: [
      {
        label: 'latency, ms',
        log: true,
        series: [curve('p50', ({ p50 }) => p50 / 1000), curve('p99', ({ p99 }) => p99 / 1000)],
        marks: [{ at: LATE / 1000, label: `a frame at 60 Hz: up to ${knee} rooms` }],
      },
      {
        label: 'share of a core, %',
        series: [
          curve('relay', ({ serverShare }) => serverShare * 100),
          curve('generator', ({ generatorShare }) => generatorShare * 100),
        ],
        marks: [{ at: percent, label: `${percent} %: up to ${sized} rooms` }],
      },
    ],
  });
  const command = ['node', 'bench/sizing.js', ...process.argv.slice(2)].join(' ');
  const json = { machine: where, command, cores, sized, knee, points };
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, 'sizing.svg'), svg);
  writeFileSync(join(options.out, 'sizing.json'), `${JSON.stringify(json, null, 1)}\n`);
}
