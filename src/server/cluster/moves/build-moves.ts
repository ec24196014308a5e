import type { Bucket } from '../../../cluster/bus/bus.js';
import type { Directory } from '../../../cluster/directory/directory.js';
import type { Place } from '../../../cluster/directory/records.js';
import { SYSTEM_TIMERS } from '../../../launch/timers.js';
import type { ClusterLines } from '../../../ops/cluster-lines.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { Room } from '../../../rooms/room.js';
import type { Rooms } from '../../../rooms/rooms.js';
import type { ClusterLinks } from '../cluster-links.js';
import type { NodeRequests } from '../node-requests.js';
import type { Arrivals } from './arrivals.js';
import { EndedMoves } from './ended-moves.js';
import { Followers } from './followers.js';
import { Gathering } from './gathering.js';
import { RoomMoves } from './room-moves.js';
import { RoomRecords } from './room-records.js';
import { Takeover, type TakeoverParts } from './takeover.js';
import { WaitingSeats } from './waiting-seats.js';

/** What this relay counts. */
export interface MoveCounts {
  takeovers: number;
  recordErrors: number;
}

export interface MovesParts {
  /** The bucket of rooms that wait. */
  readonly bucket: Bucket;
  readonly self: Place;
  /** The runs of this relay before this one. */
  readonly earlier: ReadonlySet<string>;
  /** The longest reconnect window, in seconds. */
  readonly maxHold: number;
  readonly rooms: Rooms;
  readonly links: ClusterLinks;
  readonly arrivals: Arrivals;
  readonly directory: () => Directory | undefined;
  readonly log: ClusterLines;
  readonly counts: MoveCounts;
  /** An exception in the relay's own code. */
  readonly fault: (error: unknown) => void;
}

/** What moves rooms between this relay and others. */
export interface Moves {
  readonly records: RoomRecords;
  readonly waiting: WaitingSeats;
  readonly followers: Followers;
  readonly ended: EndedMoves;
  readonly rooms: RoomMoves;
  gathering(requests: NodeRequests): Gathering;
  takeover(parts: Pick<TakeoverParts, 'directory' | 'nodes' | 'requests' | 'gathering'>): Takeover;
}

const timers = SYSTEM_TIMERS;

export function buildMoves(parts: MovesParts): Moves {
  const { self, maxHold, rooms, links, arrivals, directory, log, counts, fault } = parts;
  const records = buildRecords(parts);
  const waiting = new WaitingSeats({ timers, maxHold, readRecord: (code) => records.read(code) });
  const { run } = self;
  const find = (code: RoomCode): Room | undefined => rooms.find(code);
  const followers = new Followers({ run, directory, links, waiting, find });
  const ended = new EndedMoves({ timers, directory, fault });
  const moves = new RoomMoves({
    ...parts,
    run,
    timers,
    followers,
    ended,
    records,
    waiting,
    movedAway: ({ identity }, run) => log.movedAway(identity.number, run),
  });
  const tookOver: TakeoverParts['tookOver'] = ({ identity }, from) => {
    counts.takeovers++;
    log.tookOver(identity.number, from);
  };
  return {
    records,
    waiting,
    followers,
    ended,
    rooms: moves,
    gathering: (requests) => new Gathering({ self, find, requests, followers, arrivals }),
    takeover: (others) => new Takeover({ ...others, self, rooms, records, moves, tookOver }),
  };
}

function buildRecords(parts: MovesParts): RoomRecords {
  const { bucket, self, links, directory, log, counts, fault } = parts;
  return new RoomRecords({
    bucket,
    run: self.run,
    timers,
    epochOf: (code) => directory()?.home(code)?.epoch ?? 1,
    edgesOf: (room) => links.edgesOf(room),
    failed: (error) => {
      counts.recordErrors++;
      log.recordFailed(error.message);
    },
    fault,
  });
}
