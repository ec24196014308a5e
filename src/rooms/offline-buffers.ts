import { CLOSE_REASONS } from '../protocol/close-codes.js';
import type { Room } from './room.js';

/**
 * Frees memory that offline buffers use: first those of players, and if that is not enough, by ending
 * rooms whose hosts are disconnected. Connected players of other rooms lose nothing.
 *
 * @param excess how much to free, in bytes
 * @returns how much was freed, in bytes
 */
export function evictOfflineBuffers(rooms: readonly Room[], excess: number): number {
  const evicted = evictPlayerBuffers(rooms, excess);
  return evicted >= excess ? evicted : evicted + endRoomsWithoutHost(rooms, excess - evicted);
}

/** Empties buffers of disconnected players, the largest first. */
export function evictPlayerBuffers(rooms: readonly Room[], excess: number): number {
  const buffers = rooms.flatMap(({ offlineBuffers }) => offlineBuffers.players);
  buffers.sort((a, b) => b.bytes - a.bytes);
  let evicted = 0;
  for (const buffer of buffers) {
    if (evicted >= excess || buffer.bytes === 0) return evicted;
    evicted += buffer.bytes;
    buffer.evict();
  }
  return evicted;
}

/** Ends rooms whose hosts are disconnected, those with the largest buffers first. */
function endRoomsWithoutHost(rooms: readonly Room[], excess: number): number {
  const sizes = rooms.map((room) => ({ room, bytes: room.offlineBuffers.host?.bytes ?? 0 }));
  sizes.sort((a, b) => b.bytes - a.bytes);
  let freed = 0;
  for (const { room, bytes } of sizes) {
    if (freed >= excess || bytes === 0) return freed;
    freed += bytes;
    room.end(CLOSE_REASONS.hostGone);
  }
  return freed;
}
