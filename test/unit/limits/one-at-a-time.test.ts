import { expect, test } from 'vitest';
import { OneAtATime } from '../../../src/limits/one-at-a-time.js';

test('jobs of one name run one after the other, also after one that fails; others do not wait', async () => {
  const jobs = new OneAtATime(60_000);
  const events: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const run = (name: string, job: string): Promise<void> =>
    jobs.run(name, () => {
      events.push(job);
      return new Promise((resolve, reject) => {
        ends.set(job, (error) => (error === undefined ? resolve() : reject(error)));
      });
    });
  const all = [run('a', 'a1'), run('a', 'a2'), run('b', 'b1'), run('a', 'a3')];
  const settled = Promise.allSettled(all);
  expect(events).toEqual(['a1', 'b1']);
  ends.get('a1')?.(new Error('failed'));
  await expect.poll(() => events).toEqual(['a1', 'b1', 'a2']);
  ends.get('a2')?.();
  await expect.poll(() => events).toEqual(['a1', 'b1', 'a2', 'a3']);
  for (const end of ends.values()) end();
  expect((await settled).map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});

test('a job that takes too long does not delay the next one', async () => {
  const jobs = new OneAtATime(1);
  const endless = jobs.run('a', () => new Promise(() => {}));
  let hasRun = false;
  await jobs.run('a', async () => {
    hasRun = true;
  });
  expect(hasRun).toBe(true);
  await endless;
});
