import type { Matchmaker } from '../launch/matchmaker.js';
import { JoinCounts } from '../ops/join-counts.js';
import { RelayLog } from '../ops/relay-log.js';
import type { RelayLogger } from '../ops/safe-logger.js';
import { flagOf } from '../options/describe.js';
import { completeOptions, OptionError } from '../options/read.js';
import type { Options } from '../options.js';
import { buildCore } from './build-core.js';
import { buildDialects } from './dialects.js';
import type { Launch } from './launch.js';
import { relayMetrics } from './relay-metrics.js';
import { RelayServer } from './relay-server.js';
import type { Surroundings } from './surroundings.js';

/** The options of `createRelay`: those of the command line, and a logger. */
export interface RelayOptions
  extends Partial<
    Omit<
      Options,
      | 'logLevel'
      | 'logFormat'
      | 'qr'
      | 'workers'
      | 'workerPort'
      | 'cluster'
      | 'clusterName'
      | 'clusterCreds'
      | 'clusterReplicas'
      | 'node'
      | 'nodeUrl'
      | 'letters'
    >
  > {
  /** `pino`, or a logger with the same methods; without one, nothing is logged. */
  readonly logger?: RelayLogger;
  /** How many lines the logger has dropped so far, for the metrics. */
  readonly droppedLogLines?: () => number;
  /** Answers requests for game servers; without one, `/matchmaker/…` does not exist. */
  readonly matchmaker?: Matchmaker;
}

/** What starts game servers; `undefined` if the options configure none. */
export type BuildLaunch = (options: Options, log: RelayLog) => Launch | undefined;

/**
 * Connects all parts of a relay. What starts game servers is given, so that the command loads it only
 * if it is configured: few relays need it, and it is a quarter of all modules.
 *
 * @param surroundings what is different in one of several processes
 * @throws {OptionError} if an option is unknown or out of bounds
 */
export function composeRelay(
  given: RelayOptions,
  buildLaunch: BuildLaunch,
  surroundings: Surroundings = {},
): RelayServer {
  const { logger, droppedLogLines = () => 0, matchmaker, ...rest } = given;
  if ('workers' in rest && rest.workers !== 1) {
    throw new OptionError('workers: only the command lobby-relay can start several processes');
  }
  if ('cluster' in rest && rest.cluster !== '') {
    throw new OptionError('cluster: only the command lobby-relay can join a cluster');
  }
  const options = completeOptions(rest);
  if (!options.metrics && options.metricsListen !== '') {
    throw new OptionError(`${flagOf('metricsListen')}: there are no metrics with --no-metrics`);
  }
  const log = new RelayLog(logger);
  const joins = new JoinCounts();
  const core = buildCore(options, log, surroundings);
  const launch = buildLaunch(options, log);
  const servers = { matchmaker: matchmaker ?? launch?.fleet, serverApi: launch?.serverApi };
  const { claimCode } = surroundings;
  const dialects = buildDialects(options, core, log, servers, claimCode);
  const fleet = launch?.fleet;
  const registry = relayMetrics({ core, dialects, log, joins, fleet, droppedLogLines });
  const others = surroundings.othersOf?.(core, { log, joins });
  return new RelayServer({ options, log, core, launch, dialects, joins, registry, others });
}
