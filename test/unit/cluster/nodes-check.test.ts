import { expect, test } from 'vitest';
import type { Bus, BusAnswer } from '../../../src/cluster/bus/bus.js';
import { Nodes } from '../../../src/cluster/nodes/nodes.js';
import { TestTimers } from '../../support/test-timers.js';

/** Nodes that ask about a run, which gives these answers. */
function asking(answers: () => BusAnswer['is']) {
  const timers = new TestTimers();
  const bus = {
    subscribe: () => () => {},
    publish() {},
    onStatus: () => () => {},
    async request() {
      return { is: answers(), bytes: new Uint8Array(0) };
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
  return { nodes, pass, timers };
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
