import type { KvEntry } from '@nats-io/kv';
import { reasonOf } from '../../launch/nats/connect.js';
import { type BucketEntry, BusError } from '../bus/bus.js';

/** The answer of JetStream. Rejects with a `BusError` of one line. */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new BusError(`JetStream of NATS: ${reasonOf(error)}`);
  }
}

export function entryOf({ key, value, revision }: KvEntry): BucketEntry {
  return { key, value: Buffer.from(value).toString(), revision };
}
