import { performance } from 'node:perf_hooks';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FlushCycle } from '../../../src/transport/flush-cycle.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

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
  /** A connection comes, and is answered. */
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
  test('leave at once, if one comes alone', () => {
    const { answer, left } = made();
    answer('first');
    expect(left).toEqual(['first']);
    now += 1;
    answer('second');
    expect(left).toEqual(['first', 'second']);
  });

  test('leave together, as long as every turn brings one', async () => {
    const { answer, left } = made();
    for (let burst = 0; burst < 2; burst++) {
      left.length = 0;
      answer('alone');
      answer('first');
      await turn();
      answer('second');
      now += 0.9;
      await turn();
      expect(left).toEqual(['alone']);
      await turn();
      expect(left).toEqual(['alone', 'first', 'second']);
      now += 0.9;
      answer('third');
      expect(left).not.toContain('third');
      await turn();
      await turn();
      expect(left).toContain('third');
      now += 1;
    }
  });

  test('leave before what is sent on these connections', async () => {
    const { cycle, answer, left } = made();
    answer('alone');
    answer('answer');
    cycle.schedule({ bulk: false, flush: () => left.push('frames') });
    await turn();
    await turn();
    expect(left).toEqual(['alone', 'answer', 'frames']);
  });

  test('do not wait for ever, if connections never stop to come', async () => {
    const { answer, left } = made();
    for (let turns = 0; turns < 20; turns++) {
      answer('answer');
      await turn();
      now += 0.1;
    }
    expect(left.length).toBeGreaterThanOrEqual(10);
  });
});

test('chunks that follow one another closely are of one turn, however long each takes', async () => {
  const { cycle } = made();
  const read = () => {
    cycle.beginChunk();
    cycle.schedule({ bulk: false, flush() {} });
    now += 4;
    cycle.endChunk();
  };
  read();
  const { turn: first } = cycle;
  for (let i = 0; i < 10; i++) read();
  expect(cycle.turn).toBe(first);
  await turn();
  expect(cycle.turn).toBe(first + 1);
});
