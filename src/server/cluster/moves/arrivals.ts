import type { Timers } from '../../../launch/timers.js';
import type { Room } from '../../../rooms/room.js';

/** Counts the clients that follow rooms to this relay. */
export class Arrivals {
  readonly #timers: Timers;
  readonly #counts = new Map<Room, number>();
  readonly #changed = new Map<Room, () => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Begins to count the clients of this room. */
  expect(room: Room): void {
    this.#counts.set(room, 0);
  }

  /** A client has come, or was refused. */
  add(room: Room): void {
    const count = this.#counts.get(room);
    if (count === undefined) return;
    this.#counts.set(room, count + 1);
    this.#changed.get(room)?.();
  }

  /** Waits until as many have come as are expected, or this time has passed, in milliseconds. */
  async wait(room: Room, expected: Promise<number>, timeout: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = this.#timers.after(timeout, resolve);
      let total = Number.POSITIVE_INFINITY;
      const check = (): void => {
        if ((this.#counts.get(room) ?? 0) < total) return;
        stop();
        resolve();
      };
      this.#changed.set(room, check);
      void expected.then((count) => {
        total = count;
        check();
      });
    });
    this.#changed.delete(room);
    this.#counts.delete(room);
  }
}
