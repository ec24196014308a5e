import { availableParallelism } from 'node:os';
import { oldGeneration } from '../../ops/heap.js';
import { connectionsForDescriptors, memoryForBuffers } from '../../ops/machine.js';
import { OptionError } from '../../options/read.js';
import type { Options } from '../../options.js';
import { shareOf } from '../../rooms/code-share.js';
import { readOption } from '../../server/read-option.js';
import type { Surroundings } from '../../server/surroundings.js';
import { checkStateFile } from '../../state/check-state-file.js';
import { maxStateBytes } from '../../state/persistent-rooms.js';
import { dealState, partOf } from '../../state/state-parts.js';
import { Pool } from './pool.js';

export interface PrimaryParts {
  /** Of the whole relay. */
  readonly options: Options;
  /** The file that workers run. */
  readonly entry: URL;
  /** Whether log lines are shown on a terminal. */
  readonly onTerminal: boolean;
  /** Writes a line of a worker's log. */
  readonly writeLine: (line: string) => void;
}

/** What the primary process of a relay with several workers is made of. */
export interface Primary {
  /** The options of the primary. */
  readonly options: Options;
  readonly surroundings: Surroundings;
}

/** How many workers the options ask for. */
export function workersOf({ workers }: Pick<Options, 'workers'>): number {
  return workers === 0 ? availableParallelism() : workers;
}

/** @throws {OptionError} if an option cannot be used with several workers */
export function primaryOf(parts: PrimaryParts): Primary {
  const { options } = parts;
  const workers = workersOf(options);
  check({ ...options, workers });
  const maxConnections = readOption('maxConnections', () => connectionsOf(options, workers));
  // Launched servers open their rooms in the primary, which starts and watches them.
  const ownShares = options.launchConfig === '' ? 0 : 1;
  // All processes together have as much as one would.
  const memory = Math.floor((options.memory || memoryForBuffers()) / (workers + 1));
  const each = { ...options, workers, memory };
  let pool: Pool | undefined;
  return {
    options: { ...each, stateFile: '' },
    surroundings: {
      maxConnections,
      ...(ownShares === 1 && { share: { index: 0, of: workers + 1 } }),
      roomsElsewhere: () => pool?.rooms ?? 0,
      othersOf(core, { log }) {
        const { stateFile } = options;
        // A room of the primary's share cannot wait for a restart.
        const partOfCode = (code: string): number =>
          Math.max(1, shareOf(code, workers + ownShares) + 1 - ownShares);
        const prepare = (): void => {
          if (stateFile === '') return;
          readOption('stateFile', () => dealState(stateFile, workers, partOfCode, log));
        };
        const start = (number: number) => startOf(each, number, parts.onTerminal);
        pool = new Pool({ ...parts, workers, ownShares, core, log, prepare, start });
        return pool;
      },
    },
  };
}

/** What a worker is started with, beside its codes. */
function startOf(each: Options, number: number, onTerminal: boolean) {
  const stateFile = each.stateFile && partOf(each.stateFile, number);
  return { options: { ...each, maxConnections: 0, launchConfig: '', stateFile }, onTerminal };
}

function check({ tlsCert, stateFile, port, workerPort, workers }: Options): void {
  if (workerPort > 0 && workerPort <= port && port < workerPort + workers) {
    throw new OptionError(`--worker-port: port ${port} is the relay's own; choose others`);
  }
  if (tlsCert !== '') {
    const message = 'with several, a proxy such as Caddy has to do TLS; omit --tls-cert';
    throw new OptionError(`--workers: ${message}`);
  }
  if (stateFile === '') return;
  readOption('stateFile', () => checkStateFile(stateFile, maxStateBytes(oldGeneration().limit)));
}

/** The most connections of all workers together. */
function connectionsOf({ maxConnections }: Options, workers: number): number {
  const possible = workers * connectionsForDescriptors();
  if (maxConnections <= possible) return maxConnections || possible;
  throw new Error(
    `${maxConnections} is more than the file descriptors of ${workers} workers allow, which is ` +
      `${possible}; raise their limit (ulimit -n, LimitNOFILE=) or lower this`,
  );
}
