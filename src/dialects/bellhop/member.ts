import type { EventText } from '../../protocol/bellhop/events.js';
import type { HostPeer, PlayerPeer } from '../../rooms/peer.js';
import type { Room } from '../../rooms/room.js';
import type { Seat } from '../../rooms/seat.js';

/**
 * A named lobby, which has a host, guests, or both. A lobby with a host has a room. When the host
 * leaves, the room ends; the lobby remains while it has guests.
 */
export class Lobby {
  host: Member | undefined;
  readonly guests = new Set<Member>();

  constructor(readonly name: string) {}

  get isEmpty(): boolean {
    return this.host === undefined && this.guests.size === 0;
  }
}

/** How lobbies reach a connection. */
export interface MemberOutput {
  /** Whether its backlog is far below the one at which reading from its guests pauses. */
  readonly hasSmallBacklog: boolean;
  /** Sends an event, or drops it if the connection is closing. Returns its length in bytes. */
  send(event: EventText): number;
  /** Pauses or resumes reading from it, because the host of its lobby does not keep up. */
  setReading(reading: boolean): void;
}

/** The lobby that a connection is in; it is in one at most. */
export type Place =
  | { readonly is: 'nowhere' }
  | { readonly is: 'host'; readonly lobby: Lobby; readonly room: Room; readonly peer: HostPeer }
  /** Its seat is no longer valid if the lobby's host has left. */
  | { readonly is: 'guest'; readonly lobby: Lobby; readonly seat: Seat; readonly peer: PlayerPeer };

export const NOWHERE: Place = { is: 'nowhere' };

/** One connection, as lobbies see it. */
export class Member {
  place: Place = NOWHERE;
  /** Whether it reads as fast as others write to it. */
  #keepsUp = true;

  /** @param id names the connection in the actions of others; it cannot be guessed */
  constructor(
    readonly id: string,
    readonly address: string,
    readonly output: MemberOutput,
  ) {}

  get keepsUp(): boolean {
    return this.#keepsUp;
  }

  /** While a host does not keep up, reading from its guests pauses. */
  setKeepsUp(keepsUp: boolean): void {
    this.#keepsUp = keepsUp;
    if (this.place.is === 'host') this.place.room.setHostKeepsUp(this.place.peer, keepsUp);
  }
}
