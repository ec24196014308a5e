import { performance } from 'node:perf_hooks';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';

/** In milliseconds. */
let now: number;

beforeEach(() => {
  now = 1000;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  return () => clock.mockRestore();
});

function made() {
  const left: string[] = [];
  const cycle = new FlushCycle();
  /** A connection is accepted and answered. */
  const answer = (what: string): void => {
    const corked: string[] = [];
    let isCorked = false;
    cycle.gather({
      cork() {
        isCorked = true;
      },
      uncork() {
        isCorked = false;
        left.push(...corked);
      },
    });
    (isCorked ? corked : left).push(what);
  };
  return { cycle, answer, left };
}

describe('answers to new connections', () => {
  test('are written at once for a single connection', () => {
    const { answer, left } = made();
    answer('first');
    expect(left).toEqual(['first']);
    now += 1;
    answer('second');
    expect(left).toEqual(['first', 'second']);
  });

  test('are written together while every turn has one', async () => {
    const { answer, left } = made();
    for (let burst = 0; burst < 2; burst++) {
      left.length = 0;
      answer('alone');
      answer('first');
      await endOfTurn();
      answer('second');
      now += 0.9;
      await endOfTurn();
      expect(left).toEqual(['alone']);
      await endOfTurn();
      expect(left).toEqual(['alone', 'first', 'second']);
      now += 0.9;
      answer('third');
      expect(left).not.toContain('third');
      await endOfTurn();
      await endOfTurn();
      expect(left).toContain('third');
      now += 1;
    }
  });

  test('are written before other output of these connections', async () => {
    const { cycle, answer, left } = made();
    answer('alone');
    answer('answer');
    cycle.schedule({ bulk: false, flush: () => left.push('frames') });
    await endOfTurn();
    await endOfTurn();
    expect(left).toEqual(['alone', 'answer', 'frames']);
  });

  test('are not delayed without end by ever more connections', async () => {
    const { answer, left } = made();
    for (let turns = 0; turns < 20; turns++) {
      answer('answer');
      await endOfTurn();
      now += 0.1;
    }
    expect(left.length).toBeGreaterThanOrEqual(10);
  });
});

test('of chunks in quick succession, all but the first wait for the turn', async () => {
  const { cycle } = made();
  let flushed = 0;
  const read = () => {
    cycle.beginChunk();
    cycle.schedule({ bulk: false, flush: () => flushed++ });
    now += 4;
    cycle.endChunk();
  };
  for (let i = 0; i < 10; i++) read();
  expect(flushed).toBe(1);
  await endOfTurn();
  expect(flushed).toBe(10);
});
