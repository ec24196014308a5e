// Tests all readers of external input with mutations of a corpus (test/fuzz/corpus/), and adds inputs
// that cause failures to the corpus.
//
//   node scripts/fuzz.js --seconds 20 [--seed S] [--longest BYTES]

import { Worker } from 'node:worker_threads';
import { KINDS } from '../test/fuzz/attacker.js';
import { addToCorpus } from '../test/fuzz/corpus.js';
import { FlightRecorder } from '../test/fuzz/flight-recorder.js';
import { READERS } from '../test/fuzz/readers.js';
import { readNumbers } from '../test/soak/arguments.js';
import { anySeed } from '../test/soak/random.js';

const { numbers } = readNumbers({ seconds: 20, seed: anySeed(), longest: 1024 * 1024 });
const { seconds, seed, longest } = numbers;

const READING = { file: 'fuzz-readers.js', kinds: READERS.map(({ kind }) => kind), recorded: 1 };
/** Several simultaneous connections, with several inputs each. */
const SOCKETS = { file: 'fuzz-sockets.js', kinds: KINDS.map(({ name }) => name), recorded: 16 };

/** Frames to the relay and to `ws`. The seed reproduces a stream that causes a difference. */
const RECEIVING = { file: 'fuzz-receiving.js', kinds: [], recorded: 1 };

/** A thread that is silent for this long, in milliseconds, is in an endless loop. */
const MAX_SILENCE = 20_000;
const LOOK_EVERY = 1_000;
const MAX_HEAP_MIB = 512;
/** How long each of several inputs is tried separately, to find the one that caused a failure. */
const ALONE_SECONDS = 1;
const SHOWN_BYTES = 256;

/** @typedef {{ kind: string; input: Uint8Array }} Input */
/** @typedef {{ reason: string; inputs: readonly Input[] }} Failure */

/**
 * @typedef {object} Success
 * @property {undefined} [reason]
 * @property {{ name: string; inputs: number; seconds: number; outcomes: number }[]} counts
 * @property {string} [note]
 */

console.log(`fuzz: ${seconds} s, --seed ${seed}`);
const runs = [READING, SOCKETS, RECEIVING].map((threads) => run(threads, { seconds }));
// The first failure ends all threads.
const failure = await Promise.race([
  ...runs.map((run) => run.then((result) => (isFailure(result) ? result : new Promise(() => {})))),
  Promise.all(runs).then(() => undefined),
]);
if (failure !== undefined) await reportFailure(failure);
else for (const result of await Promise.all(runs)) if (!isFailure(result)) report(result);
console.log(`fuzz: ${failure === undefined ? 'passed' : 'FAILED'} (--seed ${seed})`);
process.exit(failure === undefined ? 0 : 1);

/**
 * @param {typeof READING} thread
 * @param {{ seconds: number; only?: Input }} work
 * @returns {Promise<Success | Failure>}
 */
async function run({ file, kinds, recorded }, work) {
  const memory = FlightRecorder.memory(recorded, longest);
  const worker = new Worker(new URL(`../test/fuzz/${file}`, import.meta.url), {
    workerData: { seed, longest, memory, ...work },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  });
  /** @type {NodeJS.Timeout | undefined} */
  let looking;
  /** @type {Promise<Success | Failure>} */
  const result = new Promise((resolve) => {
    const failWithRecorded = (/** @type {string} */ reason) => {
      const { inputs } = new FlightRecorder(memory);
      resolve({
        reason,
        inputs: inputs.map(({ kind, input }) => ({ kind: kinds[kind] ?? '', input })),
      });
    };
    let lastProgress = performance.now();
    looking = setInterval(() => {
      if (performance.now() - lastProgress > MAX_SILENCE) failWithRecorded('takes for ever');
    }, LOOK_EVERY);
    worker.on('error', (error) => failWithRecorded(error.stack ?? String(error)));
    worker.on('message', ({ event, ...detail }) => {
      lastProgress = performance.now();
      if (event !== 'alive') resolve(detail);
    });
  });
  await result;
  clearInterval(looking);
  await worker.terminate();
  return result;
}

/**
 * @param {Success | Failure} result
 * @returns {result is Failure}
 */
function isFailure(result) {
  return result.reason !== undefined;
}

/** @param {Success} success */
function report({ counts, note }) {
  for (const { name, inputs, seconds, outcomes } of counts) {
    const rate = Math.round(inputs / Math.max(seconds, 0.001));
    console.log(`  ${name}: ${inputs} inputs, ${rate} a second, ${outcomes} kinds of outcome`);
  }
  if (note) console.log(`  ${note}`);
}

/** @param {Failure} failure */
async function reportFailure({ reason, inputs }) {
  console.log(`  ${reason}`);
  for (const { kind, input } of await guilty(inputs)) {
    const hex = Buffer.from(input.subarray(0, SHOWN_BYTES)).toString('hex');
    const rest = input.length > SHOWN_BYTES ? `… (${input.length} bytes)` : '';
    console.log(`  ${kind}: ${hex}${rest}`);
    console.log(`  saved as ${addToCorpus(kind, input, reason)}`);
  }
}

/**
 * Of several inputs, the one that causes a failure alone; all of them if none does.
 *
 * @param {readonly Input[]} inputs
 */
async function guilty(inputs) {
  if (inputs.length === 1) return inputs;
  for (const only of inputs) {
    if (isFailure(await run(SOCKETS, { seconds: ALONE_SECONDS, only }))) return [only];
  }
  return inputs;
}
