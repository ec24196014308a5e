import { NODE_URL } from '../../protocol/node-url.js';

/** What each relay publishes about itself every half second. */
export interface Beat {
  /** Identifies this run of the relay. Never used again. */
  readonly run: string;
  /** The relay's name, which is the same after a restart. */
  readonly node: string;
  /** The address at which clients reach this relay and no other; empty if there is none. */
  readonly url: string;
  readonly rooms: number;
  /** The CPU usage, from 0 to 1. */
  readonly load: number;
  readonly isDraining: boolean;
  /** The clock of this run when it sent the beat, in milliseconds. */
  readonly clock: number;
  /** The version of the link. */
  readonly version: number;
}

/** Runs and names are parts of subjects and of keys. */
const NAME = /^[\w-]{1,64}$/;
const MAX_BEAT = 2048;
const CLOCK_BYTES = 8;

export function isNodeName(text: unknown): text is string {
  return typeof text === 'string' && NAME.test(text);
}

export function isNodeUrl(text: unknown): text is string {
  return typeof text === 'string' && (text === '' || NODE_URL.test(text));
}

export function writeBeat(beat: Beat): Uint8Array {
  return Buffer.from(JSON.stringify(beat));
}

/** @returns `undefined` if it is not a beat: other clients of the bus could publish, too */
export function readBeat(bytes: Uint8Array): Beat | undefined {
  if (bytes.length > MAX_BEAT) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
  const { run, node, url, rooms, load, isDraining, clock, version } = (value ??
    {}) as Partial<Beat>;
  if (!isNodeName(run) || !isNodeName(node) || !isNodeUrl(url)) return undefined;
  if (!isCount(rooms) || !isCount(version) || typeof load !== 'number') return undefined;
  if (typeof isDraining !== 'boolean' || !Number.isFinite(clock)) return undefined;
  return { run, node, url, rooms, load, isDraining, clock: clock as number, version };
}

/** The answer to a ping: the clock of this run, in milliseconds. */
export function writeClock(clock: number): Uint8Array {
  const bytes = Buffer.alloc(CLOCK_BYTES);
  bytes.writeDoubleLE(clock);
  return bytes;
}

/** @returns `undefined` if it is not a time */
export function readClock(bytes: Uint8Array): number | undefined {
  if (bytes.length !== CLOCK_BYTES) return undefined;
  const clock = Buffer.from(bytes).readDoubleLE();
  return Number.isFinite(clock) ? clock : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
