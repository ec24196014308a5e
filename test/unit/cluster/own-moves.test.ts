import { expect, test } from 'vitest';
import { Directory } from '../../../src/cluster/directory/directory.js';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { MemoryBroker } from '../../support/memory-bus.js';
import { TestTimers } from '../../support/test-timers.js';

const CODE = 'BCDF' as RoomCode;

test('a relay knows its own move before the bucket reports it, and no earlier one after it', async () => {
  const timers = new TestTimers();
  const broker = new MemoryBroker(timers);
  const passing = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    void work.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      timers.pass(0);
      await Promise.resolve();
    }
    return work;
  };
  const late = broker.connect('late');
  late.watchDelay = 1000;
  const epochs: number[] = [];
  const own = await passing(
    Directory.open(await passing(late.bucket('codes')), {
      moved: (_, { epoch }) => epochs.push(epoch),
    }),
  );
  const bucket = await passing(broker.connect('other').bucket('codes'));
  const other = await passing(Directory.open(bucket));
  await passing(other.move(CODE, 1, { run: 'other', url: '' }));
  await passing(own.move(CODE, 2, { run: 'own', url: '' }));
  expect(own.home(CODE)).toEqual({ run: 'own', url: '', epoch: 3 });
  timers.pass(1);
  expect(epochs).toEqual([3, 3]);
  await passing(other.endMove(CODE, 3));
  timers.pass(1);
  expect(own.home(CODE)).toBeUndefined();
});
