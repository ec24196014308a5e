// A thread that tests the readers in turn, for a slice of time each.

import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../soak/random.js';
import { FlightRecorder } from './flight-recorder.js';
import { Pool } from './pool.js';
import { READERS } from './readers.js';
import { shrink } from './shrink.js';

/** @typedef {import('./readers.js').Reader} Reader */

/** How long each reader is tested in turn, in milliseconds. */
const SLICE = 100;
/**
 * The longest time of one call, in milliseconds. Slow calls are repeated, because the machine may
 * be busy.
 */
const MAX_TIME = 250;
const TRIES = 3;

/** The memory of one in so many calls is measured: in total, and per byte of input. */
const MEASURE_EVERY = 64;
const MAX_ALLOCATED_PER_BYTE = 256;
const MAX_ALLOCATED = 8 * 1024 * 1024;

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { seed, seconds, longest, memory } = workerData;
const recorder = new FlightRecorder(memory);
const end = performance.now() + seconds * 1000;

const courses = READERS.map((reader, number) => {
  const random = new Random(seed, number);
  const pool = new Pool(reader.kind, reader.tokens, { random, longest: reader.longest ?? longest });
  return { reader, number, pool, calls: 0, time: 0 };
});

fuzz: while (performance.now() < end) {
  for (const course of courses) {
    const failure = slice(course);
    if (failure !== undefined) {
      port.postMessage({ event: 'failure', ...failure });
      break fuzz;
    }
  }
  port.postMessage({ event: 'alive' });
  await setImmediate();
}
port.postMessage({
  event: 'done',
  counts: courses.map(({ reader, calls, time, pool }) => ({
    name: reader.kind,
    inputs: calls,
    seconds: time / 1000,
    outcomes: pool.outcomes,
  })),
});

/** @param {(typeof courses)[number]} course */
function slice(course) {
  const { reader, number, pool } = course;
  const start = performance.now();
  let elapsed = 0;
  do {
    const input = pool.next();
    recorder.record(number, input);
    const { outcome, reason } = attempt(reader, input, course.calls++ % MEASURE_EVERY === 0);
    if (reason !== undefined) return failure(reader, input, reason);
    pool.learn(input, outcome);
    elapsed = performance.now() - start;
  } while (elapsed < SLICE);
  course.time += elapsed;
  return undefined;
}

/**
 * @param {Reader} reader
 * @param {Buffer} input
 * @param {boolean} measures whether to measure its memory
 * @returns {{ outcome: string; reason?: undefined } | { outcome?: undefined; reason: string }}
 */
function attempt(reader, input, measures) {
  try {
    const before = measures ? allocated() : 0;
    const start = performance.now();
    const result = reader.read(input);
    const time = performance.now() - start;
    const grown = measures ? allocated() - before : 0;
    if (grown > MAX_ALLOCATED + input.length * MAX_ALLOCATED_PER_BYTE) {
      return { reason: `allocates ${grown} bytes for ${input.length}` };
    }
    if (time > MAX_TIME && isSlow(reader, input)) return { reason: `takes ${Math.round(time)} ms` };
    return { outcome: reader.judge(input, result) };
  } catch (error) {
    return { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/**
 * @param {Reader} reader
 * @param {Buffer} input
 */
function isSlow(reader, input) {
  for (let tries = 1; tries < TRIES; tries++) {
    const start = performance.now();
    reader.read(input);
    if (performance.now() - start <= MAX_TIME) return false;
  }
  return true;
}

function allocated() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * @param {Reader} reader
 * @param {Buffer} input
 * @param {string} reason
 */
function failure(reader, input, reason) {
  const gist = (/** @type {string} */ text) => text.split('\n', 1)[0]?.replace(/\d+/g, '');
  const smallest = shrink(input, (smaller) => {
    const again = attempt(reader, smaller, true).reason;
    return again !== undefined && gist(again) === gist(reason);
  });
  return { inputs: [{ kind: reader.kind, input: smallest }], reason };
}
