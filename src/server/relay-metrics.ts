import type { Fleet } from '../launch/fleet.js';
import type { Registry } from '../ops/all-metrics.js';
import type { JoinCounts } from '../ops/join-counts.js';
import type { LaunchCounts } from '../ops/launch-metrics.js';
import { metricsRegistry } from '../ops/metrics.js';
import type { RelayLog } from '../ops/relay-log.js';
import type { Core } from './core.js';
import type { Dialects } from './dialects.js';

export interface MetricsParts {
  readonly core: Core;
  readonly dialects: Dialects;
  readonly log: RelayLog;
  readonly joins: JoinCounts;
  /** `undefined` without game servers. */
  readonly fleet: Fleet | undefined;
  /** How many lines the logger has dropped. */
  readonly droppedLogLines: () => number;
}

/** Connects each metric to the part of the relay that counts it. */
export function relayMetrics({
  core,
  dialects,
  log,
  joins,
  fleet,
  droppedLogLines,
}: MetricsParts): Registry {
  const { acceptor, admission, load, rooms, state } = core;
  return metricsRegistry({
    rooms: () => rooms.size,
    connections: () => {
      const { host, player, viewer } = acceptor.connections.counts;
      return { host, player, viewer };
    },
    dialects: dialects.counts,
    players: () => rooms.totals.players,
    traffic: () => rooms.totals.traffic,
    joins: () => joins.results,
    closes: () => acceptor.connections.closes,
    disconnected: () => {
      const {
        disconnectedPlayers: players,
        disconnectedHosts: hosts,
        bufferedBytes,
      } = rooms.totals;
      return { players, hosts, bufferedBytes };
    },
    requesters: dialects.enabled.has('bevygap')
      ? () => acceptor.connections.counts.requester
      : undefined,
    stateErrors: () => state?.store.errors ?? 0,
    socketsRefused: () => admission.sockets.refused,
    signaling: dialects.enabled.has('signaling')
      ? () => ({
          channels: admission.channels.used,
          bytes: admission.channelBytes.used,
          requests: dialects.signaling.counts.all,
        })
      : undefined,
    launch: fleet && launchCounts(fleet),
    backlog: () => acceptor.connections.lastCheck.buffered,
    paused: () => acceptor.connections.lastCheck.paused,
    lag: () => load.lag,
    droppedLines: () => ({
      suppressed: log.suppressedLines,
      unwritable: log.failedLines + droppedLogLines(),
    }),
  });
}

function launchCounts(fleet: Fleet): LaunchCounts {
  return {
    games: () => fleet.counts,
    requests: () => fleet.results,
    natsUsable: () => fleet.isStoreAvailable,
    onReady(observe) {
      fleet.onReady = observe;
    },
  };
}
