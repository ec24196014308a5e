import type { HostEvent, PlayerMessage } from '../../protocol/wmbp/events.js';
import { decode, type Value } from './cbor.js';

/** The names of all fields of all members of a union. */
type FieldOf<Union> = Union extends unknown ? keyof Union : never;

/** An event of the relay, whose values are not checked yet. */
export type UncheckedEvent = {
  readonly [Field in FieldOf<HostEvent | PlayerMessage>]?: Value;
} & { readonly cmd?: (HostEvent | PlayerMessage)['cmd'] };

/** Reads an event of the relay. Returns an event without fields if the data is not a map. */
export function readEvent(data: Uint8Array): UncheckedEvent {
  try {
    return Object(decode(data)) as UncheckedEvent;
  } catch {
    return {};
  }
}

/** The ids in a list; none if the value is not a list. */
export function toIds(list: Value | undefined): number[] {
  return Array.isArray(list) ? list.map(Number) : [];
}
