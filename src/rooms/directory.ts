import type { RoomCode } from './ids.js';
import type { Room } from './room.js';

/** Where the room of a code is. */
export type Location = { readonly is: 'here'; readonly room: Room } | { readonly is: 'nowhere' };

/** Finds rooms by their codes. */
export interface Directory {
  /** Asynchronous, because a directory may have to ask another process. */
  locate(code: RoomCode): Promise<Location>;
}
