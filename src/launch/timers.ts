/** Stops a timer; harmless when it has ended. */
export type StopTimer = () => void;

/** The time, and timers: real ones, or a test's. */
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

/** Does something again and again, for the first time after this time. */
export function every(timers: Timers, milliseconds: number, action: () => void): StopTimer {
  let stop = timers.after(milliseconds, next);
  function next(): void {
    stop = timers.after(milliseconds, next);
    action();
  }
  return () => stop();
}
