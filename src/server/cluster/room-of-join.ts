import type { Directory } from '../../cluster/directory/directory.js';
import type { Join } from '../../cluster/wire/frames.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { Room } from '../../rooms/room.js';
import type { Rooms } from '../../rooms/rooms.js';

export interface RoomOfJoinParts {
  readonly run: string;
  readonly rooms: Rooms;
  readonly directory: Directory | undefined;
  readonly isAway: (code: RoomCode) => boolean;
}

/** The room that a client of another relay joins, or why there is none. */
export function roomOfJoin(
  { code, follows }: Join,
  { run, rooms, directory, isAway }: RoomOfJoinParts,
): Room | CloseReason {
  const room = rooms.find(code);
  if (room !== undefined) return room;
  // Of a game that goes on elsewhere, a client must not hear that there is none. The other relay may not
  // know yet that the room has moved.
  const home = directory?.home(code)?.run ?? run;
  const isElsewhere = follows || isAway(code) || home !== run;
  return isElsewhere ? CLOSE_REASONS.restarting : CLOSE_REASONS.noSuchRoom;
}
