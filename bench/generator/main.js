import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Bellhop } from './bellhop.js';
import { FrameWriter } from './frame-writer.js';
import { Lobby } from './lobby.js';
import { Messages } from './messages.js';
import { Poller } from './poller.js';
import { cpuOf, rssOf } from './process-stats.js';
import { Down } from './scenarios/down.js';
import { Echo } from './scenarios/echo.js';
import { Fan } from './scenarios/fan.js';
import { Ping } from './scenarios/ping.js';
import { runSignaling } from './scenarios/signaling.js';
import { Up } from './scenarios/up.js';
import { SocketIo } from './socket-io.js';
import { Tally } from './tally.js';
import { Turn } from './turn.js';
import { Watch } from './watch.js';
import { Wmbp } from './wmbp.js';
import { WmbpJson } from './wmbp-json.js';

/*
 * The load generator: plays all hosts and players of a run, verifies every message, and prints one
 * line of JSON. Its exit status is 1 if a message was lost or wrong.
 */

const SCENARIOS = { up: Up, down: Down, fan: Fan, echo: Echo, ping: Ping };

/** The longest time without a message while messages are in transit, in milliseconds. */
const SILENCE = 5000;

/** How long all messages in transit may take to arrive, in milliseconds. */
const DRAIN = 30_000;

/** How long to wait before the memory of an idle server is read, in milliseconds. */
const SETTLE = 1500;

const options = readOptions();
const tally = new Tally();
const messages = new Messages(options);
const turn = new Turn();
const lobby = new Lobby({
  context: {
    host: options.host,
    port: options.port,
    turn,
    tally,
    writer: new FrameWriter(messages),
  },
  dialect: dialectOf(options),
  messages,
  rooms: options.rooms,
  players: options.players,
  playerPort: options['player-port'] ?? options.port,
});

let figures = {};
try {
  figures = await run(options.scenario);
} catch (error) {
  tally.error(error.message);
}
const { lost, wrong, first } = tally;
process.stdout.write(`${JSON.stringify({ ...figures, lost, wrong, first })}\n`, () => {
  process.exit(tally.clean ? 0 : 1);
});

function dialectOf({ dialect, json, ...more }) {
  if (dialect === 'socket.io') return new SocketIo(messages);
  if (dialect === 'bellhop') return new Bellhop(messages);
  return json ? new WmbpJson(messages) : new Wmbp(messages, more);
}

function run(scenario) {
  if (scenario === 'idle') return idle();
  return scenario === 'signaling' ? runSignaling(options, tally) : load(SCENARIOS[scenario]);
}

/** Runs a scenario, and measures it after the warm-up. */
async function load(Scenario) {
  await lobby.openHosts();
  await lobby.openPlayers();
  await lobby.greet();
  const scenario = new Scenario(lobby, options);
  lobby.scenario = scenario;
  const poller =
    scenario.tick &&
    new Poller(turn, (now) => scenario.tick(now), { sleepless: options.sleepless });
  scenario.start();
  await sleep(options.warm * 1000);

  const watch = new Watch(options.pid, poller, options.others);
  const before = tally.verified;
  scenario.missed = 0;
  scenario.recording = true;
  await sleep(options.seconds * 1000);
  scenario.recording = false;
  const count = tally.verified - before;
  const seen = watch.end();

  scenario.stop();
  await drained(scenario);
  scenario.sendLast();
  await drained(scenario);
  poller?.stop();
  return {
    messages: count,
    rate: count / seen.seconds,
    missed: scenario.missed,
    ...seen,
    ...percentiles(scenario.latencies),
  };
}

/** Waits until all messages have arrived. */
async function drained(scenario) {
  const start = performance.now();
  let left = scenario.outstanding;
  let changedAt = start;
  while (left > 0) {
    await sleep(1);
    const now = performance.now();
    if (scenario.outstanding !== left) changedAt = now;
    left = scenario.outstanding;
    if (now - changedAt > SILENCE || now - start > DRAIN) break;
  }
  if (left > 0) tally.lose(left, 'never came');
}

/** In microseconds. */
function percentiles(latencies) {
  if (latencies === undefined || latencies.count === 0) return {};
  const at = (percent) => latencies.percentile(percent) / 1000;
  return { p50: at(50), p99: at(99), p999: at(99.9), max: latencies.max / 1000 };
}

/** All players join, and then send nothing. */
async function idle() {
  const empty = rssOf(options.pid) ?? 0;
  await lobby.openHosts();
  const watch = new Watch(options.pid);
  const joinSeconds = await lobby.openPlayers();
  const seen = watch.end();
  await sleep(SETTLE);
  const rss = rssOf(options.pid) ?? 0;
  const cpu = cpuOf(options.pid);
  await sleep(options.seconds * 1000);
  const after = cpuOf(options.pid);
  await lobby.greet();
  const connections = lobby.rooms.length + lobby.players.length;
  return {
    ...seen,
    seconds: joinSeconds,
    messages: lobby.players.length,
    rate: lobby.players.length / joinSeconds,
    connections,
    rss,
    rssPerConnection: (rss - empty) / connections,
    idleCpu: after && (after.user + after.system - cpu.user - cpu.system) / options.seconds,
  };
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', default: 'up' },
      dialect: { type: 'string', default: 'wmbp' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8081' },
      'player-port': { type: 'string' },
      pid: { type: 'string' },
      others: { type: 'string', default: '' },
      rooms: { type: 'string', default: '1' },
      players: { type: 'string', default: '8' },
      window: { type: 'string', default: '8' },
      size: { type: 'string', default: '64' },
      hz: { type: 'string', default: '20' },
      hold: { type: 'string', default: '0' },
      warm: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '3' },
      binary: { type: 'boolean', default: false },
      bytes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      sleepless: { type: 'boolean', default: false },
    },
  });
  const { scenario } = values;
  const known = [...Object.keys(SCENARIOS), 'idle', 'signaling'];
  if (!known.includes(scenario)) {
    throw new Error(`--scenario: expected one of ${known}`);
  }
  const numbers = [
    ...[
      'port',
      'player-port',
      'pid',
      'rooms',
      'players',
      'window',
      'size',
      'hz',
      'hold',
      'warm',
      'seconds',
    ],
  ];
  for (const name of numbers) {
    if (values[name] === undefined) continue;
    values[name] = Number(values[name]);
    if (!(values[name] >= 0)) throw new Error(`--${name}: expected a number`);
  }
  const others = values.others.split(',').filter((pid) => pid !== '');
  return { ...values, others: others.map(Number) };
}
