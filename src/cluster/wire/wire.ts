import { KIB } from '../../units.js';

/*
 * The wire of a link between two relays. Integers are little-endian.
 *
 *   batch  version u8 · flags u8 · from u32 · to u32 · number u32 · acknowledged u32 · credit u32 · frames…
 *
 * `from` is the sender's number for this link, and `to` the receiver's, or 0 if the sender has not heard
 * from it yet: two relays may connect by a second link after the first one broke, and a batch of the first
 * must not count for the second. Batches with frames are numbered from `FIRST_NUMBER`; batches without
 * repeat the last number. `credit` is the total of bytes that the other end may have sent in numbered
 * batches since the link began, counted from `FIRST_BYTE`. All of them wrap at 2^32.
 *
 * A frame starts with its kind. `handles` is a count u16 and so many handles u32. A handle is the number
 * that the relay with the WebSocket has given to it.
 *
 *   JOIN       handle u32 · epoch u32 · at u32 · connection u32 · options u16 · code · [key 32 bytes] ·
 *              [about] · [password] · [address]
 *   FROM       handle u32 · content                 the player's message; FROM_TEXT if it is text
 *   DISCONNECTED  handle u32 · final u8             the WebSocket has ended
 *   MEASURED   handle u32 · microseconds u32         a round-trip time
 *   SEATED     handle u32 · id u32 · connection u32  the player's id in its room, and the number of its
 *              connection; both are 0 for a viewer
 *   TO         handles · content                     the host's message; TO_TEXT if it is text
 *   CLOSE      handles · code u16 · retry u8 · reason
 *   PAUSE, RESUME  handles                           pause and resume reading from clients
 *   MEASURE    handles                               measure round-trip times
 *   MORE       stream u32 · total u32 · length u32 · bytes
 *
 * `connection` in JOIN is 0, unless the client follows its room; at most 2^30.
 *
 * `content` is a length u32 and so many bytes. With the bit `STREAMED` in the kind, it is the number of a
 * stream u32 instead: the bytes of the frames MORE with that number, which together are `total` bytes.
 * Texts are UTF-8 after their length: u8 for `code`, `address` and `reason`, u16 for others.
 */

export const VERSION = 1;
export const HEAD_BYTES = 22;

/** The flags of a batch. */
export const FLAG = {
  /** It has frames and a number of its own. */
  frames: 1,
  /** Batches are missing after the acknowledged one: send them again. */
  resend: 2,
  /** The link with the number `to` has ended. Nothing follows. */
  reset: 4,
} as const;

/** The largest batch, in bytes: far below the limit of NATS, which is 1 MiB by default. */
export const MAX_BATCH = 64 * KIB;

/** A message up to this size is part of a frame; the bytes of a longer one precede it, in pieces. */
export const MAX_INLINE = 40 * KIB;
/** The largest piece of a long message, in bytes. */
export const MAX_PIECE = 56 * KIB;
/** The longest text of a JOIN, in bytes. The head of a request is not longer. */
export const MAX_TEXT = 16 * KIB;

/** The largest number of receivers of one frame. */
export const MAX_HANDLES = 4096;

/** The largest number of long messages that have begun and are incomplete. */
export const MAX_STREAMS = 4;

/** Close to 2^32, so that all links and tests pass the wrap. */
export const FIRST_NUMBER = 2 ** 32 - 64;
export const FIRST_BYTE = 2 ** 32 - 64 * KIB;

export const KIND = {
  join: 1,
  from: 2,
  fromText: 3,
  disconnected: 4,
  measured: 5,
  seated: 6,
  to: 7,
  toText: 8,
  close: 9,
  pause: 10,
  resume: 11,
  measure: 12,
  more: 13,
} as const;

/** The bit in a kind: the frame has the number of a stream instead of bytes. */
export const STREAMED = 0x80;

/** The options of a JOIN. */
export const JOIN = {
  viewer: 1,
  allValues: 2,
  /** With a key, which the player has chosen unless it is `drawn`. */
  key: 4,
  drawn: 8,
  malformedKey: 16,
  about: 32,
  password: 64,
  address: 128,
  /** The room has moved, and the client with it. */
  follows: 256,
} as const;

/** The distance from b to a, of numbers that wrap at 2^32. */
export function distance(a: number, b: number): number {
  return (a - b) | 0;
}

/** The sum of a number that wraps at 2^32 and another one. */
export function plus(number: number, more: number): number {
  return (number + more) >>> 0;
}
