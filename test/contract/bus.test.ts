import { describe, expect, test } from 'vitest';
import type { Bucket, BucketEntry, Bus } from '../../src/cluster/bus/bus.js';
import { BUSES, type TestBuses, untilStatus } from '../support/buses.js';

/** What a subscription gets, as texts. */
class Received {
  readonly texts: string[] = [];

  constructor(bus: Bus, subject: string) {
    bus.subscribe(subject, ({ subject, bytes }) => {
      this.texts.push(`${subject} ${Buffer.from(bytes).toString()}`);
    });
  }

  /** Resolves when a message has arrived that ends with this. */
  async until(end: string): Promise<string[]> {
    await expect.poll(() => this.texts.at(-1) ?? '').toMatch(new RegExp(`${end}$`));
    return this.texts;
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** What a watch reports, by key. */
class Watched {
  readonly entries = new Map<string, BucketEntry>();
  stop: () => void = () => {};

  static async begin(bucket: Bucket): Promise<Watched> {
    const watched = new Watched();
    watched.stop = await bucket.watch((entry) => watched.entries.set(entry.key, entry));
    return watched;
  }

  get values(): Record<string, string> {
    const entries = [...this.entries.values()].map(({ key, value }) => [key, value]);
    return Object.fromEntries(entries.toSorted());
  }
}

describe.each(BUSES)('a bus $kind', ({ options, start }) => {
  const two = async (): Promise<{ buses: TestBuses; a: Bus; b: Bus }> => {
    const buses = await start();
    return { buses, a: await buses.connect(), b: await buses.connect() };
  };

  test('passes messages to all subscribers of a subject, in order', options, async () => {
    const { a, b } = await two();
    const [exact, any, other] = [
      new Received(b, 'x.y.z'),
      new Received(b, 'x.*.z'),
      new Received(b, 'x.y'),
    ];
    await b.flush();
    for (const text of ['1', '2', '3']) a.publish('x.y.z', bytes(text));
    a.publish('x.w.z', bytes('end'));
    expect(await any.until('end')).toEqual(['x.y.z 1', 'x.y.z 2', 'x.y.z 3', 'x.w.z end']);
    expect(exact.texts).toEqual(['x.y.z 1', 'x.y.z 2', 'x.y.z 3']);
    expect(other.texts).toEqual([]);
  });

  test('passes messages to the bus that sent them, too', options, async () => {
    const { a } = await two();
    const received = new Received(a, 'x');
    a.publish('x', bytes('own'));
    expect(await received.until('own')).toEqual(['x own']);
  });

  test('gives a receiver memory of its own', options, async () => {
    const { a, b } = await two();
    const received = new Promise<Uint8Array>((resolve) => {
      b.subscribe('x', ({ bytes }) => resolve(bytes));
    });
    await b.flush();
    const sent = Buffer.from('before');
    a.publish('x', sent);
    const got = await received;
    got[0] = 0;
    expect(sent.toString()).toBe('before');
  });

  test('passes nothing after the end of a subscription', options, async () => {
    const { a, b } = await two();
    const texts: string[] = [];
    const stop = b.subscribe('x', ({ bytes }) => texts.push(Buffer.from(bytes).toString()));
    const last = new Received(b, 'y');
    await b.flush();
    stop();
    await b.flush();
    a.publish('x', bytes('late'));
    a.publish('y', bytes('end'));
    await last.until('end');
    expect(texts).toEqual([]);
  });

  test('tells an answer, silence and nobody apart', options, async () => {
    const { a, b } = await two();
    b.subscribe('ask', (message) => message.respond(bytes('yes')));
    b.subscribe('deaf', () => {});
    await b.flush();
    const answer = await a.request('ask', bytes('?'), 5000);
    expect(answer.is === 'answer' && Buffer.from(answer.bytes).toString()).toBe('yes');
    expect(await a.request('deaf', bytes('?'), 20)).toEqual({ is: 'timeout' });
    expect(await a.request('empty', bytes('?'), 5000)).toEqual({ is: 'noResponders' });
  });

  test('has nobody where a bus was closed', options, async () => {
    const { a, b } = await two();
    b.subscribe('ask', (message) => message.respond(bytes('yes')));
    await b.flush();
    await b.close();
    await expect
      .poll(async () => (await a.request('ask', bytes('?'), 1000)).is)
      .toBe('noResponders');
    expect(b.isConnected).toBe(false);
    // Harmless.
    b.publish('ask', bytes('late'));
    await b.close();
  });

  test('reports interruptions, and goes on after them', options, async () => {
    const { buses, a, b } = await two();
    const received = new Received(b, 'x');
    await b.flush();
    const gone = [a, b].map((bus) => untilStatus(bus, 'disconnected'));
    await buses.stop();
    await Promise.all(gone);
    expect(a.isConnected).toBe(false);
    a.publish('x', bytes('lost'));
    expect(await a.request('x', bytes('?'), 20)).toEqual({ is: 'timeout' });
    const back = [a, b].map((bus) => untilStatus(bus, 'reconnected'));
    await buses.start();
    await Promise.all(back);
    expect(a.isConnected).toBe(true);
    await b.flush();
    a.publish('x', bytes('end'));
    expect(await received.until('end')).toEqual(['x end']);
  });

  describe('has buckets', () => {
    const bucket = async (): Promise<[Bucket, Bucket, TestBuses, Bus]> => {
      const { buses, a, b } = await two();
      return [await a.bucket('codes'), await b.bucket('codes'), buses, a];
    };

    test('that all share', options, async () => {
      const [a, b] = await bucket();
      expect(await b.get('BC')).toBeUndefined();
      const revision = await a.put('BC', 'one');
      expect(await b.get('BC')).toEqual({ key: 'BC', value: 'one', revision });
      expect(await b.put('BC', 'two')).toBeGreaterThan(revision);
      expect((await a.get('BC'))?.value).toBe('two');
      const other = await a.put('node.some-name_1', 'é');
      expect(await b.get('node.some-name_1')).toMatchObject({ value: 'é', revision: other });
    });

    test('where an entry is created once', options, async () => {
      const [a, b] = await bucket();
      const tries = [a, b, a, b].map((each, i) => each.create('BC', `${i}`));
      const revisions = await Promise.all(tries);
      expect(revisions.filter((revision) => revision !== undefined)).toHaveLength(1);
      const winner = revisions.findIndex((revision) => revision !== undefined);
      expect((await a.get('BC'))?.value).toBe(`${winner}`);
      expect(await b.create('BC', 'late')).toBeUndefined();
    });

    test('where one of two updates of a revision wins', options, async () => {
      const [a, b] = await bucket();
      const first = (await a.create('BC', 'first')) ?? 0;
      const updates = [a, b].map((each, i) => each.update('BC', `${i}`, first));
      const revisions = await Promise.all(updates);
      const won = revisions.filter((revision) => revision !== undefined);
      expect(won).toHaveLength(1);
      expect(won[0]).toBeGreaterThan(first);
      expect(await a.update('BC', 'late', first)).toBeUndefined();
      expect(await a.update('BC', 'next', won[0] ?? 0)).toBeGreaterThan(won[0] ?? 0);
    });

    test('that can be watched: all entries first, then the changes', options, async () => {
      const [a, b] = await bucket();
      await a.put('BC', 'old');
      await a.put('BC', 'one');
      await a.put('CD', 'two');
      const watched = await Watched.begin(b);
      expect(watched.values).toEqual({ BC: 'one', CD: 'two' });
      const revision = await a.put('BC', 'three');
      await expect.poll(() => watched.entries.get('BC')?.revision).toBe(revision);
      expect(watched.values).toEqual({ BC: 'three', CD: 'two' });
    });

    test('that can be watched while they are overwritten', options, async () => {
      const [a, b] = await bucket();
      await a.put('BC', 'old');
      for (let i = 0; i < 100; i++) {
        const value = `${i}`;
        const [watched] = await Promise.all([Watched.begin(b), a.put('BC', value)]);
        await expect.poll(() => watched.values, { interval: 1 }).toEqual({ BC: value });
        watched.stop();
      }
    });

    test('that can be watched while they are empty, and no longer', options, async () => {
      const [a, b] = await bucket();
      const [stopped, watched] = [await Watched.begin(b), await Watched.begin(b)];
      stopped.stop();
      await a.put('BC', 'one');
      await expect.poll(() => watched.values).toEqual({ BC: 'one' });
      expect(stopped.values).toEqual({});
    });

    test('that outlast an interruption, and watches, too', options, async () => {
      const [a, , buses, bus] = await bucket();
      const watched = await Watched.begin(a);
      const revision = await a.put('BC', 'one');
      const gone = untilStatus(bus, 'disconnected');
      await buses.stop();
      await gone;
      const back = untilStatus(bus, 'reconnected');
      await buses.start();
      await back;
      await expect.poll(() => a.get('BC').catch(() => undefined)).toMatchObject({ revision });
      const next = await a.update('BC', 'two', revision);
      await expect.poll(() => watched.values).toEqual({ BC: 'two' });
      expect(watched.entries.get('BC')?.revision).toBe(next);
    });

    test('that fail while the bus is away', options, async () => {
      const [a, , buses, bus] = await bucket();
      const gone = untilStatus(bus, 'disconnected');
      await buses.stop();
      await gone;
      await expect(a.get('BC')).rejects.toThrow(expect.objectContaining({ name: 'BusError' }));
      await expect(a.put('BC', '')).rejects.toThrow(expect.objectContaining({ name: 'BusError' }));
    });
  });
});
