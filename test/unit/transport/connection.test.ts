import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Connection } from '../../../src/transport/connection.js';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';
import { PauseReason } from '../../../src/transport/pause-reason.js';
import { ServerWebSocket } from '../../../src/transport/server-web-socket.js';
import { frame, OPCODE } from '../../support/raw-client.js';

/** A connection without a network, which records calls. */
class Probe extends Connection {
  readonly got: string[] = [];
  readonly codes: number[] = [];
  servedFrames = 0;

  protected override receive(bytes: Buffer): void {
    this.got.push(Buffer.from(bytes).toString());
  }

  protected override served(): void {
    this.servedFrames++;
  }

  protected override ended(code: number): void {
    this.codes.push(code);
  }
}

/** A connection that reads nothing after its first chunk. */
class Stopping extends Probe {
  override chunk(bytes: number): void {
    super.chunk(bytes);
    this.stopReading();
  }
}

function connected(cycle = new FlushCycle(), Type = Probe) {
  const socket = new Duplex({ read() {}, write: (_bytes, _, done) => done() }) as Socket;
  Object.assign(socket, { setTimeout() {}, bytesRead: 0 });
  const bounds = { maxMessage: 1 << 22, closeTimeout: 1e6 };
  const webSocket = new ServerWebSocket(socket, bounds, cycle);
  const fault = (error: unknown): never => {
    throw error;
  };
  const context = { cycle, stall: 1e9, ping: 0, fault, ended() {}, gone() {} };
  return { connection: new Type({ webSocket, socket, address: '192.0.2.1', context }), socket };
}

const { binary, ping, pong, text } = OPCODE;

/** Checks once a second, as the relay does. */
function lookFor(connection: Connection, from: number, seconds: number): void {
  for (let second = from; second <= from + seconds; second++) connection.check(second * 1000);
}

describe('an incomplete message', () => {
  const begun = frame(binary, 'x', { declared: 100_000 });

  test('without progress is closed with 4008', async () => {
    const { connection, socket } = connected();
    socket.push(begun);
    await endOfTurn();
    lookFor(connection, 1, 30);
    expect(connection.codes).toEqual([]);
    lookFor(connection, 31, 3);
    expect(connection.codes).toEqual([4008]);
    expect(connection.bufferedBytes).toBe(0);
  });

  test('may take longer while reading is paused', async () => {
    const { connection, socket } = connected();
    socket.push(begun);
    await endOfTurn();
    connection.pauseReading(PauseReason.hostBacklog);
    lookFor(connection, 1, 1000);
    expect(connection.codes).toEqual([]);
    connection.resumeReading(PauseReason.hostBacklog);
    lookFor(connection, 1001, 40);
    expect(connection.codes).toEqual([4008]);
  });

  test('that becomes complete is followed by others with their own time', async () => {
    const { connection, socket } = connected();
    for (let round = 0; round < 10; round++) {
      socket.push(frame(text, 'whole').subarray(0, -2));
      await endOfTurn();
      lookFor(connection, 1 + round * 25, 24);
      socket.push(frame(text, 'whole').subarray(-2));
      await endOfTurn();
    }
    expect(connection.got).toHaveLength(10);
    expect(connection.codes).toEqual([]);
  });
});

describe('buffered input', () => {
  test('is read in its own share of a turn, never by the caller that resumes reading', async () => {
    const { connection, socket } = connected();
    connection.pauseReading(PauseReason.hostBacklog);
    socket.push(frame(text, 'one'));
    await endOfTurn();
    expect(connection.bufferedBytes).toBe(frame(text, 'one').length);
    connection.resumeReading(PauseReason.hostBacklog);
    expect(connection.got).toEqual([]);
    await endOfTurn();
    expect(connection.got).toEqual(['one']);
    expect(connection.bufferedBytes).toBe(0);
  });

  test('waits until no pause reason is left', async () => {
    const { connection, socket } = connected();
    connection.pauseReading(PauseReason.hostBacklog);
    connection.pauseReading(PauseReason.rate);
    socket.push(frame(text, 'one'));
    connection.resumeReading(PauseReason.hostBacklog);
    await endOfTurn();
    expect(connection.got).toEqual([]);
    connection.resumeReading(PauseReason.rate);
    await endOfTurn();
    expect(connection.got).toEqual(['one']);
  });

  test('is dropped when the relay closes the connection', async () => {
    const { connection, socket } = connected();
    connection.pauseReading(PauseReason.hostBacklog);
    socket.push(frame(text, 'one'));
    connection.close({ code: 4000, reason: 'game over', retry: 'no' });
    await endOfTurn();
    await endOfTurn();
    expect(connection.got).toEqual([]);
    expect(connection.bufferedBytes).toBe(0);
  });
});

test.each([
  ['has time', false],
  ['waits for the turns of others', true],
])('a connection that %s reads nothing after it has stopped', async (_, waits) => {
  const cycle = new FlushCycle();
  if (waits) vi.spyOn(cycle.budget, 'isSpentBy').mockReturnValueOnce(true);
  const { connection, socket } = connected(cycle, Stopping);
  const chunk = frame(text, 'x'.repeat(1 << 17));
  expect(socket.push(chunk)).toBe(false);
  for (let turn = 0; turn < 3; turn++) await endOfTurn();
  expect(socket.push(chunk)).toBe(false);
  connection.closeAndDrop({ code: 4029, reason: 'too many attempts', retry: 'later' });
  for (let turn = 0; turn < 3; turn++) await endOfTurn();
  expect(socket.push(chunk)).toBe(false);
  expect([connection.got, connection.codes]).toEqual([[], [4029]]);
});

test('a large chunk waits if others have used the time of the turn, a small one does not', async () => {
  let now = 1000;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const cycle = new FlushCycle();
  const busy = connected(cycle);
  vi.spyOn(busy.connection, 'received').mockImplementation(() => {
    now++;
  });
  busy.socket.push(Buffer.concat(Array(100).fill(frame(text, 'x'))));
  const large = connected(cycle);
  large.socket.push(frame(text, 'x'.repeat(64 * 1024 - 100)));
  const small = connected(cycle);
  small.socket.push(frame(text, 'one'));
  expect(large.connection.got).toEqual([]);
  expect(small.connection.got).toEqual(['one']);
  await vi.waitFor(() => expect(large.connection.got).toHaveLength(1));
});

test('pings and pongs count as messages for the rate limit, until a close', async () => {
  const { connection, socket } = connected();
  socket.push(Buffer.concat([frame(ping), frame(pong), frame(text, 'x')]));
  await endOfTurn();
  expect(connection.servedFrames).toBe(3);
  connection.close({ code: 4000, reason: 'game over', retry: 'no' });
  socket.push(Buffer.concat([frame(ping), frame(pong), frame(text, 'x')]));
  await endOfTurn();
  expect(connection.servedFrames).toBe(3);
});
