import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Liveness } from '../../../src/cluster/nodes/liveness.js';
import { TestTimers } from '../../support/test-timers.js';

/** The relays that are asked, each with what it does. */
type Behaviour = 'answer' | 'noResponders' | 'timeout';

class Subject {
  readonly timers = new TestTimers();
  readonly events: string[] = [];
  readonly asked: string[] = [];
  readonly behaviour = new Map<string, Behaviour>();
  readonly liveness = new Liveness({
    timers: this.timers,
    observer: {
      silent: (run) => void this.events.push(`${run} silent`),
      back: (run) => void this.events.push(`${run} back`),
      ended: (run) => void this.events.push(`${run} ended`),
    },
    ping: (run, timeout) =>
      new Promise((resolve) => {
        this.asked.push(run);
        const behaviour = this.behaviour.get(run) ?? 'answer';
        const time = behaviour === 'timeout' ? timeout : 1;
        this.timers.after(time, () => resolve(behaviour));
      }),
  });

  /** Lets time pass, and promises resolve. */
  async pass(seconds: number): Promise<void> {
    for (let milliseconds = 0; milliseconds < seconds * 1000; milliseconds += 5) {
      this.timers.pass(0.005);
      await setImmediate();
    }
  }
}

describe('a run that nobody uses', () => {
  test('is silent after two seconds without a word, and back with the next', async () => {
    const subject = new Subject();
    subject.behaviour.set('B', 'timeout');
    subject.liveness.heard('B');
    await subject.pass(1.9);
    subject.liveness.heard('B');
    await subject.pass(1.9);
    expect(subject.events).toEqual([]);
    expect(subject.asked).toEqual([]);
    await subject.pass(0.4);
    expect(subject.events).toEqual(['B silent']);
    expect(subject.liveness.isSilent('B')).toBe(true);
    subject.liveness.heard('B');
    expect(subject.events).toEqual(['B silent', 'B back']);
    expect(subject.liveness.isSilent('B')).toBe(false);
  });

  test('has ended if it is silent and nobody answers', async () => {
    const subject = new Subject();
    subject.behaviour.set('B', 'noResponders');
    subject.liveness.heard('B');
    await subject.pass(3);
    expect(subject.events).toEqual(['B silent', 'B ended']);
    expect(subject.liveness.isSilent('B')).toBeUndefined();
    expect(subject.timers.running).toBe(0);
  });

  test('is not silent because this process stood still', async () => {
    const subject = new Subject();
    subject.liveness.heard('B');
    const now = subject.timers.now();
    // The clock jumps, and timers are late.
    const clock = { at: now + 60_000 };
    Object.assign(subject.timers, { now: () => clock.at });
    await subject.pass(0.3);
    expect(subject.events).toEqual([]);
  });
});

describe('a run in use', () => {
  test('is not asked while it is heard', async () => {
    const subject = new Subject();
    subject.liveness.setUsed('B', true);
    for (let i = 0; i < 20; i++) {
      subject.liveness.heard('B');
      await subject.pass(0.1);
    }
    expect(subject.asked).toEqual([]);
  });

  test('is asked when it is quiet, and an answer counts as a word', async () => {
    const subject = new Subject();
    subject.liveness.setUsed('B', true);
    await subject.pass(5);
    expect(subject.events).toEqual([]);
    expect(subject.asked.length).toBeGreaterThan(5);
    expect(subject.asked.length).toBeLessThan(25);
  });

  test('has ended within a second if nobody answers, also to the question under way', async () => {
    const subject = new Subject();
    subject.liveness.setUsed('B', true);
    subject.behaviour.set('B', 'timeout');
    await subject.pass(0.26);
    subject.behaviour.set('B', 'noResponders');
    await subject.pass(0.6);
    expect(subject.events).toEqual(['B ended']);
  });

  test('has not ended if it was away from the bus for a moment', async () => {
    const subject = new Subject();
    subject.liveness.setUsed('B', true);
    subject.behaviour.set('B', 'noResponders');
    await subject.pass(0.45);
    subject.behaviour.set('B', 'answer');
    await subject.pass(2);
    expect(subject.events).toEqual([]);
  });

  test('has not ended because it reconnects later than this relay', async () => {
    const subject = new Subject();
    subject.liveness.setUsed('B', true);
    subject.behaviour.set('B', 'noResponders');
    subject.liveness.reconnected();
    await subject.pass(1.5);
    expect(subject.events).toEqual([]);
    await subject.pass(1.5);
    expect(subject.events).toContain('B ended');
  });

  test('that stands still is silent, and asked less often from then on', async () => {
    const subject = new Subject();
    subject.liveness.setUsed('B', true);
    subject.behaviour.set('B', 'timeout');
    await subject.pass(2.5);
    expect(subject.events).toEqual(['B silent']);
    subject.asked.length = 0;
    await subject.pass(10);
    expect(subject.asked.length).toBeLessThan(50);
    subject.behaviour.set('B', 'answer');
    await subject.pass(0.5);
    expect(subject.events).toEqual(['B silent', 'B back']);
  });

  test('is not asked any more when it is not used, and nobody is after the end', async () => {
    const subject = new Subject();
    subject.liveness.setUsed('B', true);
    await subject.pass(1);
    subject.liveness.setUsed('B', false);
    subject.asked.length = 0;
    await subject.pass(1);
    expect(subject.asked).toEqual([]);
    subject.liveness.close();
    subject.liveness.heard('C');
    await subject.pass(5);
    expect([subject.events, subject.timers.running]).toEqual([[], 0]);
  });
});
