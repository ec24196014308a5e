/** What makes a relay too busy for new rooms and players. */
export type Overload = 'late' | 'heap' | 'memory';

export interface LoadLimits {
  /** How late the event loop may be, in milliseconds; 0 for any. */
  readonly maxLag: number;
  /** How full the heap may be, in percent; 0 for any. */
  readonly maxHeap: number;
}

export interface Load {
  /** How late a timer was, in milliseconds. */
  readonly lag: number;
  readonly heapUsed: number;
  readonly heapLimit: number;
}

/** Whether this much is too much, and of what. */
export function overload(load: Load, limits: LoadLimits): Overload | undefined {
  if (limits.maxLag > 0 && load.lag > limits.maxLag) return 'late';
  if (limits.maxHeap > 0 && load.heapUsed > (load.heapLimit * limits.maxHeap) / 100) return 'heap';
  return undefined;
}
