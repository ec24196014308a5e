import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bus } from '../../src/cluster/bus/bus.js';
import { ALL_BLOCKS, Blocks, codesOfBlock, wantsMore } from '../../src/cluster/directory/blocks.js';
import { type Block, Directory } from '../../src/cluster/directory/directory.js';
import { registerNode } from '../../src/cluster/directory/register-node.js';
import type { RoomCode } from '../../src/rooms/ids.js';
import { BUSES, type TestBuses } from '../support/buses.js';

/** A relay, as far as the directory knows it. */
class Relay {
  readonly lost: Block[] = [];
  /** Runs that have ended long ago. */
  readonly expired = new Set<string>();
  /** With it, all relays try the same blocks first. */
  random = Math.random;
  blocks!: Blocks;
  directory!: Directory;

  private constructor(
    readonly run: string,
    readonly bus: Bus,
  ) {}

  get place() {
    return { run: this.run, url: `wss://${this.run}.example` };
  }

  static async start(run: string, buses: TestBuses): Promise<Relay> {
    const relay = new Relay(run, await buses.connect());
    const bucket = await relay.bus.bucket('codes');
    relay.blocks = new Blocks({
      bucket,
      self: { ...relay.place, node: `node-of-${run}` },
      isExpired: (run) => relay.expired.has(run),
      lost: (block) => relay.lost.push(block),
      random: () => relay.random(),
    });
    relay.directory = await Directory.open(bucket, {
      blockChanged: (block, record, revision) => relay.blocks.changed(block, record, revision),
    });
    onTestFinished(() => relay.directory.close());
    return relay;
  }

  async bucket() {
    return this.bus.bucket('codes');
  }

  /** Resolves when this relay knows where the code is. */
  async until(code: string, home: unknown): Promise<void> {
    await expect.poll(() => this.directory.home(code as RoomCode)).toEqual(home);
  }
}

const BCDF = 'BCDF' as RoomCode;

test('there are 400 blocks of 400 codes', () => {
  expect([new Set(ALL_BLOCKS).size, codesOfBlock(4), codesOfBlock(6)]).toEqual([400, 400, 160_000]);
});

describe.each(BUSES)('the directory $kind', ({ options, start }) => {
  const relays = async (...runs: string[]) => {
    const buses = await start();
    return Promise.all(runs.map((run) => Relay.start(run, buses)));
  };

  test('says whose a code is, when its block is claimed', options, async () => {
    const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
    expect(a.directory.home(BCDF)).toBeUndefined();
    expect(await a.blocks.claim(['BC'])).toBe('BC');
    expect(a.blocks.own).toEqual(['BC']);
    for (const each of [a, b]) await each.until(BCDF, { ...a.place, epoch: 1 });
    expect(b.directory.home('CDFG' as RoomCode)).toBeUndefined();
  });

  test('gives a block to one of those that claim it at once', options, async () => {
    const all = await relays('A', 'B', 'C', 'D');
    const claims = await Promise.all(all.map(({ blocks }) => blocks.claim(['BC'])));
    const winners = all.filter((_, i) => claims[i] !== undefined);
    expect(winners).toHaveLength(1);
    for (const each of all) await each.until(BCDF, { ...winners[0]?.place, epoch: 1 });
    expect(all.flatMap(({ lost }) => lost)).toEqual([]);
    expect(all.flatMap(({ blocks }) => blocks.own)).toEqual(['BC']);
  });

  test('gives everybody different blocks', options, async () => {
    const all = await relays('A', 'B', 'C', 'D');
    // The same order for all.
    for (const relay of all) relay.random = () => 0;
    const claims = all.flatMap(({ blocks }) =>
      Array.from({ length: 4 }, async () => blocks.claim(ALL_BLOCKS.slice(0, 24))),
    );
    const claimed = await Promise.all(claims);
    const owned = all.flatMap(({ blocks }) => blocks.own);
    expect(new Set(owned).size).toBe(owned.length);
    expect(new Set(owned)).toEqual(new Set(claimed));
  });

  test('has no block for a relay when all are taken', options, async () => {
    const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
    expect(await a.blocks.claim(['BC'])).toBe('BC');
    expect(await b.blocks.claim(['BC'])).toBeUndefined();
    expect(await a.blocks.claim(['BC'])).toBeUndefined();
  });

  test('takes a block back, and gives it to another', options, async () => {
    const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
    await a.blocks.claim(['BC']);
    await a.blocks.giveBack('BC');
    await a.blocks.giveBack('BC');
    await b.until(BCDF, undefined);
    expect(await b.blocks.claim(['BC'])).toBe('BC');
    await a.until(BCDF, { ...b.place, epoch: 1 });
    expect(a.lost).toEqual([]);
  });

  test(
    'gives a block of a run that is over to one other, and says so to the run',
    options,
    async () => {
      const [a, b, c] = (await relays('A', 'B', 'C')) as [Relay, Relay, Relay];
      await a.blocks.claim(['BC']);
      expect(await b.blocks.claim(['BC'])).toBeUndefined();
      for (const each of [b, c]) each.expired.add('A');
      const claims = await Promise.all([b, c].map(({ blocks }) => blocks.claim(['BC'])));
      expect(claims.filter((block) => block === 'BC')).toHaveLength(1);
      await expect.poll(() => a.lost).toEqual(['BC']);
      expect(a.blocks.own).toEqual([]);
    },
  );

  test('gives a relay that has restarted its blocks back', options, async () => {
    const [a, again, b] = (await relays('A', 'A2', 'B')) as [Relay, Relay, Relay];
    await a.blocks.claim(['BC']);
    await a.blocks.claim(['CD']);
    await b.blocks.claim(['DF']);
    await again.until('CDFG', { ...a.place, epoch: 1 });
    await again.until('DFGH', { ...b.place, epoch: 1 });
    const inherited = await again.blocks.inherit(again.directory.blocks.keys(), new Set(['A']));
    expect(inherited.toSorted()).toEqual(['BC', 'CD']);
    for (const code of ['BCDF', 'CDFG']) await b.until(code, { ...again.place, epoch: 1 });
  });

  test('gets back what the bucket has lost', options, async () => {
    const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
    await a.blocks.claim(['BC']);
    await a.blocks.claim(['CD']);
    // As if another server had given an empty bucket, in which B was faster.
    const bucket = await b.bucket();
    await bucket.put('BC', '{}');
    await bucket.put('CD', JSON.stringify({ owner: { ...b.place, node: 'b' } }));
    await expect.poll(() => a.lost.toSorted()).toEqual(['BC', 'CD']);
    expect(await a.blocks.claim(['BC', 'CD'])).toBe('BC');
    await a.blocks.confirm();
    expect(a.blocks.own).toEqual(['BC']);
  });

  test('confirms a claim that the bucket does not have', options, async () => {
    const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
    await a.blocks.claim(['BC']);
    await b.until(BCDF, { ...a.place, epoch: 1 });
    const confirming = a.blocks.confirm();
    await confirming;
    expect(a.blocks.own).toEqual(['BC']);
    expect(a.lost).toEqual([]);
  });

  test('ignores what is no record', options, async () => {
    const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
    const bucket = await a.bucket();
    for (const key of ['BC', 'BCDF', 'XX.YY', 'lower']) await bucket.put(key, '{"epoch":"x"');
    expect(await b.blocks.claim(['BC'])).toBe('BC');
    await a.until(BCDF, { ...b.place, epoch: 1 });
  });

  describe('moves rooms', () => {
    test('from their block, and on', options, async () => {
      const [a, b, c] = (await relays('A', 'B', 'C')) as [Relay, Relay, Relay];
      await a.blocks.claim(['BC']);
      expect(await b.directory.move(BCDF, 1, b.place)).toBe(2);
      for (const each of [a, b, c]) await each.until(BCDF, { ...b.place, epoch: 2 });
      expect(await c.directory.move(BCDF, 2, c.place)).toBe(3);
      for (const each of [a, b, c]) await each.until(BCDF, { ...c.place, epoch: 3 });
      expect(a.directory.home('BCDG' as RoomCode)).toEqual({ ...a.place, epoch: 1 });
    });

    test('to one of those that want one at once', options, async () => {
      const all = await relays('A', 'B', 'C', 'D');
      for (const from of [1, 2]) {
        const moves = all.map(({ directory, place }) => directory.move(BCDF, from, place));
        const epochs = await Promise.all(moves);
        expect(epochs.filter((epoch) => epoch !== undefined)).toEqual([from + 1]);
        const winner = all[epochs.findIndex((epoch) => epoch !== undefined)];
        for (const each of all) await each.until(BCDF, { ...winner?.place, epoch: from + 1 });
      }
    });

    test('not for a relay that knows less than the directory', options, async () => {
      const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
      expect(await a.directory.move(BCDF, 4, a.place)).toBe(5);
      expect(await b.directory.move(BCDF, 3, b.place)).toBeUndefined();
      expect(await b.directory.move(BCDF, 4, b.place)).toBeUndefined();
    });

    test('and not back when the bucket has lost the latest move', options, async () => {
      const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
      await a.directory.move(BCDF, 1, a.place);
      const bucket = await a.bucket();
      const before = await bucket.get(BCDF);
      await b.directory.move(BCDF, 2, b.place);
      await a.until(BCDF, { ...b.place, epoch: 3 });
      await bucket.put(BCDF, before?.value ?? '');
      // What is reported after it.
      await a.blocks.claim(['CD']);
      for (const each of [a, b]) await each.until('CDFG', { ...a.place, epoch: 1 });
      for (const each of [a, b]) await each.until(BCDF, { ...b.place, epoch: 3 });
      await a.directory.confirmMoves('A');
      expect(await bucket.get(BCDF)).toMatchObject({ value: before?.value });
      await b.directory.confirmMoves('B');
      expect(JSON.parse((await bucket.get(BCDF))?.value ?? '')).toMatchObject({ epoch: 3 });
    });

    test('back to their block when they have ended, with a higher epoch', options, async () => {
      const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
      await a.blocks.claim(['BC']);
      await b.directory.move(BCDF, 1, b.place);
      expect(await b.directory.endMove(BCDF, 1)).toBe(false);
      expect(await b.directory.endMove(BCDF, 2)).toBe(true);
      for (const each of [a, b]) await each.until(BCDF, { ...a.place, epoch: 3 });
      expect(await b.directory.endMove('CDFG' as RoomCode, 1)).toBe(false);
    });
  });

  describe('registers relays by name', () => {
    test('and says which run was before', options, async () => {
      const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
      const gone = async () => false;
      expect(await registerNode(await a.bucket(), 'one', a.place, gone)).toEqual(new Set());
      expect(await registerNode(await b.bucket(), 'one', b.place, gone)).toEqual(new Set(['A']));
      expect(await registerNode(await b.bucket(), 'two', b.place, gone)).toEqual(new Set());
    });

    test('but not two that are running', options, async () => {
      const [a, b] = (await relays('A', 'B')) as [Relay, Relay];
      const isRunning = async (run: string) => run === 'A' || run === 'B';
      await registerNode(await a.bucket(), 'one', a.place, isRunning);
      await expect(registerNode(await b.bucket(), 'one', b.place, isRunning)).rejects.toThrow(
        'another relay with the name one is running',
      );
      const [c, d] = (await relays('C', 'D')) as [Relay, Relay];
      const there = async (run: string) => run === 'C' || run === 'D';
      const starts = [c, d].map(async (each) =>
        registerNode(await each.bucket(), 'one', each.place, there),
      );
      const outcomes = await Promise.allSettled(starts);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });
  });
});

describe('a relay wants another block', () => {
  test('when a quarter of its codes is in use', () => {
    expect(wantsMore(0, 0, 4)).toBe(true);
    expect([199, 200].map((codes) => wantsMore(codes, 2, 4))).toEqual([false, true]);
    expect(wantsMore(200, 2, 5)).toBe(false);
  });
});
