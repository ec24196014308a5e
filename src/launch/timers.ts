/** Stops a timer. Does nothing if it has ended. */
export type StopTimer = () => void;

/** A clock and timers, which tests replace. */
export interface Timers {
  /** A monotonic clock, in milliseconds. */
  now(): number;
  after(milliseconds: number, action: () => void): StopTimer;
}

export const SYSTEM_TIMERS: Timers = {
  now: () => performance.now(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Calls a function at this interval, for the first time after one interval. */
export function every(timers: Timers, milliseconds: number, action: () => void): StopTimer {
  let stop = timers.after(milliseconds, next);
  function next(): void {
    stop = timers.after(milliseconds, next);
    action();
  }
  return () => stop();
}
