import type { RoomCode } from '../../rooms/ids.js';
import type { RemoteSeat } from './remote-seat.js';

/** Seats of clients of this relay, by the codes of their rooms. */
export class SeatsByRoom {
  readonly #rooms = new Map<RoomCode, Set<RemoteSeat>>();

  get codes(): RoomCode[] {
    return [...this.#rooms.keys()];
  }

  /** How many there are. */
  get size(): number {
    return [...this.#rooms.values()].reduce((sum, { size }) => sum + size, 0);
  }

  of(code: RoomCode): RemoteSeat[] {
    return [...(this.#rooms.get(code) ?? [])];
  }

  add(seat: RemoteSeat): void {
    const { code } = seat.wants;
    const seats = this.#rooms.get(code) ?? new Set();
    this.#rooms.set(code, seats.add(seat));
  }

  remove(seat: RemoteSeat): void {
    const { code } = seat.wants;
    const seats = this.#rooms.get(code);
    seats?.delete(seat);
    if (seats?.size === 0) this.#rooms.delete(code);
  }
}
