import { encode } from 'cborg';
import { expect, test } from 'vitest';
import { createRoom } from '../../../../src/client/index.js';
import { writeGreeting } from '../../../../src/client/session/envelope.js';
import { MemoryStorage } from '../../../support/memory-storage.js';
import { FakeSocket, stillEnvironment } from '../fakes.js';

const HOLD = 5;
const CREATED = { cmd: 'prepare_reply', key: 'ABCD', resume: 'x'.repeat(24) };

test('a room that is stopped without a connection closes after its reconnect window', async () => {
  const { WebSocket, clock } = stillEnvironment();
  const opened = createRoom('ws://relay', { WebSocket, clock, storage: null, hold: HOLD });
  await Promise.resolve();
  FakeSocket.last.open();
  FakeSocket.last.receive(encode(CREATED));
  const room = await opened;
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
  const { WebSocket, clock } = stillEnvironment();
  const storage = new MemoryStorage();
  const opened = createRoom('ws://relay', { WebSocket, clock, storage });
  await Promise.resolve();
  FakeSocket.last.open();
  FakeSocket.last.receive(encode(CREATED));
  FakeSocket.last.receive(encode({ cmd: 'player_joined', player: 1 }));
  const greeting = {
    from: 7,
    to: 0,
    question: 1,
    received: 0,
    answer: 0,
    origin: 0,
    next: 0,
    player: 0,
  };
  FakeSocket.last.receive(encode({ cmd: 'from', from: 1, data: writeGreeting(greeting) }));
  const room = await opened;
  expect(storage.length).toBe(1);
  room.stop();
  expect(storage.length).toBe(0);
  FakeSocket.last.receive(encode({ cmd: 'player_left', player: 1 }));
  expect(storage.length).toBe(0);
});
