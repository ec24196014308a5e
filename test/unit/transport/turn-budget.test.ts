import { setImmediate as endOfTurn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import {
  CHECK_EVERY,
  READ_TIME,
  type Share,
  TurnBudget,
} from '../../../src/transport/turn-budget.js';

let now = 1000;
vi.spyOn(performance, 'now').mockImplementation(() => now);
afterEach(() => {
  now = 1000;
});

const share = (): Share => ({ turn: 0, work: 0 });

/** Like a connection. */
function use(budget: TurnBudget, mine: Share, work: number): boolean {
  mine.work += work;
  return mine.work >= CHECK_EVERY && budget.isSpentBy(mine);
}

/** Works until its share is used up, and returns how long that took; each unit takes this long. */
function workUntilEnough(budget: TurnBudget, mine: Share, each: number): number {
  const start = now;
  for (let units = 0; units < 1e6; units++) {
    now += each;
    if (use(budget, mine, 1)) return now - start;
  }
  return Number.POSITIVE_INFINITY;
}

test('all connections of a turn share one budget', async () => {
  const budget = new TurnBudget();
  const first = workUntilEnough(budget, share(), 0.01);
  expect(first).toBeGreaterThan(READ_TIME);
  expect(first).toBeLessThan(READ_TIME + 1);
  // The others have only the work that is allowed without a check.
  for (let others = 0; others < 10; others++) {
    expect(workUntilEnough(budget, share(), 0.01)).toBeLessThan(0.5);
  }
  await endOfTurn();
  expect(workUntilEnough(budget, share(), 0.01)).toBeGreaterThan(READ_TIME);
});

test('a connection with little work is served, however much others have', () => {
  const budget = new TurnBudget();
  workUntilEnough(budget, share(), 0.01);
  const little = share();
  for (let i = 1; i < CHECK_EVERY; i++) expect(use(budget, little, 1)).toBe(false);
  // The same for a connection that has worked in this turn before.
  expect(use(budget, little, 1)).toBe(false);
  for (let i = 1; i < CHECK_EVERY; i++) expect(use(budget, little, 1)).toBe(false);
  expect(use(budget, little, 1)).toBe(true);
});

test('the work that a message causes also counts', () => {
  const budget = new TurnBudget();
  expect(use(budget, share(), 1000)).toBe(false);
  now += READ_TIME;
  expect(use(budget, share(), 1000)).toBe(true);
});

test('the more connections wait, the smaller is each share', () => {
  const budget = new TurnBudget();
  budget.waiting = 10;
  const shares: number[] = [];
  while (budget.waiting > 0) {
    budget.runShare(() => shares.push(workUntilEnough(budget, share(), 0.001)));
  }
  expect(shares[0]).toBeLessThan(1);
  expect(shares[9]).toBeGreaterThan(READ_TIME);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
});

test('a share ends with an exception', () => {
  const budget = new TurnBudget();
  budget.waiting = 100;
  const fails = () => {
    throw new Error('on purpose');
  };
  expect(() => budget.runShare(fails)).toThrow('on purpose');
  expect(workUntilEnough(budget, share(), 0.01)).toBeGreaterThan(READ_TIME);
});
