import { performance } from 'node:perf_hooks';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { TurnQueue } from '../../../src/transport/turn-queue.js';

/** In milliseconds. */
let now: number;

beforeEach(() => {
  now = 1000;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  return () => clock.mockRestore();
});

/** Runs a number of jobs of a given duration; returns a list of completed jobs. */
function queued(queue: TurnQueue, count: number, milliseconds: number): number[] {
  const done: number[] = [];
  for (let n = 0; n < count; n++) {
    queue.run(() => {
      now += milliseconds;
      done.push(n);
    });
  }
  return done;
}

test('a job runs at once while its turn has time', () => {
  expect(queued(new TurnQueue(), 3, 1)).toEqual([0, 1, 2]);
});

test('many jobs are spread over turns, in order', async () => {
  const done = queued(new TurnQueue(), 10, 1);
  const perTurn = [done.length];
  while (done.length < 10) {
    const before = done.length;
    await endOfTurn();
    perTurn.push(done.length - before);
  }
  expect(perTurn).toEqual([3, 3, 3, 1]);
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a job that is added while others wait runs after them', async () => {
  const queue = new TurnQueue();
  const done = queued(queue, 5, 1);
  await endOfTurn();
  expect(done.length).toBe(5);
  await endOfTurn();
  const later = queued(queue, 4, 1);
  expect(later).toEqual([0, 1, 2]);
  queue.run(() => later.push(99));
  await endOfTurn();
  expect(later).toEqual([0, 1, 2, 3, 99]);
});

const DEFERS: [string, (work: () => void) => unknown][] = [
  ['for the next tick', (work) => process.nextTick(work)],
  [
    'until promises are settled',
    async (work) => {
      for (let hops = 0; hops < 5; hops++) await undefined;
      work();
    },
  ],
];

test.each(DEFERS)('work that a job defers %s counts against its turn', async (_, defer) => {
  const queue = new TurnQueue();
  const done: number[] = [];
  const job = (n: number): void => {
    done.push(n);
    defer(() => {
      now += 2;
    });
  };
  queue.run(() => {
    now += 3;
  });
  for (let n = 0; n < 6; n++) queue.run(() => job(n));
  expect(done).toEqual([]);
  await endOfTurn();
  expect(done).toEqual([0, 1]);
});

test('the turn after an idle one has its full time', async () => {
  const queue = new TurnQueue();
  for (let turns = 0; turns < 3; turns++) {
    expect(queued(queue, 3, 1)).toEqual([0, 1, 2]);
    await endOfTurn();
  }
});

test("jobs whose end is awaited are spread, too, and an error is the awaiter's", async () => {
  const queue = new TurnQueue();
  let done = 0;
  const job = (): void => {
    now += 1;
    done++;
    if (done === 2) throw new Error('the second one');
  };
  const results = Array.from({ length: 5 }, () => queue.settle(job));
  const settled = Promise.allSettled(results);
  await Promise.resolve();
  expect(done).toBe(3);
  const statuses = (await settled).map(({ status }) => status);
  expect(statuses).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
});
