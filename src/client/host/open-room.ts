import type { Room } from '../api.js';
import { cancellable } from '../cancellable.js';
import { HostRoom } from './host-room.js';
import type { Opening } from './room-connection.js';

/** Opens a room, or resumes one. */
export async function openRoom(
  opening: Omit<Opening, 'opened' | 'refused'>,
  signal: AbortSignal | undefined,
): Promise<Room> {
  signal?.throwIfAborted();
  return cancellable<Room>(
    signal,
    (opened, refused) => new HostRoom({ ...opening, opened, refused }),
  );
}
