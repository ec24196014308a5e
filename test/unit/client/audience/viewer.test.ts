import { expect, test, vi } from 'vitest';
import { joinAudience } from '../../../../src/client/index.js';
import { toSharedSignal, toStoredFrame } from '../../../../src/client/shared/item.js';
import { FakeSocket, settle, stillEnvironment } from '../fakes.js';

async function watch() {
  const { WebSocket, clock } = stillEnvironment();
  vi.stubGlobal('fetch', async () => Response.json({ audience: 0 }));
  const joining = joinAudience('ws://relay', 'BCDF', { WebSocket, clock, password: 'a b' });
  while (FakeSocket.all.length === 0) await new Promise(setImmediate);
  FakeSocket.last.open();
  clock.pass(500);
  return { viewer: await joining, clock };
}

test('a viewer requests all values, and its password is part of the URL', async () => {
  await watch();
  expect(FakeSocket.last.url).toBe('ws://relay/BCDF?as=audience&values=all&password=a+b&go=1');
});

test('a viewer reconnects after five minutes without a message, and not before', async () => {
  const { viewer, clock } = await watch();
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.pass(1_000);
      await settle();
    }
  };
  await pass(200);
  FakeSocket.last.receive('still here');
  await pass(290);
  expect([FakeSocket.all.length, viewer.status]).toEqual([1, 'open']);
  await pass(100);
  expect(FakeSocket.all.length).toBeGreaterThan(1);
  viewer.leave();
});

/** What the host shows to the audience. */
function show(shown: unknown, number: number): void {
  const content = new TextEncoder().encode(JSON.stringify(shown));
  const item = toSharedSignal({ kind: 'audience', mark: 7, number, key: '', content });
  FakeSocket.last.receive(toStoredFrame(item));
}

test.each<[string, unknown]>([
  ['numbers', { keys: 1, poll: 1, number: 1 }],
  ['text', { keys: 'a', poll: 'abc', number: 1 }],
  ['objects', { keys: {}, poll: {}, number: {} }],
  ['an object that is no text', { keys: [], poll: [], number: { toString: 1, valueOf: 1 } }],
  ['lists of other values', { keys: [1, null], poll: [{ toString: 1 }, 2], number: [[]] }],
  ['null', null],
])('a poll of %s asks nothing, and the next one counts', async (_name, shown) => {
  const { viewer } = await watch();
  const polls: unknown[] = [];
  viewer.on('poll', (choices) => polls.push(choices));
  await settle();
  show(shown, 1);
  show({ keys: [], poll: ['red', 2, 'blue'], number: 2 }, 2);
  await settle();
  expect([polls, viewer.poll]).toEqual([[['red', 'blue']], ['red', 'blue']]);
  viewer.leave();
});
