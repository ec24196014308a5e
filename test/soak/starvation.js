// How long threads waited for a processor because other programs had it: what is measured on a
// busy machine is not all the relay's doing. Only Linux says so; elsewhere it is nothing.

import { readFileSync } from 'node:fs';

/**
 * How long that was by now, in milliseconds.
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
    // Nanoseconds: on the processor, waiting for it; and how often it was on it.
    return Number(readFileSync(file, 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
