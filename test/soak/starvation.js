// How long threads waited for a CPU that other programs used. On a busy machine, this part of a
// delay is not caused by the relay. Only Linux reports it; elsewhere it is 0.

import { readFileSync } from 'node:fs';

/**
 * The total wait of these threads so far, in milliseconds.
 *
 * @param {readonly (number | 'self')[]} threads
 */
export function starvation(threads) {
  let sum = 0;
  for (const thread of threads) sum += waitedForProcessor(thread);
  return sum;
}

/** @param {number | 'self'} thread */
function waitedForProcessor(thread) {
  const file = `/proc/${thread === 'self' ? 'thread-self' : thread}/schedstat`;
  try {
    // Nanoseconds running, nanoseconds waiting, and the number of time slices.
    return Number(readFileSync(file, 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
