import { expect, test } from 'vitest';
import { EndedRuns } from '../../../src/server/cluster/ended-runs.js';

test('a run is expired when its rooms cannot come back, and then forgotten', () => {
  const ended = new EndedRuns(1000);
  ended.add('first', 5000);
  expect(ended.isExpired('first', 6000)).toBe(false);
  expect(ended.isExpired('first', 6001)).toBe(true);
  for (let run = 0; run < 10_000; run++) ended.add(`${run}`, 6001 + run);
  expect(ended.size).toBe(1001);
  expect(ended.isExpired('first', 16_000)).toBe(true);
  expect(ended.isExpired('9999', 16_001)).toBe(false);
});

test('a run that was never seen may have ended just before this relay started', () => {
  const ended = new EndedRuns(1000);
  expect(ended.isExpired('unknown', 1000)).toBe(false);
  expect(ended.isExpired('unknown', 1001)).toBe(true);
});

test('how long ago a run has ended is known only of those that were seen to end', () => {
  const runs = new EndedRuns(60_000);
  runs.add('ended', 1000);
  expect(runs.hasEndedFor('ended', 500, 1400)).toBe(false);
  expect(runs.hasEndedFor('ended', 500, 1500)).toBe(true);
  expect(runs.hasEndedFor('unknown', 500, 9000)).toBe(false);
});
