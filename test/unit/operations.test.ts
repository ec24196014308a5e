import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricsRegistry } from '../../src/http/metrics.js';
import { RelayLog } from '../../src/log/relay-log.js';
import { flagOf } from '../../src/options/describe.js';
import { OPTION_NAMES } from '../../src/options.js';
import { CLOSINGS } from '../../src/protocol/close-codes.js';
import type { RoomCode } from '../../src/rooms/ids.js';
import { noTraffic } from '../../src/rooms/traffic.js';

const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

test('docs/operations.md has every option', () => {
  const missing = OPTION_NAMES.map(flagOf).filter((flag) => !text.includes(`\`${flag}`));
  expect(missing).toEqual([]);
});

test('docs/operations.md has every metric', () => {
  const registry = metricsRegistry({
    rooms: () => 0,
    connections: () => ({}),
    traffic: noTraffic,
    joins: () => new Map(),
    closes: () => new Map(),
    away: () => ({ players: 0, hosts: 0, kept: 0 }),
    stateErrors: () => 0,
    backlog: () => 0,
    paused: () => 0,
    lag: () => 0,
  });
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});

test('docs/operations.md has every close code', () => {
  const codes = Object.values(CLOSINGS).map(({ code }) => code);
  expect(codes.filter((code) => !text.includes(String(code)))).toEqual([]);
});

test('docs/operations.md has every line that a relay logs', () => {
  const said: string[] = [];
  const say = (_fields: unknown, line: string): void => void said.push(line);
  const log = new RelayLog({ debug: say, info: say, warn: say, error: say } as never);
  const code = 'BCDF' as RoomCode;
  log.opened(code);
  log.hostAway(code, true);
  log.hostAway(code, false);
  const why = CLOSINGS.gameOver;
  log.ended(code, { why, lifetime: 0, players: 0, traffic: noTraffic() });
  log.stateSetAside('', '');
  log.stateFailed(undefined);
  log.refused(why, '', undefined);
  log.untrustedProxy('');
  log.fault(undefined);
  expect(said).toHaveLength(10);
  expect(said.filter((line) => !text.includes(`\`${line}\``))).toEqual([]);
});
