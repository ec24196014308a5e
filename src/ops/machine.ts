import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** File descriptors that are not for connections: the log, timers, refused connections. */
const SPARE_DESCRIPTORS = 128;

/** The assumed limit where it cannot be read, as on systems without `/proc`. */
const UNKNOWN_DESCRIPTORS = 10_240;

/** A quarter of the memory of the container or the machine, in bytes. */
export function memoryForBuffers(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  // Without a constraint it is 0, or more than the total memory.
  return Math.floor((constrained > 0 && constrained < total ? constrained : total) / 4);
}

/** How many connections the limit of file descriptors allows. */
export function connectionsForDescriptors(
  limit = descriptorLimit() ?? UNKNOWN_DESCRIPTORS,
): number {
  return Math.max(Math.floor(limit / 2), limit - SPARE_DESCRIPTORS);
}

/**
 * The maximum number of connections: `wanted`, or if that is 0, as many as the limit of file
 * descriptors allows.
 *
 * @throws {Error} if `wanted` exceeds that: connections beyond it would be closed without a reason
 */
export function connectionBound(wanted: number, limit = descriptorLimit()): number {
  const possible = connectionsForDescriptors(limit);
  if (wanted === 0) return possible;
  if (limit === undefined || wanted <= possible) return wanted;
  throw new Error(
    `${wanted} is more than the ${limit} file descriptors of this process allow, which is ${possible}; ` +
      'raise their limit (ulimit -n, LimitNOFILE=) or lower this',
  );
}

/** The limit of file descriptors; `undefined` where it cannot be read. */
function descriptorLimit(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const [, soft] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
    return soft === 'unlimited' ? 1_000_000 : Number(soft) || undefined;
  } catch {
    return undefined;
  }
}
