declare const brand: unique symbol;

/** A value that only one place makes, so that no other can be taken for it. */
export type Branded<T, Name> = T & { readonly [brand]: Name };

/** Four letters of the code alphabet, in capitals; made only by `room-code.ts`. */
export type RoomCode = Branded<string, 'RoomCode'>;

/** A player within one room: from 1, in the order of joining, never given twice. */
export type PlayerId = Branded<number, 'PlayerId'>;

/** The id behind another one; the first if there is none. */
export function nextPlayerId(last: PlayerId | undefined): PlayerId {
  return ((last ?? 0) + 1) as PlayerId;
}

/** Hosts are told ids in four bytes; no game gets through half of them. */
const MAX_PARSED = 2 ** 31;

/** An id that was written down somewhere; `undefined` if it is none that a room can have given. */
export function parsePlayerId(value: unknown): PlayerId | undefined {
  const isId = Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_PARSED;
  return isId ? (value as PlayerId) : undefined;
}
