import type { SeatKey } from './seat-key.js';

/** What a player requests when it joins a room. */
export interface JoinRequest {
  /** Identifies the player on reconnecting. */
  readonly key?: SeatKey | undefined;
  /** What the player says about itself: see `Features.about`. */
  readonly about?: string | undefined;
  /** The password of the room: see `Features.password`. */
  readonly password?: string | undefined;
  /**
   * Whether the connection gets all values: also those that are only for connections that ask for them,
   * and, for a player who reconnects, those that it has seen, because its program has none of them left.
   */
  readonly allValues?: boolean | undefined;
  /**
   * The number that the connection had at another relay, from which the room has moved: see
   * `Seat.connection`.
   */
  readonly connection?: number | undefined;
}

/** The most that a player may say about itself, in bytes of UTF-8. */
export const MAX_ABOUT_BYTES = 1024;

/** The memory that a text about a player counts as, in bytes. */
export function aboutBytes(about: string | undefined): number {
  return about === undefined ? 0 : Buffer.byteLength(about);
}

/** Whether a room can store this text about a player. */
export function isUsableAbout(about: string): boolean {
  return about.isWellFormed() && Buffer.byteLength(about) <= MAX_ABOUT_BYTES;
}
