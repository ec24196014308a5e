import type { Room } from '../api.js';
import { cancellable } from '../cancellable.js';
import { type Opening, RoomConnection } from './room-connection.js';

/** Opens a room, or resumes one. */
export async function openRoom(
  opening: Omit<Opening, 'opened' | 'refused'>,
  signal: AbortSignal | undefined,
): Promise<Room> {
  signal?.throwIfAborted();
  return cancellable<Room>(
    signal,
    (opened, refused) => new RoomConnection({ ...opening, opened, refused }),
  );
}
