import { noTraffic, type Traffic } from './traffic.js';

/**
 * Counts over all rooms. Rooms update them with every change, so that reading them does not have to
 * visit every room and seat.
 */
export interface RoomTotals {
  /** Players in all rooms, including disconnected ones who may reconnect. */
  players: number;
  /** Disconnected players among them. */
  disconnectedPlayers: number;
  /** Disconnected hosts that may resume. */
  disconnectedHosts: number;
  /** Bytes buffered for disconnected players and hosts. A message in several buffers counts in each. */
  bufferedBytes: number;
  /** Bytes that rooms store for features that their hosts have requested. */
  storedBytes: number;
  /** Messages delivered so far, including those of rooms that have ended. */
  readonly traffic: Traffic;
}

export function noTotals(): RoomTotals {
  return {
    players: 0,
    disconnectedPlayers: 0,
    disconnectedHosts: 0,
    bufferedBytes: 0,
    storedBytes: 0,
    traffic: noTraffic(),
  };
}
