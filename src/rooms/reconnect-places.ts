/**
 * Limits how many peers may be disconnected, by the address that they were connected from. A peer
 * that gets no place cannot reconnect. Each place that is taken is freed.
 */
export interface Places {
  /** Takes a place; false if the limit is reached. */
  take(address: string): boolean;
  /** Takes a place even if the limit is reached. */
  add(address: string): void;
  free(address: string): void;
}

/** How many players and hosts may be disconnected at a time. */
export interface ReconnectPlaces {
  readonly players: Places;
  readonly hosts: Places;
}

/** The address of peers that were connected before a restart: it is not saved. */
export const UNKNOWN_ADDRESS = '';
