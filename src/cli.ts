#!/usr/bin/env node
import { type Arguments, readArguments } from './cli/arguments.js';
import { banner, url } from './cli/banner.js';
import { createLog } from './cli/log.js';
import { OptionError, type Options } from './options.js';
import { createRelay, type Relay } from './server.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What shells report of a process that a signal ended. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

function main(): Promise<void> | void {
  const given = tryReadArguments();
  if (!given.run) return void process.stdout.write(given.print);
  return serve(given.options);
}

async function serve(options: Options): Promise<void> {
  const onTerminal = process.stdout.isTTY === true;
  const logger = createLog(options, onTerminal);
  const relay = createRelay({ ...options, logger });
  stopOnSignals(relay, (signal) => logger.info({ signal }, 'stopping'));
  try {
    const { address, port } = await relay.listen();
    if (onTerminal) process.stderr.write(banner({ address, port }));
    logger.info({ address, port, url: url(address, port) }, 'listening');
  } catch (error) {
    fail(EXIT_FAILED, explain(error, options));
  }
}

/** The first signal closes everybody and leaves; a second one leaves at once. */
function stopOnSignals(relay: Relay, onStop: (signal: string) => void): void {
  let stopping = false;
  const stop = async (signal: keyof typeof EXIT_BY_SIGNAL): Promise<void> => {
    if (stopping) process.exit(EXIT_BY_SIGNAL[signal]);
    stopping = true;
    onStop(signal);
    await relay.close();
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function tryReadArguments(): Arguments {
  try {
    return readArguments(process.argv.slice(2), process.env);
  } catch (error) {
    if (error instanceof OptionError) fail(EXIT_USAGE, error.message);
    throw error;
  }
}

function explain(error: unknown, { port, host }: Options): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `port ${port} is in use; choose another with --port`;
    case 'EACCES':
      return `port ${port} needs more rights; choose one from 1024 on with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; choose another with --host`;
    default:
      return `cannot listen: ${(error as Error).message}`;
  }
}

function fail(status: number, reason: string): never {
  process.stderr.write(`lobby-relay: ${reason}\n`);
  process.exit(status);
}

await main();
