import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERIES } from './growth-series.js';
import { readFigureOptions } from './harness/figure-options.js';
import { machine, machineLine, machineNote, pinnedCores } from './harness/machine.js';
import { measure, mediansOf } from './harness/measure.js';
import { connectionLimit } from './harness/processes.js';
import { lobbyRelay } from './harness/servers.js';
import { plot } from './plot.js';

const HELP = `usage: node bench/growth.js [options]

Measures how the cost of lobby-relay grows: ${Object.keys(SERIES).join(', ')}. Writes a plot (SVG) and its figures (JSON) for each.

  --only NAMES   with commas
  --rounds N     how often each point is measured; medians count (3)
  --seconds S    how long each measurement takes, after a warm-up of half of it (3)
  --relay FILE   the lobby-relay to measure, by its dist/cli.js
  --out DIR      where to write (docs/performance)
`;

const options = readFigureOptions(HELP, { rounds: 3, seconds: 3 }, ['only']);
const relay = lobbyRelay(options.relay);
const cores = pinnedCores();
const where = machine();
console.log(machineLine(where));
mkdirSync(options.out, { recursive: true });
let failed = false;
const names = options.only?.split(',') ?? Object.keys(SERIES);
for (const name of names) await draw(name, SERIES[name]);
process.exitCode = failed ? 1 : 0;

/** Measures a series round by round, so that a disturbance does not affect all rounds of a point. */
async function draw(name, series) {
  const points = series.points(connectionLimit()).map((point) => ({ ...point, runs: [] }));
  for (let round = 1; round <= options.rounds; round++) {
    for (const point of points) {
      const label = `${name} ${point.x}, round ${round}`;
      const run = await measure(relay, timed(point), cores);
      if (run.failure === undefined) point.runs.push(run);
      else failed = true;
      console.log(`${label}: ${run.failure ?? summary(run)}`);
    }
  }
  const measured = points
    .filter(({ runs }) => runs.length > 0)
    .map(({ x, variant, options, runs }) => ({ x, variant, options, ...mediansOf(runs), runs }));
  if (measured.length === 0) return;
  const { title, xAxis, panels } = series;
  const note = machineNote(where);
  const svg = plot({ title, note, x: xAxis(measured), panels: panels(measured) });
  const command = ['node', 'bench/growth.js', ...process.argv.slice(2)].join(' ');
  const json = { machine: where, command, cores, title, points: measured };
  writeFileSync(join(options.out, `${name}.svg`), svg);
  writeFileSync(join(options.out, `${name}.json`), `${JSON.stringify(json, null, 1)}\n`);
}

function timed({ options: { scenario, ...own } }) {
  const { seconds } = options;
  // Idle connections need no warm-up.
  return scenario === 'idle'
    ? { scenario, ...own, seconds }
    : { scenario, ...own, seconds, warm: seconds / 2 };
}

function summary(run) {
  const figures = ['rate', 'cpuPerMessage', 'p99', 'serverShare', 'generatorShare', 'rss'];
  return figures
    .filter((figure) => run[figure] !== undefined)
    .map((figure) => `${figure} ${Number(run[figure].toPrecision(4))}`)
    .join(', ');
}
