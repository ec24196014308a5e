import type { Directory } from '../../../cluster/directory/directory.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { EndedRuns } from '../ended-runs.js';
import type { RoomRecords } from './room-records.js';

/** How long a relay may be disconnected from NATS before its rooms that do not wait count as over. */
const RETURN_TIME = 15_000;

export interface HasEndedParts {
  readonly directory: Directory;
  readonly records: RoomRecords;
  readonly endedRuns: EndedRuns;
  /** The time since this relay was started, in milliseconds. */
  readonly uptime: () => number;
}

/** Whether a room is over, whose relay does not run. Never rejects. */
export async function hasEnded(
  code: RoomCode,
  { directory, records, endedRuns, uptime }: HasEndedParts,
): Promise<boolean> {
  const { run } = directory.home(code) ?? {};
  const state = await records.stateOf(code);
  // Of a room that does not wait. Its relay may be disconnected from NATS for a moment.
  const isOver = run !== undefined && endedRuns.hasEndedFor(run, RETURN_TIME, uptime());
  return state === 'ended' || (state === 'unknown' && isOver);
}
