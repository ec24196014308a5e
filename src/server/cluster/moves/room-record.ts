import { isNodeName } from '../../../cluster/nodes/beat.js';
import type { SavedRoom } from '../../../rooms/saved-room.js';
import { parseRoom } from '../../../state/saved-state.js';

/** What the bucket `rooms` has about a room that waits for its host and players. */
export interface RoomRecord {
  /** The run that has, or had, the room. */
  readonly run: string;
  /** The epoch of the room there. */
  readonly epoch: number;
  /** The runs that have clients in the room. */
  readonly edges: readonly string[];
  /** Whether the room cannot have changed since it was written. */
  readonly isFinal: boolean;
  /** `undefined` if the room has ended. */
  readonly room: SavedRoom | undefined;
}

/** The largest record, in bytes: NATS carries messages of 1 MiB by default. */
export const MAX_RECORD = 960 * 1024;

/** More edges than a room has. */
const MAX_EDGES = 1000;

export function writeRoomRecord(record: RoomRecord): string {
  return JSON.stringify(record);
}

/** @returns `undefined` if the value is invalid: other clients of the bus could write to the bucket, too */
export function readRoomRecord(value: string): RoomRecord | undefined {
  const { run, epoch, edges, isFinal, room } = parse(value) ?? {};
  if (!isNodeName(run) || !Number.isSafeInteger(epoch) || !areEdges(edges)) return undefined;
  const read = typeof room === 'object' && room !== null ? parseRoom({ ...room }) : undefined;
  if (room !== undefined && read === undefined) return undefined;
  return { run, epoch: epoch as number, edges, isFinal: isFinal === true, room: read };
}

function areEdges(edges: unknown): edges is string[] {
  return Array.isArray(edges) && edges.length <= MAX_EDGES && edges.every(isNodeName);
}

function parse(value: string): Partial<Record<keyof RoomRecord, unknown>> | undefined {
  if (value.length > MAX_RECORD) return undefined;
  try {
    const fields: unknown = JSON.parse(value);
    return typeof fields === 'object' && fields !== null ? fields : undefined;
  } catch {
    return undefined;
  }
}
