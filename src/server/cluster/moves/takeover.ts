import { BusError } from '../../../cluster/bus/bus.js';
import type { Directory, Home } from '../../../cluster/directory/directory.js';
import type { Place } from '../../../cluster/directory/records.js';
import type { Nodes } from '../../../cluster/nodes/nodes.js';
import { CLOSE_REASONS, type CloseReason } from '../../../protocol/close-codes.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { Room } from '../../../rooms/room.js';
import type { Rooms } from '../../../rooms/rooms.js';
import { hashSecret, type SecretHash } from '../../../rooms/secret.js';
import { skipIds } from '../../../state/saved-state.js';
import { type NodeRequests, NodeSilentError } from '../node-requests.js';
import type { Gathering } from './gathering.js';
import { MOVING, type RoomMoves } from './room-moves.js';
import { type RoomRecord, readRoomRecord } from './room-record.js';
import type { RoomRecords } from './room-records.js';

export interface TakeoverParts {
  readonly self: Place;
  readonly rooms: Rooms;
  readonly directory: Directory;
  readonly nodes: Nodes;
  readonly requests: NodeRequests;
  readonly records: RoomRecords;
  readonly moves: RoomMoves;
  readonly gathering: Gathering;
  /** A room of another run is at this relay now. */
  readonly tookOver: (room: Room, from: string) => void;
}

/** A room that its relay does not have any more, as it was. */
type Found = RoomRecord & { readonly room: NonNullable<RoomRecord['room']> };

/** A takeover for all connections of a host that bring the same token at the same time. */
interface Attempt {
  readonly wanted: (() => boolean)[];
  readonly result: Promise<CloseReason | undefined>;
}

/** Brings rooms to this relay whose hosts resume them here, although they were at other relays. */
export class Takeover {
  readonly #parts: TakeoverParts;
  readonly #running = new Map<string, Attempt>();

  constructor(parts: TakeoverParts) {
    this.#parts = parts;
  }

  /**
   * Brings a room here, if this is its resume token.
   *
   * @param home the relay that has the room, or had it
   * @param isWanted whether the host still waits: if it has given up, it may be back where it was
   * @returns why the host has to try again; `undefined` if it can resume the room now, or nobody can with
   * this token
   */
  async take(
    code: RoomCode,
    home: Home,
    token: string,
    isWanted: () => boolean,
  ): Promise<CloseReason | undefined> {
    const hash = hashSecret(token);
    const name = `${code} ${hash}`;
    const running = this.#running.get(name);
    running?.wanted.push(isWanted);
    const attempt = running ?? this.#begin(code, home, hash, isWanted);
    this.#running.set(name, attempt);
    try {
      return await attempt.result;
    } catch (error) {
      if (error instanceof BusError || error instanceof NodeSilentError) {
        return CLOSE_REASONS.restarting;
      }
      throw error;
    } finally {
      this.#running.delete(name);
    }
  }

  #begin(code: RoomCode, home: Home, token: SecretHash, isWanted: () => boolean): Attempt {
    const wanted = [isWanted];
    const isWantedByAny = (): boolean => wanted.some((each) => each());
    return { wanted, result: this.#take(code, home, token, isWantedByAny) };
  }

  async #take(
    code: RoomCode,
    home: Home,
    token: SecretHash,
    isWanted: () => boolean,
  ): Promise<CloseReason | undefined> {
    const { moves, rooms, self } = this.#parts;
    if (rooms.refusal !== undefined) return rooms.refusal;
    const found = await this.#find(code, home, token, isWanted);
    if (found === undefined || rooms.find(code) !== undefined) return undefined;
    if (found === 'elsewhere' || this.#hasMoved(code, home)) return CLOSE_REASONS.restarting;
    moves.setArriving(code, true);
    const room = this.#restore(found);
    try {
      if (room === undefined) return CLOSE_REASONS.relayFull;
      const epoch = home.run === self.run ? home.epoch : await this.#move(room, home);
      if (epoch === undefined) return CLOSE_REASONS.restarting;
      moves.setArriving(code, false);
      this.#parts.records.adopt(room);
      await this.#parts.gathering.gather(room, found.edges, epoch);
      this.#parts.tookOver(room, found.run);
      return undefined;
    } finally {
      moves.setArriving(code, false);
    }
  }

  /** The room as its relay gives it away, or has written it. */
  async #find(
    code: RoomCode,
    { run, epoch }: Home,
    token: SecretHash,
    isWanted: () => boolean,
  ): Promise<Found | 'elsewhere' | undefined> {
    const { moves, nodes, records, requests, self } = this.#parts;
    const isOwn = run === self.run;
    if (isOwn || (await nodes.check(run)) === 'running') {
      if (!isWanted()) return 'elsewhere';
      const ask = { code, token };
      // This relay has given the room away, perhaps just now.
      const answer = isOwn ? moves.release(ask) : await requests.ask(run, 'release', ask);
      if (answer === MOVING) return 'elsewhere';
      const released = answer === null ? undefined : readRoomRecord(answer);
      if (released?.room !== undefined) return { ...released, room: released.room };
    }
    const record = await records.read(code);
    if (record?.room?.resume !== token) return undefined;
    if (!isWanted()) return 'elsewhere';
    // The directory of this relay may be behind.
    return record.epoch > epoch ? 'elsewhere' : { ...record, room: record.room };
  }

  #hasMoved(code: RoomCode, { run, epoch }: Home): boolean {
    const now = this.#parts.directory.home(code);
    return now?.run !== run || now.epoch !== epoch;
  }

  /** `undefined` if there are too many rooms. */
  #restore({ room, isFinal }: Found): Room | undefined {
    const { rooms } = this.#parts;
    rooms.restore([isFinal ? room : skipIds(room)]);
    return rooms.find(room.code);
  }

  /** Has all relays look for the room here. Drops it if another relay was quicker. */
  async #move(room: Room, home: Home): Promise<number | undefined> {
    const { directory, moves, self } = this.#parts;
    let epoch: number | undefined;
    try {
      epoch = await directory.move(room.identity.code, home.epoch, self);
    } catch (error) {
      moves.mayHaveMoved(room);
      throw error;
    } finally {
      if (epoch === undefined) moves.drop(room);
    }
    return epoch;
  }
}
