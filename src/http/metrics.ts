import { Counter, Gauge, Registry } from 'prom-client';
import type { Traffic } from '../rooms/traffic.js';
import { processMetrics } from './process-metrics.js';

/** What is counted while the relay runs, and read only when somebody asks. */
export interface Counts {
  rooms(): number;
  connections(): Readonly<Record<string, number>>;
  traffic(): Traffic;
  joins(): ReadonlyMap<string, number>;
  away(): { readonly players: number; readonly hosts: number; readonly kept: number };
  stateErrors(): number;
  closes(): ReadonlyMap<number, number>;
  backlog(): number;
  paused(): number;
  /** How late the event loop is, in milliseconds. */
  lag(): number;
}

/** Codes that have a line of their own; what clients make up goes under `other`. */
const KNOWN_CODES: ReadonlySet<number> = new Set([
  1000, 1001, 1002, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4000, 4001, 4003, 4004, 4007,
  4008, 4009, 4010, 4029,
]);

/** One value of a metric, and what tells it from the others. */
type Sample = readonly [labels: Record<string, string>, value: number];

/** A registry of its own, so that a program that has the relay inside keeps its metrics apart. */
export function metricsRegistry(counts: Counts): Registry {
  const registry = new Registry();
  processMetrics(registry);
  const gauge = (name: string, help: string, label: string[], read: () => Iterable<Sample>) =>
    new Gauge({
      name: `lobby_relay_${name}`,
      help,
      labelNames: label,
      registers: [registry],
      collect() {
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  const counter = (name: string, help: string, label: string[], read: () => Iterable<Sample>) =>
    new Counter({
      name: `lobby_relay_${name}_total`,
      help,
      labelNames: label,
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });

  gauge('rooms', 'Rooms that can be reached by a code.', [], () => single(counts.rooms()));
  gauge('connections', 'Open WebSockets.', ['role'], () => byRole(counts.connections()));
  gauge('away', 'Who is cut off and waited for.', ['role'], () => {
    const { players, hosts } = counts.away();
    return byRole({ player: players, host: hosts });
  });
  gauge('kept_bytes', 'What is kept for those who are away.', [], () => single(counts.away().kept));
  counter('state_errors', 'How often the state file could not be written or set aside.', [], () =>
    single(counts.stateErrors()),
  );
  gauge('backlog_bytes', 'What waits: to be written, or to be a whole message.', [], () =>
    single(counts.backlog()),
  );
  gauge('paused_connections', 'Players that are not read for now.', [], () =>
    single(counts.paused()),
  );
  gauge('event_loop_lag_seconds', 'How late the event loop is.', [], () =>
    single(counts.lag() / 1000),
  );
  counter('messages', 'Messages carried, one for each receiver.', ['direction', 'kind'], () =>
    messages(counts.traffic()),
  );
  counter('bytes', 'Bytes of the messages carried.', ['direction'], () => bytes(counts.traffic()));
  counter('joins', 'Players who wanted to join, by what came of it.', ['result'], () =>
    byResult(counts.joins()),
  );
  counter('closes', 'WebSockets that have ended, by their close code.', ['code'], () =>
    byCode(counts.closes()),
  );
  return registry;
}

function single(value: number): Sample[] {
  return [[{}, value]];
}

function byRole(connections: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(connections).map(([role, value]) => [{ role }, value]);
}

function byResult(joins: ReadonlyMap<string, number>): Sample[] {
  return [...joins].map(([result, value]) => [{ result }, value]);
}

function byCode(closes: ReadonlyMap<number, number>): Sample[] {
  return [...closes].map(([code, value]) => [
    { code: KNOWN_CODES.has(code) ? String(code) : 'other' },
    value,
  ]);
}

function messages({ toHost, toPlayers }: Traffic): Sample[] {
  return [
    [{ direction: 'to_host', kind: 'text' }, toHost.text],
    [{ direction: 'to_host', kind: 'binary' }, toHost.binary],
    [{ direction: 'to_players', kind: 'text' }, toPlayers.text],
    [{ direction: 'to_players', kind: 'binary' }, toPlayers.binary],
  ];
}

function bytes({ toHost, toPlayers }: Traffic): Sample[] {
  return [
    [{ direction: 'to_host' }, toHost.bytes],
    [{ direction: 'to_players' }, toPlayers.bytes],
  ];
}
