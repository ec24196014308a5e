import { encode } from 'cborg';
import { expect, test } from 'vitest';
import { writeGreeting } from '../../../src/client/exactly-once/envelope.js';
import { createRoom } from '../../../src/client/index.js';
import { FakeSocket, stillEnvironment } from './fakes.js';

const HOLD = 5;
const CREATED = { cmd: 'prepare_reply', key: 'ABCD', resume: 'x'.repeat(24) };

test('a room that is stopped while the relay is gone is over once nobody holds it any more', async () => {
  const { WebSocket, clock } = stillEnvironment();
  const opened = createRoom('ws://relay', { WebSocket, clock, storage: null, hold: HOLD });
  await Promise.resolve();
  FakeSocket.last.open();
  FakeSocket.last.receive(encode(CREATED));
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

test('a page that is loaded after the stop does not take the room back', async () => {
  const { WebSocket, clock } = stillEnvironment();
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const opened = createRoom('ws://relay', { WebSocket, clock, storage });
  await Promise.resolve();
  FakeSocket.last.open();
  FakeSocket.last.receive(encode(CREATED));
  FakeSocket.last.receive(encode({ cmd: 'player_joined', player: 1 }));
  const greeting = { from: 7, to: 0, ask: 1, had: 0, answer: 0, origin: 0, next: 0, player: 0 };
  FakeSocket.last.receive(encode({ cmd: 'from', from: 1, data: writeGreeting(greeting) }));
  const room = await opened;
  expect(kept.size).toBe(1);
  room.stop();
  expect(kept.size).toBe(0);
  FakeSocket.last.receive(encode({ cmd: 'player_left', player: 1 }));
  expect(kept.size).toBe(0);
});
