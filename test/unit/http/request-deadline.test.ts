import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { enforceRequestDeadline } from '../../../src/http/request-deadline.js';

const TIMEOUT = 10_000;

class FakeSocket extends EventEmitter {
  bytesRead = 0;
  destroy = vi.fn(() => void this.emit('close'));
}

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }),
);
afterEach(() => void vi.useRealTimers());

function watched(): { server: EventEmitter; connect: () => FakeSocket } {
  const server = new EventEmitter();
  enforceRequestDeadline(server as Server, TIMEOUT);
  return {
    server,
    connect() {
      const socket = new FakeSocket();
      server.emit('connection', socket);
      return socket;
    },
  };
}

test('a socket that sends nothing is destroyed, and one that has sent a request is not', () => {
  const { server, connect } = watched();
  const [silent, asking, upgrading] = [connect(), connect(), connect()];
  server.emit('request', { socket: asking });
  server.emit('upgrade', { socket: upgrading });
  vi.advanceTimersByTime(TIMEOUT - 1);
  expect(silent.destroy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  expect(silent.destroy).toHaveBeenCalled();
  for (const socket of [asking, upgrading]) expect(socket.destroy).not.toHaveBeenCalled();
});

test('a closed socket is not tracked any more', () => {
  const { server, connect } = watched();
  const [healthCheck, malformed, cut] = [connect(), connect(), connect()];
  malformed.bytesRead = 10;
  for (const socket of [healthCheck, malformed]) socket.emit('close');
  vi.advanceTimersByTime(TIMEOUT + 1000);
  expect(cut.destroy).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(10 * TIMEOUT);
  expect(cut.destroy).toHaveBeenCalledOnce();
  for (const socket of [healthCheck, malformed]) expect(socket.destroy).not.toHaveBeenCalled();
  expect(server.listenerCount('connection')).toBe(1);
});
