import type { RemoteSeat } from '../../../cluster/remote/remote-seat.js';
import { SeatsByRoom } from '../../../cluster/remote/seats-by-room.js';
import type { StopTimer, Timers } from '../../../launch/timers.js';
import { CLOSE_REASONS, type CloseReason } from '../../../protocol/close-codes.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { RoomRecord } from './room-record.js';

/** How long clients wait for the record of their room if NATS does not answer, in milliseconds. */
const PATIENCE = 10_000;

/** The time before the record is asked for again, in milliseconds. */
const RETRY_TIME = 250;

export interface WaitingSeatsParts {
  readonly timers: Timers;
  /** Rejects if the bus does not answer. */
  readonly readRecord: (code: RoomCode) => Promise<RoomRecord | undefined>;
  /** The longest reconnect window, in seconds. */
  readonly maxHold: number;
}

/** Seats that began to wait together. */
interface Group {
  readonly seats: Set<RemoteSeat>;
  /** Stops the timer after which the host cannot come back any more. */
  stop: StopTimer | undefined;
}

/**
 * Clients of this relay whose rooms were at relays that have ended. They stay connected until another relay
 * takes their room over, or until the host cannot come back any more.
 */
export class WaitingSeats {
  readonly #parts: WaitingSeatsParts;
  readonly #seats = new SeatsByRoom();
  readonly #groups = new Map<RemoteSeat, Group>();

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
    const groups = new Map<RoomCode, Group>();
    for (const seat of seats) {
      const group = groups.get(seat.wants.code) ?? { seats: new Set(), stop: undefined };
      groups.set(seat.wants.code, group);
      group.seats.add(seat);
      this.#seats.add(seat);
      this.#groups.set(seat, group);
      seat.disconnect(() => this.#remove(seat, group));
    }
    for (const [code, group] of groups) void this.#await(code, group);
  }

  /** All clients reconnect. */
  close(): void {
    for (const seat of [...this.#groups.keys()]) seat.end(CLOSE_REASONS.restarting);
  }

  #remove(seat: RemoteSeat, group: Group): void {
    this.#seats.remove(seat);
    this.#groups.delete(seat);
    group.seats.delete(seat);
    if (group.seats.size === 0) group.stop?.();
  }

  async #await(code: RoomCode, group: Group): Promise<void> {
    const { maxHold, timers } = this.#parts;
    const end = (reason: CloseReason): void => {
      for (const seat of [...group.seats]) seat.end(reason);
    };
    try {
      const record = await this.#read(code, group);
      // A room that does not wait, of a relay that has ended, or is disconnected from NATS.
      if (record === undefined) return end(CLOSE_REASONS.restarting);
      const { room } = record;
      if (room === undefined) return end(CLOSE_REASONS.hostGone);
      // They have left or followed their room, or this relay has ended.
      if (group.seats.size === 0) return;
      const hold = Math.min(room.hold, maxHold) * 1000;
      group.stop = timers.after(hold, () => end(CLOSE_REASONS.hostGone));
    } catch {
      end(CLOSE_REASONS.restarting);
    }
  }

  /** Tries again for a while: NATS may have lost a server together with the relay. */
  async #read(code: RoomCode, { seats }: Group): Promise<RoomRecord | undefined> {
    const { readRecord, timers } = this.#parts;
    const end = timers.now() + PATIENCE;
    for (;;) {
      try {
        return await readRecord(code);
      } catch (error) {
        if (seats.size === 0 || timers.now() >= end) throw error;
      }
      await new Promise<void>((resolve) => timers.after(RETRY_TIME, resolve));
    }
  }
}
