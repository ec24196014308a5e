import type { Directory } from '../../../cluster/directory/directory.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { Rooms } from '../../../rooms/rooms.js';
import { skipIds } from '../../../state/saved-state.js';
import type { Moves } from './build-moves.js';
import type { LinkedRoom } from './gathering.js';

export interface RestoreParts {
  readonly run: string;
  /** The runs of this relay before this one. */
  readonly earlier: ReadonlySet<string>;
  readonly rooms: Rooms;
  readonly moves: Moves;
  readonly directory: Directory;
}

export interface Restored {
  /** Rooms that have moved to an earlier run, and have to move to this one. */
  readonly moved: readonly { readonly code: RoomCode; readonly epoch: number }[];
  readonly linked: readonly LinkedRoom[];
}

/**
 * Restores the rooms of earlier runs that no other relay has taken over. Drops those of the state file
 * that have ended at another relay, or are there. Rejects with a `BusError`.
 */
export async function restoreRooms({
  run,
  earlier,
  rooms,
  moves,
  directory,
}: RestoreParts): Promise<Restored> {
  const all = await moves.records.readAll();
  const isOwn = (other: string): boolean => other === run || earlier.has(other);
  for (const room of [...rooms.all]) {
    const record = all.get(room.identity.code);
    const isGone = record !== undefined && (record.room === undefined || !isOwn(record.run));
    if (isGone) moves.rooms.drop(room);
    else moves.records.adopt(room);
  }
  for (const { run: of, room, isFinal } of all.values()) {
    if (room === undefined || !isOwn(of) || !earlier.has(directory.home(room.code)?.run ?? ''))
      continue;
    rooms.restore([isFinal ? room : skipIds(room)]);
    const restored = rooms.find(room.code);
    if (restored !== undefined) moves.records.adopt(restored);
  }
  const moved = directory.moves.flatMap(([code, { run: of, epoch }]) =>
    isOwn(of) && rooms.find(code) !== undefined ? [{ code, epoch }] : [],
  );
  const linked = [...rooms.all].flatMap((room) => {
    const { edges = [] } = all.get(room.identity.code) ?? {};
    return edges.length === 0 ? [] : [{ room, edges }];
  });
  return { moved, linked };
}
