import type { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { CHUNK_BYTES, ChunkPool, SMALL_CHUNK_BYTES } from '../../../src/transport/chunk-pool.js';

/** All connections of a turn take their first chunk, and release it: the memory that was not reused. */
function turn(pool: ChunkPool, connections: number, known: Set<ArrayBufferLike>): number {
  const taken: Buffer[] = [];
  for (let count = 0; count < connections; count++) taken.push(pool.takeFirst(100));
  expect(new Set(taken.map((chunk) => chunk.buffer)).size).toBe(connections);
  let fresh = 0;
  for (const chunk of taken) {
    if (!known.has(chunk.buffer)) fresh += chunk.length;
    known.add(chunk.buffer);
    pool.release(chunk);
  }
  pool.endTurn();
  return fresh;
}

test('thousands of connections in one turn take little new memory each', () => {
  const pool = new ChunkPool();
  const known = new Set<ArrayBufferLike>();
  turn(pool, 2000, known);
  expect(turn(pool, 2000, known)).toBeLessThanOrEqual(2000 * SMALL_CHUNK_BYTES);
  expect(turn(pool, 1000, known)).toBe(0);
});

test('the first connections of a turn take large chunks, and so does what needs one', () => {
  const pool = new ChunkPool();
  const lengths = (count: number) =>
    Array.from({ length: count }, () => pool.takeFirst(100).length);
  expect(new Set(lengths(64))).toEqual(new Set([CHUNK_BYTES]));
  expect(new Set(lengths(10))).toEqual(new Set([SMALL_CHUNK_BYTES]));
  expect(pool.takeFirst(SMALL_CHUNK_BYTES)).toHaveLength(SMALL_CHUNK_BYTES);
  expect(pool.takeFirst(SMALL_CHUNK_BYTES + 1)).toHaveLength(CHUNK_BYTES);
  pool.endTurn();
  expect(lengths(1)).toEqual([CHUNK_BYTES]);
});
