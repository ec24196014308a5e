/** Starts timers, which tests replace by a clock of their own. */
export interface Timers {
  /** Calls `action` once after so many milliseconds; returns a function that prevents that. */
  after(milliseconds: number, action: () => void): () => void;
}
