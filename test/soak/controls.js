// Rooms without faults, in a separate thread, so that they wait only for the relay and not for the
// crowd in the main thread.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { Crowd } from './crowd.js';
import { starvation } from './starvation.js';

/** @typedef {Awaited<ReturnType<typeof report>>} ControlsReport */

const RESOLUTION = 10;
const LOOK_EVERY = 200;

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { maxWait, relayProcesses, port: relayPort, ...options } = workerData;
const starved = () => starvation([...relayProcesses, 'self']);
const crowd = new Crowd({
  ...options,
  lines: [{ port: relayPort }],
  starved,
  violation: (reason) => tell('violation', `control: ${reason}`),
});
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();
const starvedBefore = starved();
crowd.start();

const looking = setInterval(() => {
  const wait = crowd.longestWait();
  if (wait > maxWait) tell('violation', `control: an answer is due for ${Math.round(wait)} ms`);
}, LOOK_EVERY);

port.on('message', async (order) => {
  if (order === 'settle') {
    await crowd.settle();
    clearInterval(looking);
    tell('settled');
  } else {
    await crowd.finish();
    tell('finished', report());
    port.close();
  }
});

/**
 * @param {string} event
 * @param {unknown} [detail]
 */
function tell(event, detail) {
  port.postMessage({ event, detail });
}

function report() {
  const { roundTrips, ownRoundTrips, verified, connections, closes } = crowd;
  return {
    verified,
    connections,
    closes,
    answers: roundTrips.count,
    latency: percentiles(roundTrips),
    /** The same, minus the time in which the relay and this thread waited for a CPU. */
    ownLatency: percentiles(ownRoundTrips),
    /** The longest delay of this thread itself, in milliseconds. */
    ownDelay: Math.max(0, delay.max / 1e6 - RESOLUTION),
    /** How long the relay and this thread together waited for a CPU, in milliseconds. */
    starved: starved() - starvedBefore,
  };
}

/**
 * In milliseconds.
 *
 * @param {import('node:perf_hooks').RecordableHistogram} histogram
 */
function percentiles(histogram) {
  return {
    median: histogram.percentile(50) / 1e3,
    p99: histogram.percentile(99) / 1e3,
    p999: histogram.percentile(99.9) / 1e3,
    worst: histogram.max / 1e3,
  };
}
