import type { Clock } from './api.js';

/** How long loading may take, in milliseconds. */
const LOAD_TIMEOUT = 15_000;

/** Loads code that a page does not need at first. Rejects if that fails, or takes too long. */
export function loadCode<Module>(
  clock: Pick<Clock, 'after'>,
  load: () => Promise<Module>,
): Promise<Module> {
  return new Promise<Module>((loaded, failed) => {
    const cancel = clock.after(LOAD_TIMEOUT, () => failed('timeout'));
    load().then(loaded, failed).finally(cancel);
  });
}
