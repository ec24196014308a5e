import v8 from 'node:v8';
import vm from 'node:vm';

/** How many bytes are asked for in new buffers meanwhile. */
export function bytesReservedBy(action: () => void): number {
  const { allocUnsafe } = Buffer;
  let reserved = 0;
  // By hand: a spy would keep every call, which is more than what is measured here.
  Buffer.allocUnsafe = (size) => {
    reserved += size;
    return allocUnsafe(size);
  };
  try {
    action();
    return reserved;
  } finally {
    Buffer.allocUnsafe = allocUnsafe;
  }
}

/** By how much the heap grows meanwhile, not counting the nursery: what is there is soon gone. */
export function heapGrownBy(action: () => void): number {
  collectGarbage();
  const before = oldHeap();
  action();
  return oldHeap() - before;
}

function oldHeap(): number {
  return v8
    .getHeapSpaceStatistics()
    .filter(({ space_name }) => space_name !== 'new_space')
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

function collectGarbage(): void {
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
}
