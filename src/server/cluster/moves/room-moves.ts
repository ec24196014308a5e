import type { Directory } from '../../../cluster/directory/directory.js';
import type { MoveRecord } from '../../../cluster/directory/records.js';
import type { StopTimer, Timers } from '../../../launch/timers.js';
import { CLOSE_REASONS, type CloseReason } from '../../../protocol/close-codes.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { Room } from '../../../rooms/room.js';
import type { Rooms } from '../../../rooms/rooms.js';
import type { ClusterLinks } from '../cluster-links.js';
import type { NodeAnswers, NodeQuestions } from '../node-questions.js';
import type { EndedMoves } from './ended-moves.js';
import type { Followers } from './followers.js';
import { MAX_RECORD, writeRoomRecord } from './room-record.js';
import type { RoomRecords } from './room-records.js';
import { RoomsAway } from './rooms-away.js';
import type { WaitingSeats } from './waiting-seats.js';

/** How long clients may take to follow a room, in milliseconds. Then they reconnect. */
const FOLLOW_TIME = 3000;

/** The answer about a room that goes to another relay than the one that asks. */
export const MOVING = 'moving';

/** How many rooms are let go at a time, so that not all hosts resume at the same moment. */
const ROOMS_AT_A_TIME = 20;

export interface RoomMovesParts {
  readonly run: string;
  /** The runs of this relay before this one, whose rooms are this relay's. */
  readonly earlier: ReadonlySet<string>;
  readonly timers: Timers;
  /** The longest reconnect window, in seconds. */
  readonly maxHold: number;
  readonly rooms: Rooms;
  readonly directory: () => Directory | undefined;
  readonly links: ClusterLinks;
  readonly records: RoomRecords;
  readonly waiting: WaitingSeats;
  readonly followers: Pick<Followers, 'send'>;
  readonly ended: EndedMoves;
  /** A room of this relay is another one's now. */
  readonly movedAway: (room: Room, run: string) => void;
}

/** What happens at this relay when rooms move between relays. */
export class RoomMoves implements Pick<NodeAnswers, 'release'> {
  readonly #parts: RoomMovesParts;
  /** Rooms that this relay is taking over: whether it has them is not decided. */
  readonly #arriving = new Set<RoomCode>();
  /** Rooms that are ended here, and go on at another relay. */
  readonly #leaving = new Set<RoomCode>();
  readonly #away: RoomsAway;
  readonly #stops = new Set<StopTimer>();

  constructor(parts: RoomMovesParts) {
    this.#parts = parts;
    this.#away = new RoomsAway(parts.timers, parts.maxHold);
  }

  /** The saved state of a room of this relay has changed. */
  changed(room: Room): void {
    if (!this.#arriving.has(room.identity.code)) this.#parts.records.changed(room);
  }

  /**
   * A room has moved, or its move has ended, as the directory says.
   *
   * @param last what the directory said before
   */
  moved(code: RoomCode, { place, epoch }: MoveRecord, last: MoveRecord | undefined): void {
    const { earlier, rooms, run } = this.#parts;
    // Of its own moves, this relay hears late: it may have given the room away since.
    if (place?.run !== run) this.#away.delete(code);
    if (place === undefined) {
      // It has moved and ended there, while this relay was cut off, which still has the room as it was.
      if (epoch > (last?.epoch ?? 0)) this.#dropMoved(code, 'unknown');
      return rooms.takeBack(code);
    }
    if (earlier.has(place.run)) return;
    if (place.run !== run) {
      rooms.takenElsewhere(code);
      this.#dropMoved(code, place.run);
    } else if (rooms.find(code) === undefined && !this.#away.has(code)) {
      // It has ended before its move was known.
      this.#endMove(code, epoch);
    }
    this.#parts.followers.send(code, { ...place, epoch });
  }

  /** A room of this relay has ended. */
  roomEnded(code: RoomCode): void {
    if (this.#leaving.has(code)) return;
    this.#away.delete(code);
    const move = this.#parts.directory()?.moveOf(code);
    if (move?.place?.run !== this.#parts.run) return;
    this.#endMove(code, move.epoch);
  }

  /** Whether a room is being taken over: another relay may be quicker. */
  isArriving(code: RoomCode): boolean {
    return this.#arriving.has(code);
  }

  /** Says that a room is being taken over, or not any more. */
  setArriving(code: RoomCode, isArriving: boolean): void {
    if (isArriving) this.#arriving.add(code);
    else this.#arriving.delete(code);
  }

  /**
   * A room was to come to this relay, and the bus has not answered: it may be this relay's, which does not
   * have it. Its clients have to try again, until its host resumes it.
   */
  mayHaveMoved({ saved }: Room): void {
    if (saved !== undefined) this.#away.add(saved, undefined);
  }

  /** Whether this relay has given the room away, and does not know yet to which relay. */
  isAway(code: RoomCode): boolean {
    return this.#away.has(code) && this.#parts.rooms.find(code) === undefined;
  }

  release({ code, token }: NodeQuestions['release']['ask']): string | null {
    const { records, rooms } = this.#parts;
    const room = this.#arriving.has(code as RoomCode) ? undefined : rooms.find(code as RoomCode);
    if (room !== undefined) {
      if (room.saved?.resume !== token || !this.#giveAway(room)) return null;
      // If the other relay fails, a third one takes it from there.
      records.finish(room).catch(() => {});
      this.drop(room);
    }
    const record = this.#away.take(code as RoomCode, token);
    return record === 'taken' ? MOVING : (record ?? null);
  }

  /**
   * Ends a room of this relay which goes on at another one. Its clients at other relays follow it; those of
   * this relay reconnect.
   */
  drop(room: Room, forHost: CloseReason = CLOSE_REASONS.replaced): void {
    const { links, records } = this.#parts;
    const { code } = room.identity;
    records.forget(room);
    const close = links.release(room);
    this.#leaving.add(code);
    room.end(CLOSE_REASONS.restarting, forHost);
    this.#leaving.delete(code);
    this.#after(FOLLOW_TIME, close);
  }

  /**
   * Has the hosts of all rooms that wait resume them at other relays, unless they cannot be written: then
   * they go on here, as long as this relay does.
   */
  async letGo(): Promise<void> {
    const { records, rooms } = this.#parts;
    const waiting = [...rooms.all].filter((room) => room.hasReconnectWindow);
    for (let at = 0; at < waiting.length; at += ROOMS_AT_A_TIME) {
      const written = waiting.slice(at, at + ROOMS_AT_A_TIME).map((room) => {
        if (!this.#giveAway(room)) return undefined;
        const isWritten = records.finish(room);
        this.drop(room, CLOSE_REASONS.restarting);
        return isWritten;
      });
      const results = await Promise.allSettled(written);
      if (results.some(({ status }) => status === 'rejected')) return;
    }
  }

  /** Writes all rooms for the last time: this relay is about to end them, but not for good. */
  async finish(): Promise<void> {
    const { links, records, rooms } = this.#parts;
    const waiting = [...rooms.all].filter((room) => room.hasReconnectWindow);
    const written = waiting.map((room) => records.finish(room));
    for (const room of waiting) {
      const { saved } = room;
      links.release(room);
      // It is not over when it ends here: who comes until the links are closed has to try again.
      this.#leaving.add(room.identity.code);
      if (saved !== undefined) this.#away.add(saved, undefined);
    }
    await Promise.allSettled(written);
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#away.close();
    this.#parts.ended.close();
    this.#parts.records.stop();
    this.#parts.waiting.close();
  }

  /**
   * Another relay may have this room from now on, as it is. Returns false if it is too large: if its host
   * resumes it elsewhere, the other relay takes what was written last, and this one ends it when it has moved.
   */
  #giveAway(room: Room): boolean {
    const { directory, links, run } = this.#parts;
    const { saved } = room;
    if (saved === undefined) return false;
    const epoch = directory()?.home(saved.code)?.epoch ?? 1;
    const edges = links.edgesOf(room);
    const record = writeRoomRecord({ run, epoch, edges, isFinal: true, room: saved });
    if (Buffer.byteLength(record) > MAX_RECORD) return false;
    // Within an answer, its quotes are escaped.
    const isAnswer = Buffer.byteLength(JSON.stringify(record)) <= MAX_RECORD;
    this.#away.add(saved, isAnswer ? record : undefined);
    return true;
  }

  #after(milliseconds: number, action: () => void): void {
    const stop = this.#parts.timers.after(milliseconds, () => {
      this.#stops.delete(stop);
      action();
    });
    this.#stops.add(stop);
  }

  #endMove(code: RoomCode, epoch: number): void {
    if (this.#leaving.has(code)) return;
    this.#parts.ended.add(code, epoch);
  }

  /** Another relay has, or had, this room. */
  #dropMoved(code: RoomCode, run: string): void {
    const { movedAway, rooms } = this.#parts;
    const room = this.#arriving.has(code) ? undefined : rooms.find(code);
    if (room === undefined) return;
    // Its host may have given up an attempt at the other relay, and be here: nobody else would resume the room.
    this.drop(room, CLOSE_REASONS.restarting);
    movedAway(room, run);
  }
}
