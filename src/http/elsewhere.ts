import type { RoomJson } from '../dialects/wmbp/room-json.js';
import type { ListedRoomJson } from '../dialects/wmbp/room-list-json.js';
import type { RoomCode } from '../rooms/ids.js';
import type { SeatKey } from '../rooms/seat-key.js';
import type { Upgrade } from '../transport/acceptor.js';
import type { Route } from './route.js';

/** What everybody who knows the code of a room may know, and `GET /CODE` answers. */
export interface RoomDescription {
  readonly name: string;
  readonly json: RoomJson;
}

/** `undefined` if there is no such room, `noAnswer` if the process that has it does not respond. */
export type Described = RoomDescription | 'noAnswer' | undefined;

/** The rooms of this relay that are in other processes. */
export interface Elsewhere {
  /** Whether no process can open rooms or take players, because all are overloaded. */
  readonly isOverloaded: boolean;
  /** Why this relay is not ready for new games, if that depends on others. */
  readonly notReady?: string | undefined;
  /**
   * Waits until everything has been read that other processes have said so far, if that can matter: a
   * room of this code may have just been opened.
   *
   * @param code `NO_CODE` for none
   */
  settled(code: string): Promise<void> | undefined;
  /**
   * Takes a WebSocket over if its room is in another process, or is opened there. Origins have been
   * checked; limits have not. The socket is held: `readOn` reads it if it stays in this process.
   *
   * @returns whether it has taken it; it may take some time to bring the room to this process
   */
  take(target: Route, upgrade: Upgrade): boolean | Promise<boolean>;
  /** Describes the room of this code, if another process has it. */
  describe(code: RoomCode, seat: SeatKey | undefined): Promise<Described>;
  /**
   * The rooms of a public list that can be joined, the newest first.
   *
   * @param most the maximum number of rooms
   * @param after only rooms behind the one with this code
   */
  list(name: string, most: number, after: RoomCode | undefined): Promise<readonly ListedRoomJson[]>;
}
