import { writeFileSync } from 'node:fs';
import { readArguments } from './harness/arguments.js';
import { machine, machineLine, pinnedCores } from './harness/machine.js';
import { measure } from './harness/measure.js';
import { connectionLimit } from './harness/processes.js';
import { generatorWasBusy, markdown, ratioOf } from './harness/report.js';
import { affordable, SCENARIOS } from './harness/scenarios.js';

/** `--quick` uses a tenth of the rooms for joins. */
const QUICK_ROOMS = 125;

const options = readArguments();
const cores = pinnedCores();
const connections = connectionLimit();
const notes =
  cores === undefined ? ['relay and generator share a core: two are not available'] : [];

const where = machine();
console.log(`${machineLine(where)}\n`);
const results = [];
const failures = [];
for (const name of options.scenarios) results.push(await run(name));

console.log(markdown(results, namesOf(options.servers)));
if (generatorWasBusy(results)) notes.push('⚠ the generator was busy: the relay may be faster');
for (const note of notes) console.log(`\n${note}`);
if (options.json !== undefined) writeFileSync(options.json, json());
for (const failure of failures) console.error(`FAILED ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** Measures all servers in turn, round by round. */
async function run(name) {
  const scenario = SCENARIOS[name];
  const settings = settingsFor(name, scenario);
  const servers = options.servers.filter(({ dialect, speaks = [] }) =>
    [dialect, ...speaks].some((each) => scenario.dialects.includes(each)),
  );
  const rounds = [];
  for (let i = 1; i <= options.rounds; i++) {
    const round = {};
    for (const server of servers) {
      const label = `${name}, round ${i}, ${server.name}`;
      progress(label);
      const figures = await measure(server, settings, cores).catch(({ message }) => ({
        failure: message,
      }));
      if (figures.failure !== undefined) failures.push(`${label}: ${figures.failure}`);
      round[server.name] = figures;
    }
    rounds.push(round);
  }
  progress('');
  const { title, figures } = scenario;
  return { name, title, figures, settings, rounds };
}

function settingsFor(name, scenario) {
  const { seconds } = options;
  if (!scenario.idle) return { ...scenario.options, seconds, warm: seconds / 2 };
  const settings = affordable(scenario, connections);
  if (settings.rooms < scenario.options.rooms) {
    notes.push(`\`${name}\`: only ${settings.rooms} rooms, because of the file descriptor limit`);
  }
  return options.quick ? { ...settings, rooms: Math.min(QUICK_ROOMS, settings.rooms) } : settings;
}

function json() {
  const [own, ...others] = namesOf(options.servers);
  const scenarios = results.map(({ name, title, settings, figures, rounds }) => ({
    name,
    title,
    settings,
    ratios: Object.fromEntries(
      figures.map(({ figure }) => [
        figure,
        Object.fromEntries(others.map((other) => [other, ratioOf(rounds, figure, own, other)])),
      ]),
    ),
    rounds,
  }));
  const { seconds } = options;
  const command = ['npm', 'run', 'bench', '--', ...process.argv.slice(2)].join(' ');
  return `${JSON.stringify({ machine: where, command, seconds, cores, notes, failures, scenarios }, null, 2)}\n`;
}

function namesOf(servers) {
  return servers.map(({ name }) => name);
}

/** Progress, on a terminal. */
function progress(what) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
}
