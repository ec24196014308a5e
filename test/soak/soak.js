// Runs many rooms for a long time over faulty connections, and verifies every message.
//
//   node test/soak/soak.js --minutes 15 [--rooms 200] [--players 8] [--rate 1500] [--seed S]
//                          [--max-wait 1000] [--workers 1] [--nodes 1] [-- flags of the relay]
//
// A tenth of the rooms connect directly to the relay and must not be affected. With several nodes, relays are a
// cluster: hosts and players are at any of them. From time to time, a nats-server is killed, and relays stand
// still, are killed, or end by SIGTERM and are started again. There are rooms that must outlive all that, for
// which `--parties` and `--sdk-rooms` give the number.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { readNumbers } from './arguments.js';
import { Crowd } from './crowd.js';
import { LastingRooms } from './lasting-rooms.js';
import { NodeFaults } from './node-faults.js';
import { Nodes } from './nodes.js';
import { anySeed } from './random.js';
import { slope, thirds } from './trend.js';

const { numbers, rest: relayFlags } = readNumbers({
  minutes: 1,
  rooms: 200,
  players: 8,
  rate: 1500,
  seed: anySeed(),
  'max-wait': 1000,
  workers: 1,
  nodes: 1,
  parties: 10,
  'sdk-rooms': 6,
});
const { minutes, rooms, players, rate, seed, workers } = numbers;
const isCluster = numbers.nodes > 1;

const CONTROLS = 0.1;
/** The first session number of the rooms without faults, so that numbers are unique. */
const FIRST_CONTROL = 2 ** 31;

const SAMPLE_EVERY = 3_000;
/** How long memory may grow to what the load needs, in milliseconds. */
const WARM_UP = Math.min(60_000, minutes * 20_000);

/** Metrics that must be 0 when all clients have disconnected. */
const NOTHING_LEFT = [
  'lobby_relay_rooms',
  'lobby_relay_connections{role="host"}',
  'lobby_relay_connections{role="player"}',
  'lobby_relay_backlog_bytes',
  'lobby_relay_paused_connections',
  ...(isCluster
    ? [
        'lobby_relay_away{role="host"}',
        'lobby_relay_away{role="player"}',
        'lobby_relay_kept_bytes',
        'lobby_relay_cluster_link_bytes',
        'lobby_relay_cluster_clients{end="edge"}',
        'lobby_relay_cluster_clients{end="home"}',
      ]
    : []),
];
/** Open files may be a few more than before: connections that ask for metrics. */
const OPEN_FILES = 'process_open_fds';
const MORE_FILES = 4 * numbers.nodes;
const EMPTY_TIME = 4_000;
const STOP_TIME = 4_000;
/** How long the end of all rooms may take, in milliseconds. */
const END_TIME = 20_000;

/** How long further violations are collected after the first one, in milliseconds. */
const GATHER_TIME = 500;
const MAX_REASONS = 5;

/** @type {string[]} */
const reasons = [];
const failed = new AbortController();

/** @param {string} reason */
function violation(reason) {
  if (reasons.length < MAX_REASONS) reasons.push(reason);
  failed.abort();
}

/**
 * Adds a fault of the relay before other violations, because it may be their cause.
 *
 * @param {string} reason
 */
function relayViolation(reason) {
  reasons.unshift(reason);
  reasons.length = Math.min(reasons.length, MAX_REASONS);
  failed.abort();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

console.log(
  `soak: ${rooms} rooms of ${players}, ${numbers.nodes} nodes, ${workers} workers, ${minutes} min, --seed ${seed}`,
);
const nodes = await Nodes.start({
  nodes: numbers.nodes,
  seed,
  flags: isCluster ? relayFlags : ['--workers', `${workers}`, ...relayFlags],
  violation: relayViolation,
});
const filesBefore = (await nodes.metrics()).get(OPEN_FILES) ?? 0;
const lines = nodes.all.map(({ line }) => line);
const nodeFaults = new NodeFaults(nodes, seed);
const controlRooms = Math.max(1, Math.round(rooms * CONTROLS));
const shared = { players, seed, violation };
const crowd = new Crowd({
  ...shared,
  lines,
  ...(isCluster && { disturbances: nodes.disturbances }),
  rooms: rooms - controlRooms,
  rate: (rate * (rooms - controlRooms)) / rooms,
  firstSession: 1,
});
const controls = new Worker(new URL('./controls.js', import.meta.url), {
  workerData: {
    players,
    seed,
    port: nodes.first.relay.port,
    rooms: controlRooms,
    rate: (rate * controlRooms) / rooms,
    firstSession: FIRST_CONTROL,
    maxWait: numbers['max-wait'],
    relayProcesses: nodes.first.relay.processes,
  },
});
/** @type {import('./controls.js').ControlsReport | undefined} */
let controlsReport;
controls.on('error', (error) => violation(`controls: ${error.stack}`));
controls.on('message', ({ event, detail }) => {
  if (event === 'violation') violation(detail);
  else controls.emit(event, detail);
});
const lasting = isCluster
  ? new LastingRooms({ ...shared, lines, parties: numbers.parties, sdkRooms: numbers['sdk-rooms'] })
  : undefined;
const memory = {
  rss: /** @type {Sample[]} */ ([]),
  heap: /** @type {Sample[]} */ ([]),
  external: /** @type {Sample[]} */ ([]),
};
let worstLag = 0;
/** @typedef {import('./trend.js').Sample} Sample */

const started = performance.now();
const deadline = AbortSignal.timeout(minutes * 60_000 + END_TIME);
deadline.addEventListener('abort', () => violation('the soak does not end'));
crowd.start();
void lasting?.start().then(() => nodeFaults.mayEndRelays());
await watch();
if (!failed.signal.aborted) await comeToAnEnd();
if (failed.signal.aborted) await setTimeout(GATHER_TIME);
const found = [...reasons];
await nodeFaults.end();
for (const exit of await nodes.stop(STOP_TIME)) {
  if (exit !== 0) found.push(`a relay exits with ${exit} on SIGTERM`);
}
report();
process.exit(found.length === 0 ? 0 : 1);

/** Takes samples until the time is over or there is a violation. */
async function watch() {
  const end = started + minutes * 60_000;
  while (performance.now() < end && !failed.signal.aborted) {
    const wait = Math.min(SAMPLE_EVERY, end - performance.now());
    await setTimeout(wait, undefined, { signal: failed.signal }).catch(() => {});
    if (!failed.signal.aborted) await sample();
  }
}

async function sample() {
  // One that does not run does not answer.
  if (nodes.all.some(({ wasStopped }) => wasStopped)) return;
  const metrics = await nodes.metrics().catch((error) => {
    violation(`/metrics: ${error} ${error.cause ?? ''}`);
    return new Map();
  });
  const read = (/** @type {string} */ name) => {
    const value = metrics.get(name);
    if (value === undefined) violation(`/metrics has no ${name}`);
    return value ?? 0;
  };
  worstLag = Math.max(worstLag, read('lobby_relay_event_loop_lag_seconds'));
  const minute = (performance.now() - started) / 60_000;
  if (minute * 60_000 < WARM_UP) return;
  const take = (/** @type {string} */ name) => ({ minute, value: read(name) });
  memory.rss.push(take('process_resident_memory_bytes'));
  memory.heap.push(take('nodejs_heap_size_used_bytes'));
  memory.external.push(take('nodejs_external_memory_bytes'));
}

/**
 * Waits until all messages have arrived and all rooms have ended, and checks that nothing is left.
 */
async function comeToAnEnd() {
  await nodeFaults.end();
  nodes.endFaults();
  await nodes.connected();
  await Promise.all([crowd.settle(), order('settle', 'settled'), lasting?.settle()]);
  const ends = [crowd.finish(), order('finish', 'finished'), lasting?.finish()];
  const [, [controlled]] = await Promise.all(ends);
  controlsReport = controlled;
  nodes.closeLines();
  await empty();
}

/**
 * @param {string} what
 * @param {string} answer
 */
function order(what, answer) {
  controls.postMessage(what);
  return once(controls, answer, { signal: deadline });
}

async function empty() {
  const until = performance.now() + EMPTY_TIME;
  for (;;) {
    const metrics = await nodes.metrics();
    const left = NOTHING_LEFT.filter((name) => metrics.get(name) !== 0);
    if ((metrics.get(OPEN_FILES) ?? 0) > filesBefore + MORE_FILES) left.push(OPEN_FILES);
    if (left.length === 0) return;
    if (performance.now() > until) {
      return violation(left.map((name) => `${name} is still ${metrics.get(name)}`).join(', '));
    }
    await setTimeout(100);
  }
}

function report() {
  const both = [crowd, ...(controlsReport ? [controlsReport] : [])];
  const sum = (/** @type {(crowd: Pick<Crowd, 'verified' | 'connections'>) => number} */ of) =>
    both.reduce((total, each) => total + of(each), 0);
  const { clients, nats } = nodes.faults;
  const ran = (performance.now() - started) / 60_000;
  const lines = [
    `ran ${ran.toFixed(1)} min; ${sum((c) => c.connections.hosts)} hosts, ${sum((c) => c.connections.players)} players connected, ${nodes.connections} through the proxy`,
    `faults: ${counts(clients)}`,
    ...(isCluster ? clusterReport(nats) : []),
    `verified: player→host ${sum((c) => c.verified.toHost)}, host→one ${sum((c) => c.verified.toOne)}, host→some ${sum((c) => c.verified.toSome)}, host→everybody ${sum((c) => c.verified.toEverybody)}`,
    `closes: ${both.map(({ closes }) => codes(closes)).join('; of controls: ')}`,
    ...latencies(),
    `relay's event loop: late by ${(worstLag * 1000).toFixed(1)} ms at most when it was checked`,
    ...Object.entries(memory).map(([name, samples]) => growth(name, samples)),
  ];
  for (const line of lines) console.log(`  ${line}`);
  for (const reason of found) console.log(`soak: FAILED (--seed ${seed}): ${reason}`);
  if (found.length === 0) console.log(`soak: passed (--seed ${seed})`);
}

/** @param {Record<string, number>} natsFaults */
function clusterReport(natsFaults) {
  const { toHosts = 0, toPlayers = 0, sdk = 0 } = lasting?.verified ?? {};
  return [
    `faults of lines to NATS: ${counts(natsFaults)}; of processes: ${counts(nodeFaults.counts)}; seen by relays: ${counts(nodes.disturbances.counts)}`,
    `lasting rooms verified: to hosts ${toHosts}, to players ${toPlayers}, by the SDK ${sdk}; closes of parties: ${codes(lasting?.closes ?? {})}`,
  ];
}

/** @param {Record<string, number>} values */
function counts(values) {
  return Object.entries(values)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');
}

/** @param {Record<number, number>} closes */
function codes(closes) {
  return Object.entries(closes)
    .map(([code, count]) => `${code} ${count}×`)
    .join(', ');
}

function latencies() {
  if (controlsReport === undefined) return [];
  const { answers, latency, ownLatency, ownDelay, starved } = controlsReport;
  return [
    `controls: ${answers} round trips, median / 99 % / 99.9 % / worst ${inMilliseconds(latency)}; the measuring thread was late by ${ownDelay.toFixed(1)} ms at most`,
    `controls without waiting for a processor (${(starved / 1000).toFixed(1)} s in all): ${inMilliseconds(ownLatency)}`,
  ];
}

/** @param {Record<'median' | 'p99' | 'p999' | 'worst', number>} latency */
function inMilliseconds({ median, p99, p999, worst }) {
  return `${[median, p99, p999, worst].map((ms) => ms.toFixed(1)).join(' / ')} ms`;
}

/**
 * @param {string} name
 * @param {readonly Sample[]} samples
 */
function growth(name, samples) {
  const [first, last] = [samples[0]?.value ?? 0, samples.at(-1)?.value ?? 0];
  const medians = thirds(samples);
  return `${name}: ${mib(first)} → ${mib(last)} MiB, medians of first and last third ${mib(medians.first)} → ${mib(medians.last)} MiB, slope ${(slope(samples) / 1024).toFixed(0)} KiB/min (${samples.length} samples)`;
}

/** @param {number} bytes */
function mib(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}
