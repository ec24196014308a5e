import type { Features } from './features.js';
import type { PlayerId } from './ids.js';
import type { RoomEvent } from './room-event.js';
import type { Seat } from './seat.js';
import type { Timers } from './timers.js';

/** The shortest and the longest time between two measurements, in seconds. */
export const SHORTEST_PACE = 1;
export const LONGEST_PACE = 3600;

/** The players, as their round-trip times are measured. */
interface Seats {
  all(): Iterable<Seat>;
  get(id: number): Seat | undefined;
}

/** What times need from their room. */
export interface TimesContext extends Timers {
  readonly features: Features | undefined;
  notifyHost(event: RoomEvent): void;
}

/** The parts of a room that times are about. A host that is disconnected needs none. */
export interface TimesParts {
  readonly seats: Seats;
  readonly host: { readonly isPresent: boolean };
}

/** The pace for which a host asks, within the bounds; in seconds. */
export function boundedPace(seconds: number): number {
  return Math.min(Math.max(seconds, SHORTEST_PACE), LONGEST_PACE);
}

/**
 * Measures the round-trip times of all players at a steady pace. Each time the host first gets what the
 * last measurement gave.
 */
export class Times {
  readonly #milliseconds: number;
  readonly #context: TimesContext;
  readonly #parts: TimesParts;
  readonly #measured = new Map<PlayerId, number>();
  #stopTimer: () => void;

  /** @param pace the time between two measurements, in seconds */
  private constructor(pace: number, context: TimesContext, parts: TimesParts) {
    this.#milliseconds = pace * 1000;
    this.#context = context;
    this.#parts = parts;
    this.#stopTimer = this.#wait();
  }

  /** The times of this room; `undefined` if its host does not want them. */
  static of(room: TimesContext, parts: TimesParts): Times | undefined {
    const pace = room.features?.times;
    return pace === undefined ? undefined : new Times(pace, room, parts);
  }

  /** The round-trip time of a player, in milliseconds. */
  add(player: PlayerId, time: number): void {
    this.#measured.set(player, Math.round(time));
  }

  stop(): void {
    this.#stopTimer();
  }

  #wait(): () => void {
    return this.#context.after(this.#milliseconds, () => this.#tick());
  }

  #tick(): void {
    this.#stopTimer = this.#wait();
    const { seats, host } = this.#parts;
    const times = [...this.#measured].filter(([player]) => seats.get(player)?.peer !== undefined);
    this.#measured.clear();
    if (!host.isPresent) return;
    if (times.length > 0) this.#context.notifyHost({ type: 'timesMeasured', times });
    for (const { peer } of seats.all()) peer?.measure?.();
  }
}
