import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import { type CodeOptions, Codes } from './codes.js';
import type { Directory, Location } from './directory.js';
import type { FeatureLimits } from './features.js';
import { NO_CODE, type RoomCode } from './ids.js';
import type { OpenResult } from './open-result.js';
import type { HostPeer } from './peer.js';
import type { ReconnectPlaces } from './reconnect-places.js';
import { UNKNOWN_TOKEN } from './resume-token.js';
import { Room, type RoomContext } from './room.js';
import type { RoomIdentity, RoomSettings } from './room-info.js';
import { RoomLists } from './room-lists.js';
import type { SavedRoom } from './saved-room.js';
import type { SeatIndex } from './seat-index.js';
import { noTotals } from './totals.js';
import { UnlistedRooms } from './unlisted-rooms.js';

export type { OpenResult };

export interface RoomLimits extends CodeOptions, FeatureLimits {
  /** The maximum players in a room. */
  readonly maxPlayers: number;
  /** The maximum number of rooms. */
  readonly maxRooms: number;
  /**
   * The longest reconnect window, in seconds. A code is not reused for that long after its room has
   * ended, so that a late player does not join another game.
   */
  readonly maxHold: number;
  /** How much is buffered for a disconnected player, in bytes. */
  readonly keep: number;
  /** How much is buffered for a disconnected host, in bytes. */
  readonly hostBacklog: number;
  /** How much the rooms store for their hosts, in bytes; no limit without it. */
  readonly storage?: number;
  /** Limits disconnected players and hosts; no limit without it. */
  readonly places?: ReconnectPlaces;
  /** How many rooms other processes of the relay have, which count towards the maximum. */
  readonly elsewhere?: (() => number) | undefined;
}

/** Is notified when rooms open and end, and when their hosts disconnect and resume. */
export interface RoomObserver {
  roomOpened(room: RoomIdentity): void;
  roomEnded(room: Pick<Room, 'identity' | 'everJoined' | 'traffic'>, reason: CloseReason): void;
  hostDisconnected(room: RoomIdentity): void;
  hostResumed(room: RoomIdentity): void;
}

/** Is notified of the changes of one room. */
export interface RoomWatcher {
  /** Players have joined, left, disconnected or reconnected, or others may join now. */
  changed(): void;
  ended(): void;
}

/** All rooms of this process. */
export class Rooms implements RoomContext, Directory {
  readonly maxPlayers: number;
  readonly maxHold: number;
  readonly keep: number;
  readonly hostBacklog: number;
  readonly maxAudience: number;
  readonly hasLists: boolean;
  /** Counts over the rooms that have codes. */
  readonly totals = noTotals();
  /** The public lists. */
  readonly lists = new RoomLists(this.totals);
  readonly seatIndex: SeatIndex | undefined;
  readonly storage: number | undefined;
  readonly places: ReconnectPlaces | undefined;
  /** Whether the relay is shutting down, and opens no more rooms. */
  draining = false;
  readonly #maxRooms: number;
  readonly #byCode = new Map<RoomCode, Room>();
  readonly #unlisted: UnlistedRooms[] = [];
  readonly #onChange: ((room: Room) => void)[] = [];
  readonly #watchers = new WeakMap<Room, RoomWatcher>();
  readonly #codes: Codes;
  readonly #observer: RoomObserver | undefined;
  readonly #elsewhere: () => number;
  #lastNumber = 0;
  #onEmpty: (() => void) | undefined;

  constructor(limits: RoomLimits, observer?: RoomObserver) {
    this.maxPlayers = limits.maxPlayers;
    this.maxHold = limits.maxHold;
    this.keep = limits.keep;
    this.hostBacklog = limits.hostBacklog;
    this.storage = limits.storage;
    this.maxAudience = limits.maxAudience;
    this.hasLists = limits.hasLists;
    this.seatIndex = limits.hasLists ? this.lists.seatIndex : undefined;
    this.places = limits.places;
    this.#maxRooms = limits.maxRooms;
    this.#codes = new Codes(limits.maxHold * 1000, limits);
    this.#observer = observer;
    this.#elsewhere = limits.elsewhere ?? (() => 0);
  }

  /** How many rooms have codes. */
  get size(): number {
    return this.#byCode.size;
  }

  /** The rooms that have codes. */
  get all(): Iterable<Room> {
    return this.#byCode.values();
  }

  /** How many players there are, in all rooms of all dialects. */
  get players(): number {
    return this.#unlisted.reduce((sum, { totals }) => sum + totals.players, this.totals.players);
  }

  /** Rooms without codes, for a dialect that finds them by names of its own. */
  unlisted(dialect: string): UnlistedRooms {
    const { maxPlayers } = this;
    const refusal = (): CloseReason | undefined => this.refusal;
    const rooms = new UnlistedRooms({
      maxPlayers,
      get refusal() {
        return refusal();
      },
      identify: () => this.#identify(NO_CODE, dialect),
      ended: (room, reason) => this.#ended(room, reason),
    });
    this.#unlisted.push(rooms);
    return rooms;
  }

  /** Why no room can be opened now. */
  get refusal(): CloseReason | undefined {
    if (this.draining) return CLOSE_REASONS.restarting;
    return this.#sizeOfAll + this.#elsewhere() < this.#maxRooms
      ? undefined
      : CLOSE_REASONS.relayFull;
  }

  /** Opens a room for this host, or returns the reason for refusing it. */
  open(settings: RoomSettings, host: HostPeer): OpenResult {
    const now = performance.now();
    const chosen =
      settings.code === undefined
        ? undefined
        : this.#codes.choose(settings.code, this.#byCode, now);
    const code =
      this.refusal ?? chosen ?? this.#codes.draw(this.#byCode, now) ?? CLOSE_REASONS.relayFull;
    if (typeof code !== 'string') return { is: 'refused', reason: code };
    const features =
      chosen === undefined ? settings.features : { ...settings.features, code: true as const };
    const room = Room.open(this.#identify(code), { ...settings, features }, host, this);
    this.#byCode.set(code, room);
    this.changed(room);
    return { is: 'opened', room };
  }

  /** Calls this function when the saved state of a room has changed, and when a room has ended. */
  onChange(changed: (room: Room) => void): void {
    this.#onChange.push(changed);
  }

  /** Notifies this watcher of changes of the room, until it has ended. */
  watch(room: Room, watcher: RoomWatcher): void {
    this.#watchers.set(room, watcher);
  }

  find(code: RoomCode): Room | undefined {
    return this.#byCode.get(code);
  }

  async locate(code: RoomCode): Promise<Location> {
    const room = this.find(code);
    return room === undefined ? { is: 'nowhere' } : { is: 'here', room };
  }

  /** A code that a host has chosen, in capitals; `undefined` if no host can have it. */
  readChosenCode(chosen: string): RoomCode | undefined {
    return this.#codes.readChosen(chosen);
  }

  /** Gives a code to a room of another process. Returns whether it was free. */
  giveAway(code: RoomCode): boolean {
    return this.#codes.giveAway(code, this.#byCode, performance.now());
  }

  /** A room of this code has moved to another process. */
  takenElsewhere(code: RoomCode): void {
    this.#codes.takenElsewhere(code);
  }

  /** The room of another process that had this code has ended. */
  takeBack(code: RoomCode): void {
    this.#codes.takeBack(code, performance.now());
  }

  /** Whether this token resumes this room. Takes the same time if there is no room. */
  mayResume(room: Room | undefined, token: string): boolean {
    return room?.mayResume(token) ?? UNKNOWN_TOKEN.is(token);
  }

  /**
   * Restores saved rooms, in which everybody is disconnected. Skips rooms whose code is in use.
   *
   * @param max a lower limit on the number of rooms than `maxRooms`
   * @returns how many rooms were not restored because of either limit, or because codes have another
   * length now
   */
  restore(rooms: readonly SavedRoom[], max = Number.POSITIVE_INFINITY): number {
    const limit = Math.min(max, this.#maxRooms);
    let skipped = 0;
    for (const saved of rooms) {
      if (this.#byCode.has(saved.code)) continue;
      if (this.#byCode.size >= limit || saved.code.length !== this.#codes.length) {
        skipped++;
        continue;
      }
      const room = Room.restore(this.#identify(saved.code), saved, this);
      this.#byCode.set(saved.code, room);
      // Players without a key have left.
      this.changed(room);
    }
    return skipped;
  }

  /** Waits until all rooms have ended, for at most `timeout` milliseconds. */
  async whenEmpty(timeout: number): Promise<void> {
    if (this.#sizeOfAll === 0 || timeout === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends every room. */
  endAll(reason: CloseReason): void {
    const unlisted = this.#unlisted.flatMap(({ all }) => [...all]);
    for (const room of [...this.#byCode.values(), ...unlisted]) room.end(reason);
  }

  changed(room: Room): void {
    for (const changed of this.#onChange) changed(room);
    this.lists.update(room);
    this.#watchers.get(room)?.changed();
  }

  hostPaceChanged(room: Room): void {
    this.lists.update(room);
    this.#watchers.get(room)?.changed();
  }

  hostDisconnected(room: Room): void {
    this.lists.update(room);
    this.#observer?.hostDisconnected(room.identity);
  }

  hostResumed(room: Room): void {
    this.lists.update(room);
    this.#observer?.hostResumed(room.identity);
  }

  ended(room: Room, reason: CloseReason): void {
    const { code } = room.identity;
    this.#byCode.delete(code);
    this.#codes.reserve(code, performance.now());
    for (const changed of this.#onChange) changed(room);
    this.lists.remove(room);
    this.#watchers.get(room)?.ended();
    this.#ended(room, reason);
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  }

  get #sizeOfAll(): number {
    return this.#unlisted.reduce((sum, { size }) => sum + size, this.#byCode.size);
  }

  #ended(room: Room, reason: CloseReason): void {
    if (this.#sizeOfAll === 0) this.#onEmpty?.();
    this.#observer?.roomEnded(room, reason);
  }

  #identify(code: RoomCode, dialect?: string): RoomIdentity {
    const number = ++this.#lastNumber;
    const identity = { code, number, openedAt: performance.now(), ...(dialect && { dialect }) };
    this.#observer?.roomOpened(identity);
    return identity;
  }
}
