import { describe, expect, test } from 'vitest';
import type { Bus, BusAnswer, BusStatus } from '../../../src/cluster/bus/bus.js';
import { readBeat, writeClock } from '../../../src/cluster/nodes/beat.js';
import { CLOCK_INTERVAL, Nodes } from '../../../src/cluster/nodes/nodes.js';
import { TestTimers } from '../../support/test-timers.js';

/** Nodes that ask about a run, which gives these answers. */
function asking(answers: () => BusAnswer['is'], clock: () => Uint8Array = () => new Uint8Array(0)) {
  const timers = new TestTimers();
  const asked = { count: 0 };
  const beats: (number | undefined)[] = [];
  let report: (status: BusStatus) => void = () => {};
  const bus = {
    subscribe: () => () => {},
    publish(_: string, bytes: Uint8Array) {
      beats.push(readBeat(bytes)?.clock);
    },
    onStatus(listener: (status: BusStatus) => void) {
      report = listener;
      return () => {};
    },
    async request() {
      asked.count++;
      return { is: answers(), bytes: clock() };
    },
  } as unknown as Bus;
  const beat = {
    run: 'own',
    node: 'own',
    url: '',
    rooms: 0,
    load: 0,
    isDraining: false,
    version: 1,
  };
  const observer = { silent() {}, back() {}, ended() {} };
  const nodes = new Nodes({ bus, prefix: 'lr', timers, observer, own: () => beat });
  const pass = async (seconds: number): Promise<void> => {
    for (let steps = 0; steps < 40; steps++) {
      timers.pass(seconds / 40);
      await new Promise(setImmediate);
    }
  };
  return { asked, beats, nodes, pass, report: (status: BusStatus) => report(status), timers };
}

test('a run that does not answer for two seconds is silent', async () => {
  const { nodes, pass } = asking(() => 'timeout');
  const state = nodes.check('other');
  await pass(4);
  expect(await state).toBe('silent');
});

test('a relay that stands still meanwhile does not take another one for silent', async () => {
  let count = 0;
  const { nodes, pass, timers } = asking(() => (++count === 1 ? 'timeout' : 'answer'));
  const state = nodes.check('other');
  await new Promise(setImmediate);
  timers.pass(10);
  await pass(0.2);
  expect(await state).toBe('running');
});

test('a run that nobody has heard of, and that the bus does not know, has ended', async () => {
  const { nodes } = asking(() => 'noResponders');
  expect(await nodes.check('other')).toBe('ended');
});

test('a beat follows a reconnect at once, because others may have forgotten this run', () => {
  const { beats, nodes, report, timers } = asking(() => 'answer');
  timers.pass(0.1);
  report('disconnected');
  expect(beats).toHaveLength(1);
  report('reconnected');
  expect(beats).toEqual([beats[0], timers.now()]);
  nodes.close();
});

describe('the clock of a run in use', () => {
  test('is asked for at once, and again and again', async () => {
    const { asked, nodes, pass, timers } = asking(
      () => 'answer',
      () => writeClock(timers.now() - 5000),
    );
    nodes.setUsed('other', true);
    await pass(0);
    // There was no beat yet.
    const now = timers.now();
    expect(nodes.ownTime('other', now - 5000)).toEqual({ earliest: now, latest: now });
    const before = asked.count;
    await pass(2 * CLOCK_INTERVAL);
    expect(asked.count - before).toBeGreaterThanOrEqual(2);
    nodes.close();
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['too much', new Uint8Array(9)],
    ['no number', writeClock(Number.NaN)],
  ])('is not known by an answer that has %s', async (_, bytes) => {
    const { nodes, pass } = asking(
      () => 'answer',
      () => bytes,
    );
    nodes.setUsed('other', true);
    await pass(0);
    expect(nodes.ownTime('other', 0)).toBeUndefined();
    nodes.close();
  });
});
