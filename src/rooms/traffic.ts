import type { Payload } from '../protocol/payload.js';

/** Messages in one direction, by kind, and their bytes. A broadcast counts for each receiver. */
export interface Flow {
  text: number;
  binary: number;
  bytes: number;
}

/** Delivered messages of one room, or of all rooms. */
export interface Traffic {
  readonly toHost: Flow;
  readonly toPlayers: Flow;
}

export function noTraffic(): Traffic {
  return { toHost: noFlow(), toPlayers: noFlow() };
}

/** Counts a message for each of its receivers. */
export function count(flow: Flow, { text, bytes }: Payload, receivers: number): void {
  if (text) flow.text += receivers;
  else flow.binary += receivers;
  flow.bytes += bytes.length * receivers;
}

/** Counts a text message of so many bytes. */
export function countText(flow: Flow, bytes: number): void {
  flow.text++;
  flow.bytes += bytes;
}

function noFlow(): Flow {
  return { text: 0, binary: 0, bytes: 0 };
}
