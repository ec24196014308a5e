import type { HostEvent, PlayerMessage } from '../../protocol/wmbp/events.js';
import { decode, type Value } from './cbor.js';

/** Every field of every member of a union. */
type FieldOf<Union> = Union extends unknown ? keyof Union : never;

/** An event of the relay with the fields that its events have, before their values are checked. */
export type UncheckedEvent = {
  readonly [Field in FieldOf<HostEvent | PlayerMessage>]?: Value;
} & { readonly cmd?: (HostEvent | PlayerMessage)['cmd'] };

/** Reads an event of the relay. If it is not a map, the event has no fields. */
export function readEvent(data: Uint8Array): UncheckedEvent {
  try {
    return Object(decode(data)) as UncheckedEvent;
  } catch {
    return {};
  }
}

/** The ids in a list; none if it is not a list. */
export function toIds(list: Value | undefined): number[] {
  return Array.isArray(list) ? list.map(Number) : [];
}
