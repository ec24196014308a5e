import v8 from 'node:v8';
import vm from 'node:vm';

/** The bytes of all buffers that are allocated during a call. */
export function bytesReservedBy(action: () => void): number {
  const { allocUnsafe } = Buffer;
  let reserved = 0;
  // Not with a spy, which stores every call and would use more memory than what is measured here.
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

/** The growth of the heap during a call, without the young generation. */
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
