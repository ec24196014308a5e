import './young-generation.js';
import type { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { OptionError } from '../options/read.js';
import type { Start } from '../workers/messages.js';
import { type FromPrimary, Worker } from '../workers/worker/worker.js';
import { abortOnFaults } from './abort-on-faults.js';
import { createLog } from './log.js';
import { tuneForOneCore } from './one-core.js';
import { Output } from './output.js';

/*
 * The program of a worker. Its primary stops it: signals of a terminal or of a service manager reach all
 * processes of the relay, and a worker that stopped by itself would end games that may go on.
 */

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** How long the last lines may take to be written, in milliseconds. */
const EXIT_TIMEOUT = 500;

const stdout = new Output(1);

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

/** What arrives before the worker is there. */
const early: [FromPrimary, Socket | undefined][] = [];
let receive = (message: FromPrimary, socket: Socket | undefined): void => {
  early.push([message, socket]);
};

process.once('message', (first) => {
  process.on('message', (message, socket) => receive(message as FromPrimary, socket as Socket));
  void serve((first as { readonly start: Start }).start);
});

async function serve(start: Start): Promise<void> {
  const { options, number, onTerminal } = start;
  tuneForOneCore(Math.floor(availableParallelism() / options.workers) || 1);
  const log = (await createLog(options, stdout, onTerminal)).child({ worker: number });
  const given = { logger: log, droppedLogLines: () => stdout.dropped };
  let worker: Worker;
  try {
    worker = new Worker(start, process, given);
    worker.onStopped = () => void exit(0);
    process.once('disconnect', () => void worker.lostPrimary().then(() => exit(0)));
    // The primary has ended before there was somebody to notice.
    if (!process.connected) return exit(0);
    abortOnFaults({
      report: (err) => log.fatal({ err }, 'uncaught'),
      abort: () => worker.fail(),
      exit: () => exit(EXIT_FAILED),
    });
    await worker.start();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    // The primary says why, and ends.
    await new Promise((sent) => process.send?.({ failed: error.message }, sent));
    return exit(EXIT_USAGE);
  }
  receive = (message, socket) => worker.receive(message, socket);
  for (const [message, socket] of early.splice(0)) worker.receive(message, socket);
}

async function exit(status: number): Promise<never> {
  await stdout.flush(EXIT_TIMEOUT);
  process.exit(status);
}
