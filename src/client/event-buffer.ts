/** Most events that are buffered for a listener; and most bytes of messages in them. */
const MOST_EVENTS = 1_024;
const MOST_BYTES = 1_048_576;

/** Whether so much is too much to buffer. One message of any size is not. */
export function isOverfull(events: number, bytes: number): boolean {
  return events > MOST_EVENTS || (events > 1 && bytes > MOST_BYTES);
}

/** The size of a message, in bytes; anything else in an event counts as nothing. */
export function sizeOf(message: unknown): number {
  if (typeof message === 'string') return message.length * 2;
  return message instanceof Uint8Array ? message.byteLength : 0;
}
