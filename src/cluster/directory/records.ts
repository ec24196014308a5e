import { isNodeName, isNodeUrl } from '../nodes/beat.js';

/*
 * The values of the bucket `codes`. Its keys are blocks (`BC`), codes (`BCDF`) and nodes (`node.NAME`).
 * They are overwritten, and never deleted: in some versions of NATS, an entry cannot be created again
 * while a delete marker is being written (nats-server#5162).
 */

/** A run of a relay, and the address at which clients reach it; empty if there is none. */
export interface Place {
  readonly run: string;
  readonly url: string;
}

/** The owner of a block; `undefined` in the value of a block that was given back. */
export interface BlockRecord {
  readonly owner: (Place & { readonly node: string }) | undefined;
}

/** A room that was moved from its block's owner. Kept after the room has ended, for the next epoch. */
export interface MoveRecord {
  readonly epoch: number;
  /** `undefined` if the room has ended. */
  readonly place: Place | undefined;
}

/** The latest run of the relay with a name. */
export interface NodeRecord extends Place {
  /** Earlier runs, the last one first: one that ended while it started has left its rooms to the next one. */
  readonly before: readonly string[];
}

const MAX_RECORD = 2048;

export function writeRecord(record: BlockRecord | MoveRecord | NodeRecord): string {
  return JSON.stringify(record);
}

/** @returns `undefined` if the value is invalid: other clients of the bus could write to the bucket, too */
export function readBlock(value: string): BlockRecord | undefined {
  const fields = parse(value);
  if (fields === undefined) return undefined;
  const { owner } = fields;
  if (owner === undefined) return { owner };
  const place = readPlace(owner);
  if (place === undefined) return undefined;
  const { node } = owner as { node?: unknown };
  return isNodeName(node) ? { owner: { ...place, node } } : undefined;
}

export function readMove(value: string): MoveRecord | undefined {
  const fields = parse(value);
  const { epoch, place } = fields ?? {};
  if (!Number.isSafeInteger(epoch) || (epoch as number) < 1) return undefined;
  if (place === undefined) return { epoch: epoch as number, place };
  const read = readPlace(place);
  return read === undefined ? undefined : { epoch: epoch as number, place: read };
}

export function readNode(value: string): NodeRecord | undefined {
  const fields = parse(value);
  const place = readPlace(fields);
  const before = fields?.['before'];
  if (place === undefined || !Array.isArray(before) || !before.every(isNodeName)) return undefined;
  return { ...place, before };
}

function readPlace(value: unknown): Place | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { run, url } = value as Partial<Place>;
  return isNodeName(run) && isNodeUrl(url) ? { run, url } : undefined;
}

function parse(value: string): Record<string, unknown> | undefined {
  if (value.length > MAX_RECORD) return undefined;
  try {
    const fields: unknown = JSON.parse(value);
    return typeof fields === 'object' && fields !== null ? { ...fields } : undefined;
  } catch {
    return undefined;
  }
}
