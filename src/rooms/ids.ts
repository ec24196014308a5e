declare const brand: unique symbol;

/** A type whose values are created in one file only, so that no other value is used by mistake. */
export type Branded<T, Name> = T & { readonly [brand]: Name };

/** Four to eight letters, in capitals; created only by `room-code.ts`. */
export type RoomCode = Branded<string, 'RoomCode'>;

/** The code of rooms that have none. No client can send it. */
export const NO_CODE = '' as RoomCode;

/** A player within one room: from 1, in the order of joining, never reused. */
export type PlayerId = Branded<number, 'PlayerId'>;

/** The id that follows another one; the first id if there is none. */
export function nextPlayerId(last: PlayerId | undefined): PlayerId {
  return ((last ?? 0) + 1) as PlayerId;
}

/** Ids have four bytes on the wire; no game uses half of them. */
const MAX_PARSED = 2 ** 31;

/** An id from a file; `undefined` if no room can have assigned it. */
export function parsePlayerId(value: unknown): PlayerId | undefined {
  const isId = Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_PARSED;
  return isId ? (value as PlayerId) : undefined;
}
