import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { World, type WorldOptions } from './world.js';

/** How many worlds, and steps in each; MODEL_STEPS sets the sum of all steps. */
const STEPS_PER_WORLD = 2_000;
const WORLDS = Math.ceil(Number(process.env['MODEL_STEPS'] ?? 120_000) / STEPS_PER_WORLD / 4);

describe('every message arrives once and in order, or is reported as lost', () => {
  test.each<[string, Omit<WorldOptions, 'seed'>]>([
    ['with large buffers', {}],
    ['with small buffers', { limit: 1_500, keep: 20 }],
    ['with reloaded pages', { limit: 50_000, reloads: true }],
    ['with more to retransmit than is sent at once', { length: 5_000 }],
    [
      'with more to retransmit than is sent at once, and small buffers',
      { length: 5_000, limit: 4e5 },
    ],
    ['with more greetings than are answered at once', { stepTime: 1, reloads: true }],
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
    // The sender is told of each message that its receiver lacks.
    if (!options.reloads) expect(sums['lost']).toBe(sums['gaps']);
    if (options.length !== undefined || options.stepTime !== undefined)
      expect(sums['pauses']).toBeGreaterThan(0);
    if (options.keep !== undefined) expect(sums['gaps']).toBeGreaterThan(0);
  });
});
