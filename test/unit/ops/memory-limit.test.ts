import { expect, test } from 'vitest';
import { MemoryLimit } from '../../../src/ops/memory-limit.js';
import { CLOSE_REASONS, type CloseReason } from '../../../src/protocol/close-codes.js';

/** Checks connections and offline buffers with so many bytes against a limit of 1000. */
function limited(sizes: readonly number[], offline: number) {
  const closed: [number, CloseReason][] = [];
  const connections = sizes.map((bufferedBytes) => ({
    bufferedBytes,
    closeAndDrop: (reason: CloseReason) => void closed.push([bufferedBytes, reason]),
  }));
  const evicted: number[] = [];
  const limit = new MemoryLimit({
    memory: 1000,
    connections: {
      all: () => connections,
      buffered: sizes.reduce((sum, bytes) => sum + bytes, 0),
    },
    offlineBuffers: {
      bytes: () => offline,
      evict(excess) {
        evicted.push(excess);
        return Math.min(excess, offline);
      },
    },
  });
  limit.check();
  return { closed, evicted, isNearlyFull: limit.isNearlyFull };
}

test('up to four fifths of the limit, nothing happens', () => {
  expect(limited([500, 100], 200)).toEqual({ closed: [], evicted: [], isNearlyFull: false });
});

test('above four fifths of the limit, the buffers are nearly full', () => {
  expect(limited([500, 300], 200)).toEqual({ closed: [], evicted: [], isNearlyFull: true });
});

test('above the limit, buffers of disconnected peers are evicted first', () => {
  expect(limited([500, 300], 300)).toEqual({ closed: [], evicted: [100], isNearlyFull: true });
});

test('then the connections with the largest buffers are closed, no more than needed', () => {
  const { closed, evicted } = limited([100, 900, 600, 0], 200);
  expect(evicted).toEqual([800]);
  expect(closed).toEqual([[900, CLOSE_REASONS.tooSlow]]);
  expect(limited([700, 0, 900], 0).closed.map(([bytes]) => bytes)).toEqual([900]);
  expect(limited([700, 900, 800], 0).closed.map(([bytes]) => bytes)).toEqual([900, 800]);
});
