import { expect, test } from 'vitest';
import { Directory } from '../../../src/cluster/directory/directory.js';
import { SYSTEM_TIMERS } from '../../../src/launch/timers.js';
import { parseRoomCode } from '../../../src/rooms/room-code.js';
import { ClusterCodes } from '../../../src/server/cluster/cluster-codes.js';
import { MemoryBroker } from '../../support/memory-bus.js';

/** The codes of a relay that shares a bucket with others. */
async function relay(broker: MemoryBroker, run: string, codeLength = 4) {
  const bucket = await broker.connect(run).bucket('codes');
  const codes = codesOf(run, codeLength);
  codes.open(bucket);
  const directory = await Directory.open(bucket);
  await codes.claim(directory, new Set());
  return codes;
}

function codesOf(run: string, codeLength = 4): ClusterCodes {
  return new ClusterCodes({
    self: { run, url: '', node: run },
    codeLength,
    letters: '',
    readChosen: (chosen) => parseRoomCode(chosen),
    isExpired: () => false,
    lost() {},
    failed(error) {
      throw error;
    },
  });
}

/** Whether a room of this relay may have the code. */
function claim(codes: ClusterCodes, chosen: string): Promise<boolean> {
  return new Promise((use) => codes.claimChosen(chosen, use));
}

test('relays draw in different blocks', async () => {
  const broker = new MemoryBroker(SYSTEM_TIMERS);
  const all = [await relay(broker, 'one'), await relay(broker, 'two')];
  const drawn = all.flatMap((codes) => [...codes.drawn]);
  expect(new Set(drawn).size).toBe(16);
});

test('a relay with codes of five letters has one block at first, so that 400 relays have one', async () => {
  const codes = await relay(new MemoryBroker(SYSTEM_TIMERS), 'one', 5);
  expect(codes.drawn).toHaveLength(1);
});

test('hosts who choose codes cannot claim all blocks', async () => {
  const broker = new MemoryBroker(SYSTEM_TIMERS);
  const [one, two] = [await relay(broker, 'one'), await relay(broker, 'two')];
  const letters = [...'AEIOUY'];
  const chosen = letters.flatMap((first) => [...'BCDFGHJKLMNPQRST'].map((next) => first + next));
  let claimed = 0;
  for (const block of chosen) if (await claim(one, `${block}ZZ`)) claimed++;
  expect(chosen).toHaveLength(96);
  expect(claimed).toBe(64);
  expect(await claim(two, '++++')).toBe(false);
  // Blocks that it has already stay usable, and another relay can claim the rest.
  expect(await claim(one, `${chosen[0]}XX`)).toBe(true);
  expect(await claim(two, `${chosen[0]}XX`)).toBe(false);
  expect(await claim(two, `${chosen.at(-1)}XX`)).toBe(true);
});

test('a relay with restored rooms claims no more blocks than another one', async () => {
  const broker = new MemoryBroker(SYSTEM_TIMERS);
  const bucket = await broker.connect('one').bucket('codes');
  const codes = codesOf('one');
  codes.open(bucket);
  const directory = await Directory.open(bucket);
  codes.opened(1);
  codes.opened(2);
  await codes.claim(directory, new Set());
  expect(codes.drawn).toHaveLength(8);
});
