import type { Room } from '../../rooms/room.js';
import type { Link } from '../link/link.js';

/** The rooms of this relay that have clients behind a link. */
export class LinkedRooms {
  readonly #link: Link;
  readonly #clients = new Map<Room, number>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** A client has entered the room. */
  add(room: Room): void {
    const clients = this.#clients.get(room) ?? 0;
    this.#clients.set(room, clients + 1);
    if (clients === 0 && !this.#link.keepsUp) room.setLinkKeepsUp(this.#link, false);
  }

  /** A client has left the room. */
  remove(room: Room): void {
    const clients = (this.#clients.get(room) ?? 0) - 1;
    if (clients > 0) return void this.#clients.set(room, clients);
    this.#clients.delete(room);
    room.setLinkKeepsUp(this.#link, true);
  }

  setLinkKeepsUp(keepsUp: boolean): void {
    for (const room of this.#clients.keys()) room.setLinkKeepsUp(this.#link, keepsUp);
  }
}
