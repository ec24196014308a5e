import type { Payload } from '../protocol/payload.js';

/** What has gone one way: messages by kind, and their bytes. A broadcast counts for each receiver. */
export interface Flow {
  text: number;
  binary: number;
  bytes: number;
}

/** What a room has carried: plain numbers, so that counting costs nothing on the payload path. */
export interface Traffic {
  readonly toHost: Flow;
  readonly toPlayers: Flow;
}

export function noTraffic(): Traffic {
  return { toHost: noFlow(), toPlayers: noFlow() };
}

/** Counts a message that went to so many. */
export function count(flow: Flow, { text, bytes }: Payload, receivers: number): void {
  if (text) flow.text += receivers;
  else flow.binary += receivers;
  flow.bytes += bytes.length * receivers;
}

export function addTraffic(sum: Traffic, { toHost, toPlayers }: Traffic): void {
  addFlow(sum.toHost, toHost);
  addFlow(sum.toPlayers, toPlayers);
}

function noFlow(): Flow {
  return { text: 0, binary: 0, bytes: 0 };
}

function addFlow(sum: Flow, flow: Flow): void {
  sum.text += flow.text;
  sum.binary += flow.binary;
  sum.bytes += flow.bytes;
}
