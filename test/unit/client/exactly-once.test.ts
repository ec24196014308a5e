import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { World, type WorldOptions } from './world.js';

/** How many worlds, and steps in each; MODEL_STEPS sets the sum of all steps. */
const STEPS_PER_WORLD = 2_000;
const WORLDS = Math.ceil(Number(process.env['MODEL_STEPS'] ?? 120_000) / STEPS_PER_WORLD / 4);

describe('every message arrives once and in order, or is announced as lost', () => {
  test.each<[string, Omit<WorldOptions, 'seed'>]>([
    ['with room for all', {}],
    ['with little room', { limit: 1_500, keep: 20 }],
    ['with pages that are reloaded', { limit: 50_000, reloads: true }],
    ['with more to send again than goes at once', { length: 5_000 }],
  ])('%s', { timeout: 600_000 }, (_name, options) => {
    const sums: Record<string, number> = {};
    for (let seed = 1; seed <= WORLDS; seed++) {
      const world = new World({ ...options, seed });
      try {
        for (let step = 0; step < STEPS_PER_WORLD; step++) {
          world.step();
          if (step % 500 === 499) world.settle();
        }
        world.settle();
      } catch (error) {
        throw new Error(`seed ${seed}, step ${world.counts.steps}: ${error}`, { cause: error });
      }
      for (const [name, count] of Object.entries(world.counts)) {
        sums[name] = (sums[name] ?? 0) + count;
      }
    }
    if (process.env['MODEL_STEPS'] !== undefined) console.log(_name, sums);
    const isBounded = options.limit !== undefined;
    if (!isBounded) expect(sums['gaps']).toBe(0);
    else expect(sums['received']).toBeGreaterThan(0);
    if (options.length !== undefined) expect(sums['rests']).toBeGreaterThan(0);
    if (options.keep !== undefined) expect(sums['gaps']).toBeGreaterThan(0);
  });
});
