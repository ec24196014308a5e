import type { Emitter } from './api.js';

/** Most events that wait for a first listener; with more, the oldest goes. */
const MOST_WAITING = 1_024;

type Parameters = readonly unknown[];

/**
 * Typed events. What comes before the first listener waits for it, and is given out when the code
 * that adds listeners has had its turn: who writes `const me = await joinRoom(…)` and then listens
 * misses nothing.
 */
export class Events<Map extends { [Name in keyof Map]: Parameters }> implements Emitter<Map> {
  readonly #listeners = new globalThis.Map<keyof Map, Set<(...event: Parameters) => void>>();
  /** Events that wait; `undefined` once there are listeners. */
  #waiting: { name: keyof Map; event: Parameters }[] | undefined = [];
  #hasListeners = false;

  on<Name extends keyof Map>(name: Name, listener: (...event: Map[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A function of its own: the same listener may be added twice, and ended twice.
    const call = (...event: Parameters): void => listener(...(event as Map[Name]));
    listeners.add(call);
    if (!this.#hasListeners) {
      this.#hasListeners = true;
      queueMicrotask(() => this.#release());
    }
    return () => void listeners.delete(call);
  }

  protected emit<Name extends keyof Map>(name: Name, ...event: Map[Name]): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push({ name, event });
      if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
      return;
    }
    this.#call(name, event);
  }

  #release(): void {
    // Listeners may cause more events, which come after those that wait.
    while (this.#waiting !== undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) this.#waiting = undefined;
      else this.#call(next.name, next.event);
    }
  }

  #call(name: keyof Map, event: Parameters): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    // Those who are added meanwhile wait for the next event; those who are ended are not called.
    for (const listener of [...listeners]) {
      try {
        if (listeners.has(listener)) listener(...event);
      } catch (error) {
        // A mistake in the game is its own: it must not stop what keeps the game connected.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
