import { type Bucket, BusError } from '../../../cluster/bus/bus.js';
import type { StopTimer, Timers } from '../../../launch/timers.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { Room } from '../../../rooms/room.js';
import { MAX_RECORD, type RoomRecord, readRoomRecord, writeRoomRecord } from './room-record.js';

/** The shortest time between two writes of the same room, in milliseconds. */
const INTERVAL = 1000;

/** How long changes are collected before they are written, in milliseconds. */
const COLLECT = 20;

/** The number of attempts, because another write of the same record may be under way. */
const MAX_TRIES = 3;

/** How many writes may be under way. */
const MAX_WRITES = 64;

export interface RoomRecordsParts {
  readonly bucket: Bucket;
  readonly run: string;
  readonly timers: Timers;
  /** The epoch of a room of this relay. */
  readonly epochOf: (code: RoomCode) => number;
  /** The runs that have clients in a room of this relay. */
  readonly edgesOf: (room: Room) => readonly string[];
  /** A record could not be written. Games continue, and it is written later. */
  readonly failed: (error: BusError) => void;
  /** An exception in the relay's own code. */
  readonly fault: (error: unknown) => void;
}

class TooLargeError extends BusError {}

interface Written {
  /** The revision of the record; `undefined` if it is not known. */
  revision?: number | undefined;
  at: number;
  isWriting: boolean;
}

/**
 * Writes rooms with a reconnect window into a bucket, so that another relay can take them over. Each room
 * is written soon after a change, and at most once a second.
 */
export class RoomRecords {
  readonly #parts: RoomRecordsParts;
  readonly #written = new Map<Room, Written>();
  readonly #changed = new Set<Room>();
  /** Rooms that belong to another relay. */
  readonly #forgotten = new WeakSet<Room>();
  #writes = 0;
  #stopTimer: StopTimer | undefined;
  #isStopped = false;

  constructor(parts: RoomRecordsParts) {
    this.#parts = parts;
  }

  /** The saved state of this room has changed, or the room has ended. */
  changed(room: Room): void {
    if (this.#isStopped || this.#forgotten.has(room)) return;
    if (!room.hasReconnectWindow && !this.#written.has(room)) {
      this.#changed.delete(room);
      return;
    }
    this.#changed.add(room);
    this.#schedule(COLLECT);
  }

  /** There is a record of this room, which another run has written. */
  adopt(room: Room): void {
    this.#written.set(room, { at: Number.NEGATIVE_INFINITY, isWriting: false });
    this.changed(room);
  }

  /** The room is another relay's now, and is not written any more. */
  forget(room: Room): void {
    this.#forgotten.add(room);
    this.#changed.delete(room);
    this.#written.delete(room);
  }

  /** After a reconnect, writes all rooms again: the bucket may have been lost. */
  confirm(): void {
    for (const room of this.#written.keys()) this.changed(room);
  }

  /** Writes a room for the last time, which does not change any more. Rejects with a `BusError`. */
  async finish(room: Room): Promise<void> {
    const known = this.#written.get(room) ?? { at: 0, isWriting: false };
    this.forget(room);
    await this.#put(room, known, true);
  }

  /** Rejects with a `BusError`. */
  async read(code: RoomCode): Promise<RoomRecord | undefined> {
    const entry = await this.#parts.bucket.get(code);
    return entry && readRoomRecord(entry.value);
  }

  /** What is known about a room; `noAnswer` if the bus does not answer. Never rejects. */
  async stateOf(code: RoomCode): Promise<'waits' | 'ended' | 'unknown' | 'noAnswer'> {
    try {
      const record = await this.read(code);
      if (record === undefined) return 'unknown';
      return record.room === undefined ? 'ended' : 'waits';
    } catch {
      return 'noAnswer';
    }
  }

  /** The records of all rooms that have not ended. Rejects with a `BusError`. */
  async readAll(): Promise<Map<string, RoomRecord>> {
    const records = new Map<string, RoomRecord>();
    const stop = await this.#parts.bucket.watch(({ key, value }) => {
      const record = readRoomRecord(value);
      if (record !== undefined) records.set(key, record);
    });
    stop();
    return records;
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopTimer?.();
    this.#changed.clear();
  }

  #schedule(delay: number): void {
    if (this.#isStopped || this.#stopTimer !== undefined || this.#changed.size === 0) return;
    this.#stopTimer = this.#parts.timers.after(delay, () => {
      this.#stopTimer = undefined;
      this.#writeDue();
    });
  }

  #writeDue(): void {
    const now = this.#parts.timers.now();
    let next = Number.POSITIVE_INFINITY;
    for (const room of this.#changed) {
      const { at = Number.NEGATIVE_INFINITY, isWriting = false } = this.#written.get(room) ?? {};
      const due = at + INTERVAL;
      if (due > now || isWriting || this.#writes >= MAX_WRITES) {
        next = Math.min(next, Math.max(due, now + COLLECT));
        continue;
      }
      this.#changed.delete(room);
      this.#write(room, now);
    }
    this.#schedule(next - now);
  }

  #write(room: Room, now: number): void {
    const known = this.#written.get(room) ?? { at: now, isWriting: true };
    known.at = now;
    known.isWriting = true;
    this.#written.set(room, known);
    this.#writes++;
    this.#put(room, known, false)
      .then(() => {
        if (!room.hasReconnectWindow && !this.#changed.has(room)) this.#written.delete(room);
      })
      .catch((error: unknown) => this.#failed(room, error))
      .finally(() => {
        this.#writes--;
        known.isWriting = false;
      });
  }

  #failed(room: Room, error: unknown): void {
    if (!(error instanceof BusError)) return this.#parts.fault(error);
    this.#parts.failed(error);
    // It may fit after the next change.
    if (error instanceof TooLargeError) return;
    if (!this.#isStopped && this.#written.has(room)) this.#changed.add(room);
    this.#schedule(INTERVAL);
  }

  /** Overwrites the record unless it is another relay's. */
  async #put(room: Room, known: Written, isFinal: boolean): Promise<void> {
    const { code } = room.identity;
    const { bucket, epochOf, run } = this.#parts;
    // Another relay may take the room over while this is under way.
    const epoch = epochOf(code);
    const value = this.#valueOf(room, epoch, isFinal);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // What was written for the last time is not overwritten by an earlier state.
      if (!isFinal && this.#forgotten.has(room)) return;
      if (tries > 0 || known.revision === undefined) {
        const entry = await bucket.get(code);
        const record = entry && readRoomRecord(entry.value);
        if (record !== undefined && record.run !== run && record.epoch > epoch) return;
        known.revision = entry?.revision;
      }
      const { revision } = known;
      known.revision = await (revision === undefined
        ? bucket.create(code, value)
        : bucket.update(code, value, revision));
      if (known.revision !== undefined) return;
    }
    throw new BusError(`the record of room ${code} changes too often`);
  }

  #valueOf(room: Room, epoch: number, isFinal: boolean): string {
    const { edgesOf, run } = this.#parts;
    const record = { run, epoch, edges: edgesOf(room), isFinal, room: room.saved };
    const value = writeRoomRecord(record);
    if (Buffer.byteLength(value) <= MAX_RECORD) return value;
    throw new TooLargeError(`the record of room ${room.identity.code} is too large`);
  }
}
