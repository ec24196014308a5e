import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { FrameQueue } from '../../../src/cluster/link/frame-queue.js';
import { BatchMemory } from '../../../src/cluster/wire/batch-memory.js';
import { readFrames } from '../../../src/cluster/wire/frame-reader.js';
import { Streams } from '../../../src/cluster/wire/streams.js';
import { KIND, MAX_BATCH } from '../../../src/cluster/wire/wire.js';
import { Payload } from '../../../src/protocol/payload.js';
import { FrameLog, type Heard } from '../../support/frame-log.js';

const LONG = 300_000;

function message(letter: string, length: number): Payload {
  return new Payload(Buffer.alloc(length, letter), true);
}

/** Takes all batches, and reads them when the last one was taken. */
function read(queue: FrameQueue, space = MAX_BATCH): Heard[] {
  const batches: Buffer[] = [];
  for (let batch = queue.take(space); batch !== undefined; batch = queue.take(space))
    batches.push(batch);
  const target = { handler: new FrameLog(), streams: new Streams(1 << 20) };
  for (const batch of batches) readFrames(batch, target);
  return target.handler.heard;
}

/** Handle, first letter and length of each message. */
function messages(heard: readonly Heard[]): string[] {
  return heard.map(([, handle, content]) => {
    const text = String(content);
    return `${handle} ${text[0]} ${text.length}`;
  });
}

test('batches that are full, nearly full and short have what was written into them', () => {
  const queue = new FrameQueue(new BatchMemory());
  const lengths = [30_000, 30_000, 10, 40_000, 9_900, 40_900, 1];
  for (const [i, length] of lengths.entries()) queue.from(i, message(String(i), length));
  expect(messages(read(queue))).toEqual(lengths.map((length, i) => `${i} ${i} ${length}`));
  expect([queue.isEmpty, queue.bytes]).toEqual([true, 0]);
});

test('links that share memory do not overwrite the batches of each other', () => {
  const memory = new BatchMemory();
  const [one, other] = [new FrameQueue(memory), new FrameQueue(memory)];
  one.from(1, message('a', 50));
  other.from(2, message('b', 50));
  one.clear();
  one.clear();
  const third = new FrameQueue(memory);
  const fourth = new FrameQueue(memory);
  third.from(3, message('c', 50));
  fourth.from(4, message('d', 50));
  expect([other, third, fourth].flatMap((queue) => messages(read(queue)))).toEqual([
    '2 b 50',
    '3 c 50',
    '4 d 50',
  ]);
});

test('a long message does not overtake a short one of its lane that has no space yet', () => {
  const queue = new FrameQueue(new BatchMemory());
  queue.from(1, message('a', 20_000));
  queue.from(1, message('b', LONG));
  queue.from(1, message('c', 10));
  queue.from(1, message('d', LONG));
  queue.from(1, message('e', 10));
  expect(queue.take(10_000)).toBeUndefined();
  expect(messages(read(queue))).toEqual([
    '1 a 20000',
    `1 b ${LONG}`,
    '1 c 10',
    `1 d ${LONG}`,
    '1 e 10',
  ]);
});

test('a batch that does not fit waits, and pieces do not take its space', () => {
  const queue = new FrameQueue(new BatchMemory());
  queue.from(1, message('a', LONG));
  expect(queue.take(MAX_BATCH)).toBeDefined();
  queue.from(2, message('b', 30_000));
  expect(queue.take(MAX_BATCH)?.length).toBeLessThan(31_000);
  queue.from(2, message('c', 30_000));
  expect(queue.take(MAX_BATCH)?.length).toBeGreaterThan(50_000);
  expect(queue.take(20_000)).toBeUndefined();
  expect(queue.take(MAX_BATCH)?.length).toBeLessThan(31_000);
});

test('a message for many and messages of players keep their order within a lane', () => {
  const queue = new FrameQueue(new BatchMemory());
  const payload = message('x', 10);
  queue.push({ kind: KIND.to, lane: -5, handles: [1], payload });
  const { last } = queue;
  if (last?.kind === KIND.to) queue.addHandle(last.handles, 2);
  queue.from(7, message('y', 10));
  expect(queue.last).toBeUndefined();
  queue.push({ kind: KIND.disconnected, lane: 7, handle: 7, isFinal: true });
  expect(read(queue)).toEqual([
    ['to', [1, 2], 'x'.repeat(10)],
    ['from', 7, 'y'.repeat(10)],
    ['disconnected', 7, true],
  ]);
});
