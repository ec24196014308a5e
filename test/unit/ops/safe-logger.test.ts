import { expect, test } from 'vitest';
import { RelayLog } from '../../../src/ops/relay-log.js';
import { SafeLogger } from '../../../src/ops/safe-logger.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { noTraffic } from '../../../src/rooms/traffic.js';

const ROOM = { code: 'BCDF' as RoomCode, number: 1, openedAt: 0 };
const FLOOD = 10_000;

/** A logger, and the messages that it received. */
function recorder() {
  const messages: string[] = [];
  const write = (_fields: object, message: string): void => void messages.push(message);
  return { messages, logger: { debug: write, info: write, warn: write, error: write } as never };
}

const ended = { identity: ROOM, everJoined: 0, traffic: noTraffic() };

test.each<[string, (log: RelayLog) => void]>([
  ['opens rooms', (log) => log.roomOpened(ROOM)],
  ['ends rooms', (log) => log.roomEnded(ended, CLOSE_REASONS.gameOver)],
  ['disconnects and resumes', (log) => log.hostDisconnected(ROOM)],
  ['is refused', (log) => log.refused(CLOSE_REASONS.noSuchRoom, '192.0.2.1', undefined)],
  ['causes faults', (log) => log.fault(new Error('x'))],
  ['overloads the relay', (log) => log.overloaded('late', 1000)],
  ['comes through a proxy', (log) => log.untrustedProxy('10.0.0.1')],
])('a client that %s in a loop does not fill the log', (_what, cause) => {
  const { messages, logger } = recorder();
  const log = new RelayLog(logger);
  for (let i = 0; i < FLOOD; i++) cause(log);
  expect(messages.length).toBeGreaterThan(0);
  expect(messages.length).toBeLessThan(250);
});

test('every suppressed line is counted', () => {
  const { messages, logger } = recorder();
  const log = new RelayLog(logger);
  for (let i = 0; i < FLOOD; i++) log.hostDisconnected(ROOM);
  expect(log.suppressedLines).toBe(FLOOD - messages.length);
});

test('lines about the relay are written during a flood of lines by clients', () => {
  const { messages, logger } = recorder();
  const log = new RelayLog(logger);
  for (let i = 0; i < FLOOD; i++) log.roomOpened(ROOM);
  log.fault(new Error('x'));
  log.stateFileFailed(new Error('x'));
  log.overloaded('heap', 0);
  expect(messages.slice(-3)).toEqual([
    'fault',
    'state file cannot be read or written; games continue',
    'overloaded; refusing new rooms and players',
  ]);
});

test('if the logger throws, only the line is lost', () => {
  const fail = (): never => {
    throw new Error('no space left');
  };
  const log = new SafeLogger({ debug: fail, info: fail, warn: fail, error: fail } as never);
  log.write('error', {}, 'fault');
  log.writeBounded('info', {}, 'room opened');
  expect(log.failed).toBe(2);
});
