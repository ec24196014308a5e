// A thread with a relay, a few connections that send random input, and two healthy rooms
// that must not be affected.

import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createRelay } from '../../dist/index.js';
import { Crowd } from '../soak/crowd.js';
import { Random } from '../soak/random.js';
import { starvation } from '../soak/starvation.js';
import { Attacker, KINDS } from './attacker.js';
import { FlightRecorder } from './flight-recorder.js';
import { Pool } from './pool.js';
import { TargetRoom } from './target-room.js';

const ATTACKERS = 4;
const HEALTHY = { rooms: 2, players: 3, rate: 300 };
/** The longest that a healthy room may wait for an answer, in milliseconds. */
const MAX_WAIT = 2_000;
const LOOK_EVERY = 500;
/** How long rooms and players may remain after all attackers have disconnected, in milliseconds. */
const EMPTY_TIME = 5_000;
/** The length of a round, in milliseconds. The next one starts when nothing is left of it. */
const ROUND = 2_000;

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { seed, seconds, longest, memory, only } = workerData;
const random = new Random(seed, KINDS.length);
const recorder = new FlightRecorder(memory);
const end = performance.now() + seconds * 1000;

/** @type {string | undefined} */
let reason;
/** @param {string} what */
function violation(what) {
  reason ??= what;
}

const logger = {
  debug() {},
  info() {},
  warn() {},
  /** @param {{ err?: unknown }} fault */
  error(fault) {
    const { err } = fault;
    violation(`the relay logs ${err instanceof Error ? err.stack : JSON.stringify(fault)}`);
  },
};
const relay = createRelay({ host: '127.0.0.1', port: 0, logger });
const address = await relay.listen();
const crowd = new Crowd({
  ...HEALTHY,
  lines: [{ port: address.port }],
  seed,
  firstSession: 1,
  starved: () => starvation(['self']),
  violation,
});
crowd.start();
const target = await TargetRoom.open(address.port, violation);
const looking = setInterval(() => {
  port.postMessage({ event: 'alive' });
  if (crowd.longestWait() > MAX_WAIT) violation('a healthy room waits');
}, LOOK_EVERY);

const courses = KINDS.map((kind, number) => {
  const pool = new Pool(kind.name, kind.tokens, { random, longest });
  return { kind, number, pool, inputs: 0 };
}).filter(({ kind }) => only === undefined || kind.name === only.kind);

const started = performance.now();
while (performance.now() < end && reason === undefined) {
  await Promise.all(Array.from({ length: ATTACKERS }, attack));
  await nothingIsLeft();
}
const took = (performance.now() - started) / 1000;
clearInterval(looking);
if (reason === undefined) {
  await crowd.settle();
  target.close();
  await crowd.finish();
}
if (reason === undefined) {
  const counts = courses.map(({ kind, inputs, pool }) => {
    return { name: kind.name, inputs, seconds: took, outcomes: pool.outcomes };
  });
  const { verified, roundTrips, ownRoundTrips } = crowd;
  const messages = Object.values(verified).reduce((sum, count) => sum + count, 0);
  port.postMessage({
    event: 'done',
    counts,
    note: `healthy rooms beside the sockets: ${messages} messages verified, ${roundTrips.count} round trips, the slowest ${(roundTrips.max / 1e3).toFixed(1)} ms, without waiting for a processor ${(ownRoundTrips.max / 1e3).toFixed(1)} ms`,
  });
} else {
  const inputs = recorder.inputs.map(({ kind, input }) => ({ kind: KINDS[kind]?.name, input }));
  port.postMessage({ event: 'failure', reason, inputs });
}
await relay.close();

/** Opens one connection after another until the round is over. */
async function attack() {
  const roundEnd = Math.min(end, performance.now() + ROUND);
  while (performance.now() < roundEnd && reason === undefined) {
    const course = random.pick(courses);
    const attacker = new Attacker({ port: address.port, code: target.code, random });
    const done = await attacker.attack(course.kind, () => {
      const input = only === undefined ? course.pool.next() : Buffer.from(only.input);
      recorder.record(course.number, input);
      course.inputs++;
      return input;
    });
    if (done.reason !== undefined) violation(`${course.kind.name}: ${done.reason}`);
    for (const { input, outcome } of done.learnt) course.pool.learn(input, outcome);
  }
}

/** Waits until the attackers' rooms and players are gone. */
async function nothingIsLeft() {
  const deadline = performance.now() + EMPTY_TIME;
  while (relay.rooms !== HEALTHY.rooms + 1 || target.players > 0) {
    if (performance.now() > deadline) {
      return violation(`${relay.rooms} rooms, ${target.players} players are left`);
    }
    await setTimeout(10);
  }
}
