import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** File descriptors that are not for connections: the log, timers, refused connections' last words. */
const SPARE_DESCRIPTORS = 128;

/** Where the limit cannot be read, as on systems without `/proc`. */
const UNKNOWN_DESCRIPTORS = 10_240;

/** A quarter of the memory that this process may have: of its container's, or of the machine's. */
export function memoryForBuffers(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  // Without a constraint it is 0, or a number beyond all memory there is.
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) / 4);
}

/** How many connections the limit of open files leaves room for. */
export function connectionsForDescriptors(limit = descriptorLimit()): number {
  return Math.max(Math.floor(limit / 2), limit - SPARE_DESCRIPTORS);
}

function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const [, soft] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
    return soft === 'unlimited' ? 1_000_000 : Number(soft) || UNKNOWN_DESCRIPTORS;
  } catch {
    return UNKNOWN_DESCRIPTORS;
  }
}
