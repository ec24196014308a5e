import { Registry } from 'prom-client';
import { KNOWN_CODES } from '../protocol/close-codes.js';
import type { Traffic } from '../rooms/traffic.js';
import { type AddMetric, counters, gauges, type Sample } from './add-metric.js';
import { addLaunch, type LaunchCounts } from './launch-metrics.js';
import { processMetrics } from './process-metrics.js';

/** The values of the metrics that every dialect has. */
export interface DialectCounts {
  rooms(): number;
  /** Including disconnected players who may reconnect. */
  players(): number;
  /** By role. */
  connections(): Readonly<Record<string, number>>;
  traffic(): Traffic;
  joins(): ReadonlyMap<string, number>;
}

/**
 * The values of the relay's metrics, read when the metrics are requested. Those of `DialectCounts` are
 * WMBP's.
 */
export interface Counts extends DialectCounts {
  /** The counts of every other dialect, by name. */
  readonly dialects: ReadonlyMap<string, DialectCounts>;
  /** Peers that may reconnect, and the size of their buffers. */
  disconnected(): {
    readonly players: number;
    readonly hosts: number;
    readonly bufferedBytes: number;
  };
  /** Players who ask for game servers by a WebSocket; `undefined` if there are none to ask for. */
  readonly requesters: (() => number) | undefined;
  stateErrors(): number;
  closes(): ReadonlyMap<number, number>;
  socketsRefused(): number;
  /** `undefined` if the dialect is turned off. */
  readonly signaling: (() => SignalingCounts) | undefined;
  /** `undefined` without game servers. */
  readonly launch?: LaunchCounts | undefined;
  backlog(): number;
  paused(): number;
  /** How late the event loop is, in milliseconds. */
  lag(): number;
  /** Log lines that were dropped. */
  droppedLines(): Readonly<Record<'suppressed' | 'unwritable', number>>;
}

/** Channels of signaling-server, their size in bytes, and requests by method and result. */
export interface SignalingCounts {
  readonly channels: number;
  readonly bytes: number;
  readonly requests: Iterable<{
    readonly method: string;
    readonly result: string;
    readonly count: number;
  }>;
}

/** The label of all dialects but WMBP. */
const DIALECT = 'dialect';

/** Creates a registry of its own, separate from the metrics of a program that embeds the relay. */
export function metricsRegistry(counts: Counts): Registry {
  const registry = new Registry();
  processMetrics(registry);
  const gauge = gauges(registry);
  const counter = counters(registry);
  addGauges(gauge, counts);
  addCounters(counter, counts);
  if (counts.signaling !== undefined) addSignaling(gauge, counter, counts.signaling);
  if (counts.launch !== undefined) addLaunch(registry, gauge, counter, counts.launch);
  return registry;
}

function addGauges(add: AddMetric, counts: Counts): void {
  add('rooms', 'Rooms that can be reached by a code; those of other dialects.', [DIALECT], () =>
    byDialect(counts, ({ rooms }) => single(rooms())),
  );
  add('players', 'Players in all rooms, including disconnected ones.', [DIALECT], () =>
    byDialect(counts, ({ players }) => single(players())),
  );
  add('connections', 'Open WebSockets.', ['role', DIALECT], () => [
    ...byDialect(counts, ({ connections }) => byRole(connections())),
    ...requesters(counts),
  ]);
  add('away', 'Disconnected players and hosts that may reconnect.', ['role'], () => {
    const { players, hosts } = counts.disconnected();
    return byRole({ player: players, host: hosts });
  });
  add('kept_bytes', 'Bytes buffered for disconnected players and hosts.', [], () =>
    single(counts.disconnected().bufferedBytes),
  );
  add(
    'backlog_bytes',
    'Bytes in the buffers of connections: unwritten output and incomplete messages.',
    [],
    () => single(counts.backlog()),
  );
  add('paused_connections', 'Connections from which reading is paused.', [], () =>
    single(counts.paused()),
  );
  add(
    'event_loop_lag_seconds',
    'Event loop delay at the last check.',
    [],
    () => single(counts.lag() / 1000),
    'max',
  );
}

function addCounters(add: AddMetric, counts: Counts): void {
  add('state_errors', 'How often the state file could not be written or set aside.', [], () =>
    single(counts.stateErrors()),
  );
  add('log_lines_dropped', 'Log lines that were dropped, by reason.', ['why'], () =>
    Object.entries(counts.droppedLines()).map(([reason, value]) => [{ why: reason }, value]),
  );
  add(
    'messages',
    'Delivered messages, one for each receiver.',
    ['direction', 'kind', DIALECT],
    () => byDialect(counts, ({ traffic }) => messages(traffic())),
  );
  add('bytes', 'Bytes of delivered messages.', ['direction', DIALECT], () =>
    byDialect(counts, ({ traffic }) => bytes(traffic())),
  );
  add('joins', 'Attempts to join, by result.', ['result', DIALECT], () =>
    byDialect(counts, ({ joins }) => byResult(joins())),
  );
  add('closes', 'Closed WebSockets, by close code.', ['code'], () => byCode(counts.closes()));
  add('sockets_refused', 'Sockets closed at once because their address has too many.', [], () =>
    single(counts.socketsRefused()),
  );
}

function addSignaling(gauge: AddMetric, counter: AddMetric, read: () => SignalingCounts): void {
  gauge('signaling_channels', 'Channels of signaling-server.', [], () => single(read().channels));
  gauge('signaling_bytes', 'Heap memory of the channels of signaling-server.', [], () =>
    single(read().bytes),
  );
  counter('signaling_requests', 'Requests of signaling-server.', ['method', 'result'], () =>
    [...read().requests].map(({ method, result, count }) => [{ method, result }, count]),
  );
}

/** The samples of WMBP, without a label, and those of all other dialects. */
function byDialect(counts: Counts, read: (counts: DialectCounts) => Sample[]): Sample[] {
  const others = [...counts.dialects].flatMap(([dialect, each]) =>
    read(each).map(([labels, value]): Sample => [{ ...labels, [DIALECT]: dialect }, value]),
  );
  return [...read(counts), ...others];
}

/** Bevygap has no rooms, so it has none of their metrics. */
function requesters({ requesters: count }: Counts): Sample[] {
  return count === undefined ? [] : [[{ role: 'requester', [DIALECT]: 'bevygap' }, count()]];
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

/** All codes start at 0, because `increase()` misses the first event of a new series. */
function byCode(closes: ReadonlyMap<number, number>): Sample[] {
  let other = 0;
  for (const [code, value] of closes) if (!KNOWN_CODES.has(code)) other += value;
  const known = [...KNOWN_CODES].map(
    (code): Sample => [{ code: `${code}` }, closes.get(code) ?? 0],
  );
  return [...known, [{ code: 'other' }, other]];
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
