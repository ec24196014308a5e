/** The most events that are buffered for a listener, and the most bytes of messages in them. */
const MAX_EVENTS = 1_024;
const MAX_BYTES = 1_048_576;

/** Whether these events do not fit into a buffer. A single message of any size does. */
export function exceedsBuffer(events: number, bytes: number): boolean {
  return events > MAX_EVENTS || (events > 1 && bytes > MAX_BYTES);
}

/** The size of a message, in bytes; 0 for other arguments of events. */
export function sizeOf(message: unknown): number {
  if (typeof message === 'string') return message.length * 2;
  return message instanceof Uint8Array ? message.byteLength : 0;
}
