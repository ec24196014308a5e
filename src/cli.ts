#!/usr/bin/env node
import './cli/young-generation.js';
import { isatty } from 'node:tty';
import type { Logger } from 'pino';
import { abortOnFaults } from './cli/abort-on-faults.js';
import { type Arguments, readArguments } from './cli/arguments.js';
import { banner } from './cli/banner.js';
import { endProcess } from './cli/end-process.js';
import { createLog } from './cli/log.js';
import { logNotices, logUnused } from './cli/notices.js';
import { tuneForOneCore } from './cli/one-core.js';
import { Output } from './cli/output.js';
import { onStopSignals } from './cli/stop-signals.js';
import { addressIn, MetricsListenError } from './http/metrics-server.js';
import { isEverywhere, urlOf } from './http/network-address.js';
import { NatsError } from './launch/nats/nats-error.js';
import { flagOf } from './options/describe.js';
import { OptionError } from './options/read.js';
import { unusedOptions } from './options/unused.js';
import type { Options } from './options.js';
import { type BuildLaunch, composeRelay } from './server/compose-relay.js';
import { type Relay, RelayClosedError } from './server/relay.js';
import type { Surroundings } from './server/surroundings.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** How long the last lines may take to be written before the process ends, in milliseconds. */
const EXIT_TIMEOUT = 500;

/** How long the help may take to be written, in milliseconds: a pager reads it page by page. */
const HELP_TIMEOUT = 3_600_000;

const stdout = new Output(1);
const stderr = new Output(2);

async function main(): Promise<void> {
  const given = await orUsage((): Arguments => readArguments(process.argv.slice(2), process.env));
  if (given.run) return serve(given);
  stdout.write(given.print);
  await stdout.flush(HELP_TIMEOUT);
}

async function serve({ options, notices }: Arguments & { run: true }): Promise<void> {
  tuneForOneCore();
  const onTerminal = isatty(1);
  const logger = await createLog(options, stdout, onTerminal);
  const buildLaunch = await loadLaunch(options);
  const relay = await buildRelay({ options, logger, buildLaunch, onTerminal });
  stopOnSignals(relay, logger, options);
  abortOnFaults({
    report: (err) => logger.fatal({ err }, 'uncaught'),
    abort: () => relay.abort(),
    exit: () => exit(EXIT_FAILED),
  });
  try {
    const { address, port } = await relay.listen();
    const tls = options.tlsCert !== '';
    const { qr, pages } = options;
    if (onTerminal) stderr.write(banner({ tls, address, port, qr, pages }));
    const url = urlOf(tls ? 'wss' : 'ws', isEverywhere(address) ? 'localhost' : address, port);
    logger.info({ address, port, url }, 'listening');
    logNotices(notices, logger);
    logUnused(unusedOptions(options), logger);
  } catch (error) {
    // The signal ends the process.
    if (error instanceof RelayClosedError) return;
    if (error instanceof OptionError) await fail(EXIT_USAGE, error.message);
    await fail(EXIT_FAILED, explain(error, options));
  }
}

interface RelayParts {
  readonly options: Options;
  readonly logger: Logger;
  readonly buildLaunch: BuildLaunch;
  readonly onTerminal: boolean;
}

async function buildRelay({
  options,
  logger,
  buildLaunch,
  onTerminal,
}: RelayParts): Promise<Relay> {
  const log = { logger, droppedLogLines: () => stdout.dropped };
  const compose = (own: Options, surroundings?: Surroundings): Relay => {
    // What these mean is in the surroundings.
    const rest = { ...own, workers: 1, cluster: '' };
    return composeRelay({ ...rest, ...log }, buildLaunch, surroundings);
  };
  if (options.cluster !== '') {
    const { withCluster } = await import('./server/cluster/with-cluster.js');
    return orUsage(() => compose(options, withCluster(options)));
  }
  if (options.workers === 1) return orUsage(() => compose(options));
  const { primaryOf, workersOf } = await import('./workers/primary/primary.js');
  if (workersOf(options) === 1) return orUsage(() => compose(options));
  return orUsage(() => {
    const entry = new URL('./cli/worker.js', import.meta.url);
    const writeLine = (line: string): void => stdout.write(`${line}\n`);
    const primary = primaryOf({ options, entry, onTerminal, writeLine });
    return compose(primary.options, primary.surroundings);
  });
}

/** Loads what starts game servers only if it is needed. */
async function loadLaunch({ launchConfig }: Options): Promise<BuildLaunch> {
  if (launchConfig === '') return () => undefined;
  return (await import('./server/launch.js')).buildLaunch;
}

/** The first signal closes all connections and then ends the process; a later one ends it at once. */
function stopOnSignals(relay: Relay, logger: Logger, { drain }: Options): void {
  onStopSignals(
    async (signal) => {
      if (isatty(2)) stderr.write(stoppingText(relay.rooms, drain));
      logger.info({ signal, rooms: relay.rooms }, 'stopping');
      await relay.close();
      await exit(0);
    },
    (exitCode) => void exit(exitCode),
  );
}

/** Calls a function that reads options. An invalid option ends the process with an error in one line. */
async function orUsage<T>(read: () => T): Promise<T> {
  try {
    return read();
  } catch (error) {
    if (error instanceof OptionError) return fail(EXIT_USAGE, error.message);
    throw error;
  }
}

/** The text on a terminal: what the relay waits for, and what another Ctrl+C does. */
function stoppingText(rooms: number, drain: number): string {
  const isWaiting = rooms > 0 && drain > 0;
  const what = isWaiting
    ? `Waiting up to ${drain} s for ${rooms === 1 ? '1 room' : `${rooms} rooms`} to end.`
    : 'Closing all connections.';
  return `\n  ${what} Press Ctrl+C again to stop at once.\n\n`;
}

/** The reason why the relay cannot listen, and the option that changes this. */
function explain(error: unknown, options: Options): string {
  // These classes are loaded only when they are needed.
  const { name } = error as Error;
  if (name === 'WorkerError') return (error as Error).message;
  if (name === 'ClusterError') return `${flagOf('cluster')}: ${(error as Error).message}`;
  if (error instanceof NatsError) return `${flagOf('launchConfig')}: ${error.message}`;
  const { code, message } = error as NodeJS.ErrnoException;
  const forMetrics = error instanceof MetricsListenError;
  const { host, port } = forMetrics ? addressIn(error.where) : options;
  const flag = flagOf(forMetrics ? 'metricsListen' : 'port');
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use; choose another with ${flag}`;
    case 'EACCES':
      return `port ${port} needs more privileges; choose a port from 1024 up with ${flag}`;
    case 'EADDRNOTAVAIL':
    case 'EAI_AGAIN':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine; choose another with ${forMetrics ? flag : flagOf('host')}`;
    default:
      return `${flag}: cannot listen: ${message}`;
  }
}

function fail(status: number, reason: string): Promise<never> {
  stderr.write(`lobby-relay: ${reason}\n`);
  return exit(status);
}

/** Ends the process once its last lines are written, or after half a second. */
async function exit(status: number): Promise<never> {
  await Promise.all([stdout.flush(EXIT_TIMEOUT), stderr.flush(EXIT_TIMEOUT)]);
  endProcess(status);
}

await main();
