declare const brand: unique symbol;
type Branded<T, Name> = T & { readonly [brand]: Name };

/** Four letters of the code alphabet, in capitals; made only by `room-code.ts`. */
export type RoomCode = Branded<string, 'RoomCode'>;

/** A player within one room: from 1, in the order of joining, never given twice. */
export type PlayerId = Branded<number, 'PlayerId'>;

/** The id behind another one; the first if there is none. */
export function nextPlayerId(last: PlayerId | undefined): PlayerId {
  return ((last ?? 0) + 1) as PlayerId;
}
