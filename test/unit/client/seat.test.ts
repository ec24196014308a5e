import { expect, test } from 'vitest';
import { writeGreeting } from '../../../src/client/exactly-once/envelope.js';
import { type Data, joinRoom } from '../../../src/client/index.js';
import { FakeSocket, stillEnvironment } from './fakes.js';

/** What the game hears of a message that comes before anything else. */
async function hear(message: Uint8Array): Promise<Data[]> {
  const { WebSocket, clock } = stillEnvironment();
  const joined = joinRoom('ws://relay', 'BCDF', { WebSocket, clock, storage: null });
  await Promise.resolve();
  FakeSocket.last.open();
  FakeSocket.last.receive(message);
  clock.pass(500);
  const seat = await joined;
  const heard: Data[] = [];
  seat.on('message', (data) => heard.push(data));
  await Promise.resolve();
  return heard;
}

const NOTHING = { ask: 0, had: 0, answer: 0, origin: 0, next: 0, player: 0 };

test('a greeting for the page before, which was never greeted, is none for the game', async () => {
  const answer = { ...NOTHING, from: 9, to: 8, ask: 1, answer: 2, next: 1, player: 3 };
  expect(await hear(writeGreeting(answer))).toEqual([]);
});

test("another player's greeting, passed on by a plain host, is a message like any other", async () => {
  const greeting = writeGreeting({ ...NOTHING, from: 9, to: 0, ask: 2 });
  expect(await hear(greeting)).toEqual([greeting]);
});
