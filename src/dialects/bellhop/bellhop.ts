import type { Admission } from '../../limits/admission.js';
import type { UnlistedRooms } from '../../rooms/unlisted-rooms.js';
import { type Admittance, refused } from '../admittance.js';
import { ActionHandler, type ActionHandlerParts } from './action-handler.js';
import { BellhopConnection, type BellhopLimits } from './bellhop-connection.js';
import { Lobbies } from './lobbies.js';

export interface BellhopParts extends Omit<ActionHandlerParts, 'lobbies'> {
  readonly rooms: UnlistedRooms;
  readonly admission: Admission;
  readonly limits: BellhopLimits;
  readonly mayCreate: (token: string | undefined) => boolean;
}

/** Bellhop: decides who may connect, and serves those who may. */
export class Bellhop {
  readonly lobbies: Lobbies;
  readonly #handler: ActionHandler;
  readonly #parts: BellhopParts;

  constructor(parts: BellhopParts) {
    this.lobbies = new Lobbies(parts.rooms);
    this.#handler = new ActionHandler({ ...parts, lobbies: this.lobbies });
    this.#parts = parts;
  }

  /** @param token for opening rooms; without a valid one, a connection can only join lobbies */
  admit(token: string | undefined, address: string): Admittance {
    const { admission, limits, mayCreate } = this.#parts;
    const reason = admission.connect(address);
    if (reason !== undefined) return refused(reason);
    const parts = { lobbies: this.lobbies, handler: this.#handler, limits };
    return {
      is: 'admitted',
      role: 'peer',
      serve: (link) => ({
        connection: new BellhopConnection(link, parts, mayCreate(token)),
        refusal: undefined,
      }),
    };
  }
}
