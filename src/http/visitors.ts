import type { IncomingMessage } from 'node:http';
import type { Addresses } from '../guard/address.js';
import type { Admission } from '../guard/admission.js';
import type { Closing } from '../protocol/close-codes.js';
import type { RoomCode } from '../rooms/ids.js';
import type { Room } from '../rooms/room.js';
import type { RoomRegistry } from '../rooms/room-registry.js';

export interface VisitorsParts {
  readonly rooms: RoomRegistry;
  readonly admission: Admission;
  readonly addresses: Addresses;
  readonly log: {
    refused(closing: Closing, address: string, origin: string | undefined): void;
    untrustedProxy(address: string): void;
  };
}

/** A request, and the address that it is counted under. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly address: string;
}

/** Who comes to the door: where from, and what is counted and logged of them. */
export class Visitors {
  readonly #parts: VisitorsParts;

  constructor(parts: VisitorsParts) {
    this.#parts = parts;
  }

  /** The address that a request is counted under. */
  addressOf(request: IncomingMessage): string {
    const { addresses, log } = this.#parts;
    const address = addresses.of(request);
    if (addresses.isUntrusted(request)) log.untrustedProxy(address);
    return address;
  }

  /**
   * The room of this code. A code that no room has is counted against whoever tried it.
   *
   * @param tried what was typed
   */
  findRoom(code: RoomCode | undefined, tried: string, address: string): Room | undefined {
    const room = code && this.#parts.rooms.find(code);
    if (room === undefined) this.#parts.admission.missed(address, tried, performance.now());
    return room;
  }

  /** This request was refused. */
  refused(closing: Closing, { request, address }: Visit): void {
    this.#parts.log.refused(closing, address, request.headers.origin);
  }
}
