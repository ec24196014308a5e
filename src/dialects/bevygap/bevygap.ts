import type { Connection, Link } from '../../transport/connection.js';
import { type Admittance, refused } from '../admittance.js';
import { type Caller, PlayRequests, type PlayRequestsParts } from './play-requests.js';
import { SessionConnection, type SessionLimits } from './session-connection.js';

export interface BevygapParts extends PlayRequestsParts {
  readonly limits: SessionLimits;
}

/** The dialect of Bevygap: admits clients, and serves them. */
export class Bevygap {
  readonly requests: PlayRequests;
  readonly #parts: BevygapParts;

  constructor(parts: BevygapParts) {
    this.requests = new PlayRequests(parts);
    this.#parts = parts;
  }

  admit(caller: Caller): Admittance {
    const reason = this.#parts.admission.connect(caller.address);
    if (reason !== undefined) return refused(reason);
    return {
      is: 'admitted',
      role: 'requester',
      serve: (link) => ({ connection: this.connection(link, caller), refusal: undefined }),
    };
  }

  /** Creates the connection of a client. A refused client gets the reason as a value, and a close. */
  connection(link: Link, caller: Caller): Connection {
    return new SessionConnection(link, this.requests, caller, this.#parts.limits);
  }
}
