import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { GameConfig } from '../../../src/launch/config/games.js';
import { metricsRegistry } from '../../../src/ops/metrics.js';
import { RelayLog } from '../../../src/ops/relay-log.js';
import { flagOf } from '../../../src/options/describe.js';
import { OPTION_NAMES } from '../../../src/options.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { noTraffic } from '../../../src/rooms/traffic.js';

const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');

test('docs/operations.md has every option', () => {
  const missing = OPTION_NAMES.map(flagOf).filter((flag) => !text.includes(`\`${flag}`));
  expect(missing).toEqual([]);
});

test('docs/operations.md has every metric', () => {
  const registry = metricsRegistry({
    dialects: new Map(),
    rooms: () => 0,
    players: () => 0,
    connections: () => ({}),
    traffic: noTraffic,
    joins: () => new Map(),
    closes: () => new Map(),
    socketsRefused: () => 0,
    requesters: () => 0,
    signaling: () => ({ channels: 0, bytes: 0, requests: [] }),
    launch: {
      games: () => [],
      requests: () => new Map(),
      natsUsable: () => true,
      onReady: () => {},
    },
    disconnected: () => ({ players: 0, hosts: 0, bufferedBytes: 0 }),
    stateErrors: () => 0,
    backlog: () => 0,
    paused: () => 0,
    lag: () => 0,
    droppedLines: () => ({ suppressed: 0, unwritable: 0 }),
  });
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});

test('docs/operations.md has every close code', () => {
  const codes = Object.values(CLOSE_REASONS).map(({ code }) => code);
  expect(codes.filter((code) => !text.includes(String(code)))).toEqual([]);
});

test('docs/operations.md has every line that a relay logs', () => {
  const lines: string[] = [];
  const write = (_fields: unknown, line: string): void => void lines.push(line);
  const log = new RelayLog({ debug: write, info: write, warn: write, error: write } as never);
  const room = { code: 'BCDF' as RoomCode, number: 1, openedAt: 0 };
  log.roomOpened(room);
  log.hostDisconnected(room);
  log.hostResumed(room);
  const reason = CLOSE_REASONS.gameOver;
  log.roomEnded({ identity: room, everJoined: 0, traffic: noTraffic() }, reason);
  log.stateFileRenamed('', '');
  log.stateFileFailed(undefined);
  log.roomsNotRestored(1);
  log.channelOpened({ number: 1 });
  const left = { offer: '', answer: '', candidates: new Set<string>(), bytes: 0 };
  log.channelExpired({ number: 1, ...left });
  log.refused(reason, '', undefined);
  log.untrustedProxy('');
  log.overloaded('late', 0);
  log.fault(undefined);
  const server = { id: '', game: { name: '', version: '' } as GameConfig };
  log.launch.serverStarting(server);
  log.launch.serverReady(server, 0);
  log.launch.serverStopping(server, '');
  log.launch.serverEnded(server, { reason: '', how: 'stopped' }, 0);
  log.launch.serverOutput('', '');
  log.launch.serverOutputSuppressed('', 1);
  log.launch.launcherFailed('', undefined, '');
  log.launch.natsLost(undefined);
  log.launch.natsRestored();
  log.launch.natsFailed(undefined);
  expect(lines).toHaveLength(24);
  expect(lines.filter((line) => !text.includes(`\`${line}\``))).toEqual([]);
});
