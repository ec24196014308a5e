import type { RelayError } from '../errors/relay-error.js';
import type { RelayAddress } from './relay-address.js';

/** The close by a relay of a cluster that does not have the room; the reason is the URL of the one that has. */
const ELSEWHERE = 4302;

/** What a client says that follows such a close. */
const FOLLOWS = '&go=1';

/** Where a connection goes: to the common address of a cluster, or to that of the relay with the room. */
export class Redirect {
  /** The relay with the room, if the next attempt goes there. */
  there: RelayAddress | undefined;
  readonly #common: RelayAddress;
  /** Empty after a redirect, until a connection to its address has been accepted: no other is followed. */
  #follows = FOLLOWS;

  constructor(common: RelayAddress) {
    this.#common = common;
  }

  /** @param path with a query */
  url(path: string): string {
    return (this.there ?? this.#common).socket(path + this.#follows);
  }

  /** The relay has accepted the connection. */
  accepted(): void {
    if (this.there) this.#follows = FOLLOWS;
  }

  /** An attempt has ended before it was accepted. Returns whether to try another address at once. */
  failed({ closeCode, reason }: RelayError): boolean {
    const isRedirected = closeCode === ELSEWHERE;
    if (isRedirected && this.#follows) {
      this.#follows = '';
      this.there = this.#common.read(reason);
      return true;
    }
    // With a code of its own, the relay with the room has answered.
    if (!this.there || (closeCode >= 4000 && !isRedirected)) return false;
    this.there = undefined;
    return true;
  }
}
