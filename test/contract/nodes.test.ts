import { describe, expect, onTestFinished, test } from 'vitest';
import type { Beat } from '../../src/cluster/nodes/beat.js';
import { Nodes } from '../../src/cluster/nodes/nodes.js';
import { SYSTEM_TIMERS } from '../../src/launch/timers.js';
import { BUSES, type TestBuses, untilStatus } from '../support/buses.js';

const PREFIX = 'lr.test';

describe.each(BUSES)('nodes $kind', ({ options, start }) => {
  const node = async (run: string, buses: TestBuses) => {
    const bus = await buses.connect();
    const events: string[] = [];
    const own: Omit<Beat, 'clock'> = {
      run,
      node: `node-of-${run}`,
      url: '',
      rooms: 3,
      load: 0.5,
      isDraining: false,
      version: 1,
    };
    const nodes = new Nodes({
      bus,
      prefix: PREFIX,
      timers: SYSTEM_TIMERS,
      own: () => own,
      observer: {
        silent: (run) => void events.push(`${run} silent`),
        back: (run) => void events.push(`${run} back`),
        ended: (run) => void events.push(`${run} ended`),
      },
    });
    onTestFinished(() => nodes.close());
    await bus.flush();
    return { bus, events, nodes, own };
  };

  test('hear of each other, and that one is gone', options, async () => {
    const buses = await start();
    const a = await node('A', buses);
    const b = await node('B', buses);
    await expect.poll(() => a.nodes.others).toMatchObject([b.own]);
    await expect.poll(() => b.nodes.others).toMatchObject([a.own]);
    expect(await a.nodes.ping('B', 5000)).toBe('answer');
    expect(await a.nodes.ping('C', 5000)).toBe('noResponders');
    // All of them have the clock of this process.
    const now = performance.now();
    await expect.poll(() => a.nodes.ownTime('B', now >>> 0)?.earliest).toBeGreaterThan(0);
    const { earliest = 0, latest = 0 } = a.nodes.ownTime('B', now >>> 0) ?? {};
    expect([earliest - 1 < now, now < latest + 1]).toEqual([true, true]);
    a.nodes.setUsed('B', true);
    b.nodes.close();
    await b.bus.close();
    await expect.poll(() => a.events).toEqual(['B ended']);
    expect(a.nodes.get('B')).toBeUndefined();
    expect(a.nodes.ownTime('B', 0)).toBeUndefined();
  });

  test('are not gone because the bus is', options, async () => {
    const buses = await start();
    const a = await node('A', buses);
    const b = await node('B', buses);
    await expect.poll(() => a.nodes.others).toMatchObject([b.own]);
    a.nodes.setUsed('B', true);
    const back = untilStatus(a.bus, 'reconnected');
    await buses.stop();
    await buses.start();
    await back;
    await expect.poll(() => a.nodes.ping('B', 1000)).toBe('answer');
    expect(a.events).toEqual([]);
  });

  test('ignore what is no beat', options, async () => {
    const buses = await start();
    const a = await node('A', buses);
    const bus = await buses.connect();
    bus.publish(`${PREFIX}.beat`, Buffer.from('{"run":"C"}'));
    const b = await node('B', buses);
    await expect.poll(() => a.nodes.others).toMatchObject([b.own]);
  });
});
