import { beforeEach, expect, test, vi } from 'vitest';
import type { Bucket, BucketEntry } from '../../../src/cluster/bus/bus.js';
import { SYSTEM_TIMERS } from '../../../src/launch/timers.js';
import type { Room } from '../../../src/rooms/room.js';
import { RoomRecords } from '../../../src/server/cluster/moves/room-records.js';

beforeEach(() => {
  vi.useFakeTimers();
});

/** Entries with one key, without a clock. */
function bucketOf(): Bucket {
  let entry: BucketEntry | undefined;
  const set = (key: string, value: string): number => {
    entry = { key, value, revision: (entry?.revision ?? 0) + 1 };
    return entry.revision;
  };
  return {
    get: async () => entry,
    put: async (key, value) => set(key, value),
    create: async (key, value) => (entry === undefined ? set(key, value) : undefined),
    update: async (key, value, revision) =>
      entry?.revision === revision ? set(key, value) : undefined,
    watch: async () => () => {},
  };
}

function setUp() {
  const bucket = bucketOf();
  const records = new RoomRecords({
    bucket,
    run: 'own',
    timers: SYSTEM_TIMERS,
    epochOf: () => 1,
    edgesOf: () => [],
    failed: (error) => {
      throw error;
    },
    fault: (error) => {
      throw error;
    },
  });
  const room = { identity: { code: 'BCDF' }, hasReconnectWindow: true, saved: { name: 'first' } };
  const read = async () => JSON.parse((await bucket.get('BCDF'))?.value ?? '{}');
  return { bucket, records, room: room as unknown as Room & { saved: object }, read };
}

test('a room that is given away while it is written for the first time is written as it is then', async () => {
  const { records, room, read } = setUp();
  records.changed(room);
  vi.advanceTimersByTime(20);
  Object.assign(room, { saved: { name: 'last' } });
  await records.finish(room);
  await vi.advanceTimersByTimeAsync(2000);
  expect(await read()).toMatchObject({ isFinal: true, room: { name: 'last' } });
});

test('a record that others change all the time is an error, which is reported', async () => {
  const { bucket, records, room } = setUp();
  vi.spyOn(bucket, 'create').mockResolvedValue(undefined);
  await expect(records.finish(room)).rejects.toThrow('changes too often');
});
