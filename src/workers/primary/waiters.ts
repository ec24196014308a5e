/** Waits for something that may not happen in time. */
export class Waiters {
  readonly #waiters = new Set<(happened: boolean) => void>();

  /** Resolves with whether it has happened within this time, in milliseconds. */
  wait(within: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (happened: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(settle);
        resolve(happened);
      };
      const timer = setTimeout(settle, within, false);
      this.#waiters.add(settle);
    });
  }

  /** It has happened. */
  wake(): void {
    for (const settle of [...this.#waiters]) settle(true);
  }
}
