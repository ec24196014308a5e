import { expect, test } from 'vitest';
import { RelayLog } from '../../../src/ops/relay-log.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { noTraffic } from '../../../src/rooms/traffic.js';

interface Line {
  level: string;
  message: string;
  [field: string]: unknown;
}

function made() {
  const lines: Line[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push({ ...fields, level, message });
  const logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  return { lines, log: new RelayLog(logger as never) };
}

test('a room has a number in the log, and its code only at debug', () => {
  const { lines, log } = made();
  const openedAt = performance.now() - 61_200;
  const identity = { code: 'BCDF' as RoomCode, number: 1, openedAt };
  log.roomOpened(identity);
  const traffic = noTraffic();
  traffic.toHost.text = 2;
  traffic.toPlayers.binary = 3;
  traffic.toPlayers.bytes = 40;
  log.roomEnded({ identity, everJoined: 4, traffic }, CLOSE_REASONS.hostGone);
  expect(lines).toEqual([
    { level: 'info', message: 'room opened', room: 1 },
    { level: 'debug', message: 'room code', room: 1, code: 'BCDF' },
    {
      level: 'info',
      message: 'room closed',
      room: 1,
      why: 'host gone',
      seconds: 61,
      players: 4,
      messages: 5,
      bytes: 40,
    },
  ]);
});

test('a flood of refusals becomes a few lines with the number of omitted ones', () => {
  const { lines, log } = made();
  for (let i = 0; i < 1000; i++) log.refused(CLOSE_REASONS.noSuchRoom, '192.0.2.1', undefined);
  expect(lines).toHaveLength(10);
  expect(lines[0]).toEqual({
    level: 'info',
    message: 'refused',
    code: 4004,
    reason: 'no such room',
    address: '192.0.2.1',
  });
});

test('values that a client chooses are short fields', () => {
  const { lines, log } = made();
  log.refused(CLOSE_REASONS.originNotAllowed, '192.0.2.1', `http://${'x'.repeat(8000)}`);
  expect(String(lines[0]?.['origin'])).toHaveLength(100);
});

test('an untrusted proxy is logged once, with the option to trust it', () => {
  const { lines, log } = made();
  for (let i = 0; i < 3; i++) log.untrustedProxy('10.0.0.1');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: 'warn',
    message: expect.stringContaining('--trust-proxy'),
  });
});
