import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { SessionModel, type SessionModelOptions } from './session-model.js';

/** How many models, and steps in each. MODEL_STEPS sets the total of all steps. */
const STEPS_PER_MODEL = 2_000;
const MODELS = Math.ceil(Number(process.env['MODEL_STEPS'] ?? 120_000) / STEPS_PER_MODEL / 4);

describe('every message arrives once and in order, or is reported as lost', () => {
  test.each<[string, Omit<SessionModelOptions, 'seed'>]>([
    ['with large buffers', {}],
    ['with small buffers', { limit: 1_500, relayBuffer: 20 }],
    ['with reloaded pages', { limit: 50_000, reloads: true }],
    ['with more to retransmit than is sent at once', { length: 5_000 }],
    [
      'with more to retransmit than is sent at once, and small buffers',
      { length: 5_000, limit: 4e5 },
    ],
    ['with more greetings than are answered at once', { stepTime: 1, reloads: true }],
  ])('%s', { timeout: 600_000 }, (_name, options) => {
    const totals: Record<string, number> = {};
    for (let seed = 1; seed <= MODELS; seed++) {
      const model = new SessionModel({ ...options, seed });
      try {
        for (let step = 0; step < STEPS_PER_MODEL; step++) {
          model.step();
          if (step % 500 === 499) model.settle();
        }
        model.settle();
      } catch (error) {
        throw new Error(`seed ${seed}, step ${model.counts.steps}: ${error}`, { cause: error });
      }
      for (const [name, count] of Object.entries(model.counts)) {
        totals[name] = (totals[name] ?? 0) + count;
      }
    }
    if (process.env['MODEL_STEPS'] !== undefined) console.log(_name, totals);
    const isBounded = options.limit !== undefined;
    if (!isBounded) expect(totals['gaps']).toBe(0);
    else expect(totals['received']).toBeGreaterThan(0);
    // The sender reports each message that its receiver has missed.
    if (!options.reloads) expect(totals['lost']).toBe(totals['gaps']);
    if (options.length !== undefined || options.stepTime !== undefined)
      expect(totals['pauses']).toBeGreaterThan(0);
    if (options.relayBuffer !== undefined) expect(totals['gaps']).toBeGreaterThan(0);
  });
});
