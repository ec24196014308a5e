/** Why the relay refuses new rooms and players: the event loop is late, or memory is short. */
export type Overload = 'late' | 'heap' | 'memory';

export interface LoadLimits {
  /** The highest event loop delay, in milliseconds; 0 for no limit. */
  readonly maxLag: number;
  /** The highest usage of the heap's old generation, in percent; 0 for no limit. */
  readonly maxHeap: number;
}

export interface Load {
  /** How late a timer was, in milliseconds. */
  readonly lag: number;
  /** Usage of the heap's old generation, in bytes. */
  readonly heapUsed: number;
  readonly heapLimit: number;
}

/** The limit that the load exceeds, if any. */
export function overload(load: Load, limits: LoadLimits): Overload | undefined {
  if (limits.maxLag > 0 && load.lag > limits.maxLag) return 'late';
  if (limits.maxHeap > 0 && load.heapUsed > (load.heapLimit * limits.maxHeap) / 100) return 'heap';
  return undefined;
}
