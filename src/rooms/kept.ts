import { CLOSINGS } from '../protocol/close-codes.js';
import type { Room } from './room.js';

/** How many are away for a moment, and how much is kept for them, in bytes. */
export function whoIsAway(rooms: readonly Room[]): {
  players: number;
  hosts: number;
  kept: number;
} {
  const sum = { players: 0, hosts: 0, kept: keptBytes(rooms) };
  for (const { away } of rooms) {
    sum.players += away.players.length;
    sum.hosts += away.host === undefined ? 0 : 1;
  }
  return sum;
}

/** How much is kept for all who are away, in bytes; what several keep counts for each. */
export function keptBytes(rooms: Iterable<Room>): number {
  let kept = 0;
  for (const { away } of rooms) {
    for (const { bytes } of away.players) kept += bytes;
    kept += away.host?.bytes ?? 0;
  }
  return kept;
}

/**
 * Makes what is kept less: for players first, and if that is not enough, by ending rooms that wait
 * for a host. Nobody who is there loses anything by it.
 *
 * @param excess how much has to go, in bytes
 * @returns how much went
 */
export function shedKept(rooms: readonly Room[], excess: number): number {
  const shed = emptySeats(rooms, excess);
  return shed >= excess ? shed : shed + endWaitingRooms(rooms, excess - shed);
}

/** Forgets what is kept for players, for those first who have most. */
export function emptySeats(rooms: readonly Room[], excess: number): number {
  const players = rooms.flatMap(({ away }) => away.players);
  players.sort((a, b) => b.bytes - a.bytes);
  let shed = 0;
  for (const player of players) {
    if (shed >= excess || player.bytes === 0) return shed;
    shed += player.bytes;
    player.empty();
  }
  return shed;
}

/** Ends rooms that wait for a host, those first for which most is kept. */
function endWaitingRooms(rooms: readonly Room[], excess: number): number {
  const waiting = rooms.map((room) => ({ room, bytes: room.away.host?.bytes ?? 0 }));
  waiting.sort((a, b) => b.bytes - a.bytes);
  let shed = 0;
  for (const { room, bytes } of waiting) {
    if (shed >= excess || bytes === 0) return shed;
    shed += bytes;
    room.end(CLOSINGS.hostGone);
  }
  return shed;
}
