import type { IncomingMessage } from 'node:http';
import type { Caller } from '../dialects/bevygap/play-requests.js';
import type { Addresses } from '../limits/address.js';
import { plainAddress } from '../limits/ip-address.js';
import type { CloseReason } from '../protocol/close-codes.js';
import type { Directory } from '../rooms/directory.js';
import type { RoomCode } from '../rooms/ids.js';
import type { Room } from '../rooms/room.js';

export interface RequestContextParts {
  readonly rooms: Directory;
  readonly addresses: Addresses;
  readonly log: {
    refused(
      reason: CloseReason,
      address: string,
      origin: string | undefined,
      dialect?: string,
    ): void;
    untrustedProxy(address: string): void;
  };
}

/** A request and the address under which it is counted. */
export interface AddressedRequest {
  readonly request: IncomingMessage;
  readonly address: string;
}

/**
 * What requests and upgrades share: the address under which each is counted, the room of its code, and
 * the log of refusals.
 */
export class RequestContext {
  readonly #parts: RequestContextParts;

  constructor(parts: RequestContextParts) {
    this.#parts = parts;
  }

  /** The address under which a request is counted. */
  addressOf(request: IncomingMessage): string {
    const { addresses, log } = this.#parts;
    const address = addresses.of(request);
    if (addresses.isUntrusted(request)) log.untrustedProxy(address);
    return address;
  }

  /**
   * Who asks for a game server.
   *
   * @param clientIp the player's address by the query; one that a trusted proxy has told counts more
   */
  callerOf({ request, address }: AddressedRequest, clientIp: string | undefined): Caller {
    const sender = this.#parts.addresses.senderOf(request);
    const named = clientIp === undefined ? sender.address : plainAddress(clientIp);
    const clientAddress = sender.isForwarded && named !== undefined ? sender.address : named;
    return { address, clientAddress, origin: request.headers.origin };
  }

  /** The room of this code, if there is one. */
  async locate(code: RoomCode | undefined): Promise<Room | undefined> {
    if (code === undefined) return undefined;
    const location = await this.#parts.rooms.locate(code);
    return location.is === 'here' ? location.room : undefined;
  }

  /** Logs a refused request, with the name of its dialect if that is not WMBP. */
  refused(reason: CloseReason, { request, address }: AddressedRequest, dialect?: string): void {
    this.#parts.log.refused(reason, address, request.headers.origin, dialect);
  }
}
