/** A party: players whose requests have the same ticket get seats on one server, or none of them does. */
export interface Party {
  readonly ticket: string;
  /** The number of players, from 2 to the seats of a server. */
  readonly size: number;
}

/** Where a player plays: on a game server, or in a room of the relay, which `joinRoom` joins. */
export type Place =
  | {
      readonly is: 'server';
      /** An IPv4 or IPv6 address, without brackets. */
      readonly ip: string;
      readonly port: number;
      /** The SHA-256 digest of the server's certificate, in hex with colons; empty without one. */
      readonly certDigest: string;
      /** The netcode connect token of 2,048 bytes; `undefined` for games without one. */
      readonly token: Uint8Array | undefined;
    }
  | { readonly is: 'room'; readonly code: string };

/** The progress of a player's request. `ready` or `failed` is the last. */
export type Progress =
  | { readonly is: 'acknowledged' }
  | {
      readonly is: 'accepted';
      /** Letters, digits and hyphens. */
      readonly session: string;
    }
  | {
      readonly is: 'waiting';
      /** The status of the server in English. */
      readonly status: string;
      /** Whole seconds since the request. */
      readonly elapsed: number;
    }
  | { readonly is: 'ready'; readonly place: Place }
  | {
      readonly is: 'failed';
      /** An HTTP status from 400 to 599. */
      readonly status: number;
      readonly reason: string;
    };
