import type { Room } from '../../rooms/room.js';
import type { Link } from '../link/link.js';
import type { Handle } from '../wire/frames.js';

/** The rooms of this relay that have clients behind a link. */
export class LinkedRooms {
  readonly #link: Link;
  readonly #clients = new Map<Room, Set<Handle>>();

  constructor(link: Link) {
    this.#link = link;
  }

  has(room: Room): boolean {
    return this.#clients.has(room);
  }

  /** The clients in this room. */
  clientsIn(room: Room): Handle[] {
    return [...(this.#clients.get(room) ?? [])];
  }

  /** A client has entered the room. */
  add(room: Room, client: Handle): void {
    const clients = this.#clients.get(room) ?? new Set();
    this.#clients.set(room, clients.add(client));
    if (clients.size === 1 && !this.#link.keepsUp) room.setLinkKeepsUp(this.#link, false);
  }

  /** A client has left the room. */
  remove(room: Room, client: Handle): void {
    const clients = this.#clients.get(room);
    clients?.delete(client);
    if (clients === undefined || clients.size > 0) return;
    this.#clients.delete(room);
    room.setLinkKeepsUp(this.#link, true);
  }

  setLinkKeepsUp(keepsUp: boolean): void {
    for (const room of this.#clients.keys()) room.setLinkKeepsUp(this.#link, keepsUp);
  }
}
