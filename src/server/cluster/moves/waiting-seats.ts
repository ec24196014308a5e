import type { RemoteSeat } from '../../../cluster/remote/remote-seat.js';
import { SeatsByRoom } from '../../../cluster/remote/seats-by-room.js';
import type { StopTimer, Timers } from '../../../launch/timers.js';
import { CLOSE_REASONS, type CloseReason } from '../../../protocol/close-codes.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { RoomRecord } from './room-record.js';

export interface WaitingSeatsParts {
  readonly timers: Timers;
  /** Rejects if the bus does not answer. */
  readonly readRecord: (code: RoomCode) => Promise<RoomRecord | undefined>;
  /** The longest reconnect window, in seconds. */
  readonly maxHold: number;
}

/**
 * Clients of this relay whose rooms were at relays that have ended. They stay connected until another relay
 * takes their room over, or until the host cannot come back any more.
 */
export class WaitingSeats {
  readonly #parts: WaitingSeatsParts;
  readonly #seats = new SeatsByRoom();
  /** The seats that began to wait together. */
  readonly #groups = new Map<RemoteSeat, readonly RemoteSeat[]>();
  readonly #stops = new Set<StopTimer>();

  constructor(parts: WaitingSeatsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#groups.size;
  }

  get codes(): RoomCode[] {
    return this.#seats.codes;
  }

  has(seat: RemoteSeat): boolean {
    return this.#groups.has(seat);
  }

  /** The seats in a room, which has moved. The caller gives them another line. */
  in(code: RoomCode): RemoteSeat[] {
    return this.#seats.of(code);
  }

  /** The relay with these seats has ended. */
  add(seats: readonly RemoteSeat[]): void {
    const groups = new Map<RoomCode, RemoteSeat[]>();
    for (const seat of seats) {
      const group = groups.get(seat.wants.code) ?? [];
      group.push(seat);
      groups.set(seat.wants.code, group);
      this.#seats.add(seat);
      this.#groups.set(seat, group);
      seat.disconnect(() => {
        this.#seats.remove(seat);
        this.#groups.delete(seat);
      });
    }
    for (const [code, group] of groups) void this.#await(code, group);
  }

  /** All clients reconnect. */
  close(): void {
    for (const stop of this.#stops) stop();
    for (const group of new Set(this.#groups.values())) this.#end(group, CLOSE_REASONS.restarting);
  }

  async #await(code: RoomCode, group: readonly RemoteSeat[]): Promise<void> {
    const { maxHold, readRecord, timers } = this.#parts;
    try {
      const record = await readRecord(code);
      // A room that does not wait, of a relay that has ended, or is disconnected from NATS.
      if (record === undefined) return this.#end(group, CLOSE_REASONS.restarting);
      const { room } = record;
      if (room === undefined) return this.#end(group, CLOSE_REASONS.hostGone);
      // They have left or followed their room, or this relay has ended.
      if (!group.some((seat) => this.has(seat))) return;
      const stop = timers.after(Math.min(room.hold, maxHold) * 1000, () => {
        this.#stops.delete(stop);
        this.#end(group, CLOSE_REASONS.hostGone);
      });
      this.#stops.add(stop);
    } catch {
      this.#end(group, CLOSE_REASONS.restarting);
    }
  }

  /** Those that still wait. */
  #end(group: readonly RemoteSeat[], reason: CloseReason): void {
    for (const seat of group) if (this.#groups.get(seat) === group) seat.end(reason);
  }
}
