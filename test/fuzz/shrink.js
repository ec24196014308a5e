// Finds a smaller input with the same failure.

import { Buffer } from 'node:buffer';

const MAX_TIME = 5_000;

/**
 * @param {Buffer} input
 * @param {(smaller: Buffer) => boolean} fails
 */
export function shrink(input, fails) {
  const deadline = performance.now() + MAX_TIME;
  let smallest = input;
  for (let size = input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < smallest.length; ) {
      if (performance.now() > deadline) return smallest;
      const smaller = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      if (fails(smaller)) smallest = smaller;
      else at += size;
    }
  }
  return smallest;
}
