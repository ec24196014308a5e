import { decode, type Value } from './cbor.js';

/** What the relay says, as far as it is what it should be. */
export interface RelayEvent {
  readonly cmd?: Value;
  readonly key?: Value;
  readonly resume?: Value;
  readonly resumed?: Value;
  readonly player?: Value;
  readonly players?: Value;
  readonly away?: Value;
  readonly name?: Value;
  readonly max_players?: Value;
  readonly accept_conns?: Value;
  readonly from?: Value;
  readonly data?: Value;
  readonly reason?: Value;
}

/** An event of the relay; what is none says nothing. */
export function readEvent(data: Uint8Array): RelayEvent {
  try {
    return Object(decode(data)) as RelayEvent;
  } catch {
    return {};
  }
}

/** The ids in a list; none if it is no list. */
export function toIds(list: Value | undefined): number[] {
  return Array.isArray(list) ? list.map(Number) : [];
}
