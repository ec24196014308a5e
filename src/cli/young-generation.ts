import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * How large each half of V8's young generation may grow, in bytes. V8 would go to 16 MiB as soon as
 * some thousands of connections have come, and keep both halves. With 8 MiB, 11,250 connections take
 * 5.6 rather than 6.3 KiB each, joins are faster by a tenth, and no message costs more; with 4 MiB
 * all do, by a hundredth or two.
 */
export const MAX_HALF = 8 * 1024 * 1024;

/** How often to look, in milliseconds: from 8 to 16 MiB it would grow in a quarter of a second. */
export const LOOK_EVERY = 100;

/** What V8 multiplies the young generation by when it has become too small. */
const GROW = '--semi-space-growth-factor=2';
const STAY = '--semi-space-growth-factor=1';

/**
 * Keeps V8's young generation from growing beyond `MAX_HALF`, for as long as the process runs. (The
 * option for it, `--max-semi-space-size`, can only be given to Node itself; with that, V8 also takes
 * a young generation of this size for a full one, and makes what `ws` allocates old from the start.)
 */
export function boundYoungGeneration(size = youngGeneration, setFlags = setFlagsFromString): void {
  let flag = GROW;
  const look = (): void => {
    // V8 makes it smaller again when little is going on, and then it has to be able to grow.
    const wanted = size() < 2 * MAX_HALF ? GROW : STAY;
    if (wanted === flag) return;
    flag = wanted;
    setFlags(flag);
  };
  setInterval(look, LOOK_EVERY).unref();
}

/** Both halves, in bytes. */
function youngGeneration(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
