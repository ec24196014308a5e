import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** How many more players than at the last look are a rush: a thousand a second. */
export const RUSH = 100;

/** How often to look, in milliseconds: in a rush V8 doubles its room twice in a second. */
export const LOOK_EVERY = 100;

/** From which size of either half on the young generation is not to grow in a rush, in bytes. */
export const ENOUGH = 8 * 1024 * 1024;

/** What V8 multiplies the young generation by when much of it survives. */
const GROW = '--semi-space-growth-factor=2';
const STAY = '--semi-space-growth-factor=1';

/**
 * Keeps V8's young generation from growing while a crowd comes, as it does after a restart. V8 takes
 * what survives, which are the connections, for a sign that more room is needed, goes to two halves
 * of 16 MiB, and stays there for as long as there is load. It is right when messages are what there
 * is much of, and may grow then as it likes; connections only take longer and leave more behind.
 *
 * (The option `--max-semi-space-size` can only be given to Node itself, and holds for ever.)
 *
 * @param players how many there are now
 */
export function holdYoungGeneration(
  players: () => number,
  size = youngGeneration,
  setFlags = setFlagsFromString,
): void {
  let before = 0;
  let flag = GROW;
  const look = (): void => {
    const now = players();
    const isRush = now - before >= RUSH;
    before = now;
    const wanted = isRush && size() >= 2 * ENOUGH ? STAY : GROW;
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
