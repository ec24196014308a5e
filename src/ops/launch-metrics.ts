import { Histogram, type Registry } from 'prom-client';
import type { AddMetric } from './add-metric.js';

/** The values of the metrics of game servers. */
export interface LaunchCounts {
  /** Servers and their sessions by state, for each game. */
  games(): Iterable<{
    /** `NAME/VERSION` */
    readonly game: string;
    readonly servers: Readonly<Record<string, number>>;
    readonly sessions: Readonly<Record<string, number>>;
  }>;
  /** Requests by result. */
  requests(): ReadonlyMap<string, number>;
  /** Whether NATS can be used; `undefined` without NATS. */
  natsUsable(): boolean | undefined;
  /** Reports how long each server takes until it is ready, in seconds. */
  onReady(observe: (game: string, seconds: number) => void): void;
}

/** From processes of this machine to virtual machines elsewhere, in seconds. */
const READY_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300];

/** Adds the metrics of game servers. Each series starts at 0. */
export function addLaunch(
  registry: Registry,
  gauge: AddMetric,
  counter: AddMetric,
  counts: LaunchCounts,
): void {
  gauge('launch_servers', 'Game servers.', ['game', 'state'], () =>
    [...counts.games()].flatMap(({ game, servers }) => byState(game, servers)),
  );
  gauge('launch_sessions', 'Players of game servers.', ['game', 'state'], () =>
    [...counts.games()].flatMap(({ game, sessions }) => byState(game, sessions)),
  );
  counter('launch_requests', 'Requests for game servers.', ['result'], () =>
    [...counts.requests()].map(([result, value]) => [{ result }, value]),
  );
  if (counts.natsUsable() !== undefined) {
    gauge('launch_nats_usable', 'Whether sessions can be stored in NATS.', [], () => [
      [{}, Number(counts.natsUsable())],
    ]);
  }
  const ready = new Histogram({
    name: 'lobby_relay_launch_ready_seconds',
    help: 'How long game servers take until players can connect.',
    labelNames: ['game'],
    buckets: READY_BUCKETS,
    registers: [registry],
  });
  for (const { game } of counts.games()) ready.zero({ game });
  counts.onReady((game, seconds) => ready.observe({ game }, seconds));
}

function byState(
  game: string,
  states: Readonly<Record<string, number>>,
): [Record<string, string>, number][] {
  return Object.entries(states).map(([state, value]) => [{ game, state }, value]);
}
