import { expect, test } from 'vitest';
import { BusError } from '../../../src/cluster/bus/bus.js';
import { Confirmation } from '../../../src/server/cluster/confirmation.js';
import { TestTimers } from '../../support/test-timers.js';

/** A confirmation whose writes end when the test says so. */
function confirming() {
  const timers = new TestTimers();
  const writes: { done(): void; fail(): void }[] = [];
  const failures: string[] = [];
  const state = { isConnected: true };
  const confirmation = new Confirmation({
    timers,
    isConnected: () => state.isConnected,
    write: () =>
      new Promise((resolve, reject) => {
        writes.push({ done: () => resolve(), fail: () => reject(new BusError('no answer')) });
      }),
    failed: ({ message }) => failures.push(message),
    fault: (error) => {
      throw error;
    },
  });
  return { confirmation, timers, writes, failures, state };
}

const settled = () => new Promise(setImmediate);

test('writes after each reconnect, and never twice at the same time', async () => {
  const { confirmation, writes } = confirming();
  confirmation.allow();
  confirmation.begin();
  confirmation.begin();
  confirmation.begin();
  expect(writes).toHaveLength(1);
  writes[0]?.done();
  await settled();
  expect(writes).toHaveLength(2);
  writes[1]?.done();
  await settled();
  expect(writes).toHaveLength(2);
});

test('writes nothing before it is allowed to', async () => {
  const { confirmation, writes } = confirming();
  confirmation.begin();
  expect(writes).toHaveLength(0);
  confirmation.allow();
  expect(writes).toHaveLength(1);
});

test('tries again each second until it succeeds, and reports the first failure', async () => {
  const { confirmation, timers, writes, failures } = confirming();
  confirmation.allow();
  confirmation.begin();
  for (let attempt = 0; attempt < 3; attempt++) {
    writes[attempt]?.fail();
    await settled();
    expect(writes).toHaveLength(attempt + 1);
    timers.pass(1);
    await settled();
  }
  expect(writes).toHaveLength(4);
  expect(failures).toEqual(['no answer']);
});

test('leaves it to the next reconnect if there is no connection', async () => {
  const { confirmation, timers, writes, state } = confirming();
  confirmation.allow();
  confirmation.begin();
  state.isConnected = false;
  writes[0]?.fail();
  await settled();
  timers.pass(5);
  await settled();
  expect(writes).toHaveLength(1);
});
