import type { StopTimer, Timers } from '../../launch/timers.js';

/** The time between attempts to write again what NATS has lost, in milliseconds. */
const INTERVAL = 1000;

export interface ConfirmationParts {
  readonly timers: Timers;
  readonly isConnected: () => boolean;
  /** Writes what NATS has lost. Rejects if NATS does not store it. */
  readonly write: () => Promise<void>;
  readonly fault: (error: unknown) => void;
}

/**
 * After a reconnect, writes again what NATS has lost. JetStream may start later than NATS: tries until it
 * answers.
 */
export class Confirmation {
  readonly #parts: ConfirmationParts;
  #stop: StopTimer | undefined;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  /** There is a connection again. */
  begin(): void {
    this.stop();
    void this.#try(true);
  }

  stop(): void {
    this.#stop?.();
  }

  async #try(isFirst: boolean): Promise<void> {
    const { fault, isConnected, timers, write } = this.#parts;
    try {
      await write();
    } catch (error) {
      if (isFirst) fault(error);
      // After another disconnect, the next reconnect confirms.
      if (!isConnected()) return;
      this.stop();
      this.#stop = timers.after(INTERVAL, () => void this.#try(false));
    }
  }
}
