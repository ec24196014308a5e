#!/usr/bin/env node
import './cli/young-generation.js';
import type { Logger } from 'pino';
import { type Arguments, readArguments } from './cli/arguments.js';
import { banner, url } from './cli/banner.js';
import { createLog } from './cli/log.js';
import { collectAlone } from './cli/one-core.js';
import { OptionError } from './options/read.js';
import type { Options } from './options.js';
import { createRelay, type Relay } from './server.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What shells report of a process that a signal ended. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

function main(): Promise<void> | void {
  const given = orUsage((): Arguments => readArguments(process.argv.slice(2), process.env));
  if (given.run) return serve(given.options);
  process.stdout.write(given.print);
}

async function serve(options: Options): Promise<void> {
  collectAlone();
  const onTerminal = process.stdout.isTTY === true;
  const logger = await createLog(options, onTerminal);
  const relay = orUsage(() => createRelay({ ...options, logger }));
  stopOnSignals(relay, logger);
  abortOnFaults(relay, logger);
  try {
    const { address, port } = await relay.listen();
    const scheme = options.tlsCert === '' ? 'ws' : 'wss';
    // Without pages there is nothing at that address for a phone.
    const qr = options.qr && options.pages;
    if (onTerminal) process.stderr.write(banner({ scheme, address, port, qr }));
    logger.info({ address, port, url: url(scheme, address, port) }, 'listening');
  } catch (error) {
    if (error instanceof OptionError) fail(EXIT_USAGE, error.message);
    fail(EXIT_FAILED, explain(error, options));
  }
}

/** The first signal closes everybody and leaves; a second one leaves at once. */
function stopOnSignals(relay: Relay, logger: Logger): void {
  let stopping = false;
  const stop = async (signal: keyof typeof EXIT_BY_SIGNAL): Promise<void> => {
    if (stopping) process.exit(EXIT_BY_SIGNAL[signal]);
    stopping = true;
    logger.info({ signal, rooms: relay.rooms }, 'stopping');
    await relay.close();
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** What nobody caught has left the process in a state that nobody knows: say so, and go. */
function abortOnFaults(relay: Relay, logger: Logger): void {
  let aborting = false;
  const abort = async (err: unknown): Promise<void> => {
    logger.fatal({ err }, 'uncaught');
    if (aborting) return;
    aborting = true;
    await relay.abort().catch(() => {});
    process.exit(EXIT_FAILED);
  };
  process.on('uncaughtException', abort);
  process.on('unhandledRejection', abort);
}

/** Runs what reads the options: what is wrong with them ends the process, in one line. */
function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof OptionError) fail(EXIT_USAGE, error.message);
    throw error;
  }
}

function explain(error: unknown, { port, host }: Options): string {
  const { code, message, port: failed = port } = error as NodeJS.ErrnoException & { port?: number };
  switch (code) {
    case 'EADDRINUSE':
      return `port ${failed} is in use; choose another with ${failed === port ? '--port' : '--metrics-listen'}`;
    case 'EACCES':
      return `port ${failed} needs more rights; choose one from 1024 on with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; choose another with --host`;
    default:
      return `cannot listen: ${message}`;
  }
}

function fail(status: number, reason: string): never {
  process.stderr.write(`lobby-relay: ${reason}\n`);
  process.exit(status);
}

await main();
