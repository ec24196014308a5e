import { encode } from 'cborg';
import { expect, test } from 'vitest';
import { createRoom } from '../../../src/client/index.js';
import { FakeSocket, stillEnvironment } from './fakes.js';

const HOLD = 5;

test('a room that is stopped while the relay is gone is over once nobody holds it any more', async () => {
  const { WebSocket, clock } = stillEnvironment();
  const opened = createRoom('ws://relay', { WebSocket, clock, storage: null, hold: HOLD });
  await Promise.resolve();
  FakeSocket.last.open();
  FakeSocket.last.receive(encode({ cmd: 'prepare_reply', key: 'ABCD', resume: 'x'.repeat(24) }));
  const room = await opened;
  const closed: string[] = [];
  room.on('close', ({ what }) => closed.push(what));
  await Promise.resolve();

  FakeSocket.last.lose();
  room.stop();
  while (clock.timers > 0 && FakeSocket.all.length < 100) {
    clock.pass(clock.next);
    FakeSocket.last.lose();
  }
  expect(room.status).toBe('closed');
  expect(closed).toHaveLength(1);
  expect(clock.now()).toBeGreaterThanOrEqual(HOLD * 1000);
  expect(clock.now()).toBeLessThan(HOLD * 1000 + 10_000);
});
