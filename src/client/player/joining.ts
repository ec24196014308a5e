import type { Codec, Seat } from '../api.js';
import type { RelayAddress } from '../connection/relay-address.js';
import type { ResolvedEnvironment } from '../environment.js';
import type { RelayError } from '../errors/relay-error.js';
import type { PageStore } from '../storage/page-store.js';
import type { StoredSeat } from './stored-seat.js';

/** A request to join a room, or to return to a seat in it. */
export interface Joining {
  readonly environment: ResolvedEnvironment;
  readonly address: RelayAddress;
  readonly page: PageStore;
  readonly code: string;
  /** What the player says about itself, as text. */
  readonly about: string | undefined;
  readonly password: string | undefined;
  readonly stored: StoredSeat;
  readonly plain: boolean;
  readonly codec: Codec | undefined;
  /** The seat has ended. */
  closed(error: RelayError): void;
  joined(seat: Seat): void;
  refused(error: unknown): void;
}

/**
 * The path and the query of the player's WebSocket.
 *
 * @param isJoined whether the page has been connected before
 */
export function seatPath({ code, about, password, stored }: Joining, isJoined: boolean): string {
  const query = {
    seat: stored.key,
    // Later on, this page has the values that were set before, and gets others by the session.
    ...(!isJoined && { values: 'all' }),
    ...(about !== undefined && { about }),
    ...(password !== undefined && { password }),
  };
  return `${code}?${new URLSearchParams(query)}`;
}

/** The URL of the relay's information on the room and on this seat. */
export function infoUrl({ address, code, stored }: Joining): string {
  return address.page(`${code}?${new URLSearchParams({ format: 'json', seat: stored.key })}`);
}
