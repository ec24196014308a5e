import { BusError } from '../../cluster/bus/bus.js';
import type { StopTimer, Timers } from '../../launch/timers.js';

/** The time between attempts to write again what NATS has lost, in milliseconds. */
const INTERVAL = 1000;

export interface ConfirmationParts {
  readonly timers: Timers;
  readonly isConnected: () => boolean;
  /** Writes what NATS has lost. Rejects if NATS does not store it. */
  readonly write: () => Promise<void>;
  /** NATS does not store it. It is tried again. */
  readonly failed: (error: BusError) => void;
  /** An exception in the relay's own code. */
  readonly fault: (error: unknown) => void;
}

/**
 * After a reconnect, writes again what NATS has lost. JetStream may start later than NATS: tries until it
 * answers.
 */
export class Confirmation {
  readonly #parts: ConfirmationParts;
  #stop: StopTimer | undefined;
  #isAllowed = false;
  #isWriting = false;
  /** There was a reconnect meanwhile. */
  #isDue = false;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  /** There is a connection again. */
  begin(): void {
    this.stop();
    if (!this.#isAllowed || this.#isWriting) this.#isDue = true;
    else void this.#try(true);
  }

  /** There is something to write from now on. */
  allow(): void {
    this.#isAllowed = true;
    if (this.#isDue) this.begin();
  }

  stop(): void {
    this.#stop?.();
    this.#isDue = false;
  }

  async #try(isFirst: boolean): Promise<void> {
    const { failed, fault, isConnected, timers, write } = this.#parts;
    this.#isWriting = true;
    this.#isDue = false;
    let isWritten = true;
    try {
      await write();
    } catch (error) {
      isWritten = false;
      if (!(error instanceof BusError)) fault(error);
      else if (isFirst) failed(error);
    }
    this.#isWriting = false;
    if (this.#isDue) return this.begin();
    // After another disconnect, the next reconnect confirms.
    if (isWritten || !isConnected()) return;
    this.#stop = timers.after(INTERVAL, () => void this.#try(false));
  }
}
