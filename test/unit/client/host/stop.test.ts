import { expect, test } from 'vitest';
import { writeGreeting } from '../../../../src/client/session/envelope.js';
import { MemoryStorage } from '../../../support/memory-storage.js';
import { FakeSocket, FIRST_GREETING } from '../fakes.js';
import { openRoom, receive } from './open-room.js';

const HOLD = 5;

test('a room that is stopped without a connection closes after its reconnect window', async () => {
  const { room, clock } = await openRoom({ hold: HOLD });
  const closed: string[] = [];
  room.on('close', ({ code }) => closed.push(code));
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

test('a page that is loaded after the stop does not resume the room', async () => {
  const storage = new MemoryStorage();
  const { room } = await openRoom({ storage });
  const greeting = writeGreeting(FIRST_GREETING);
  receive({ cmd: 'player_joined', player: 1 }, { cmd: 'from', from: 1, data: greeting });
  expect(storage.length).toBe(1);
  room.stop();
  expect(storage.length).toBe(0);
  receive({ cmd: 'player_left', player: 1 });
  expect(storage.length).toBe(0);
});
