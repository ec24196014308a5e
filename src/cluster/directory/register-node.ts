import { type Bucket, BusError } from '../bus/bus.js';
import { type Place, readNode, writeRecord } from './records.js';

/** How many earlier runs of a relay are remembered. */
const MAX_EARLIER = 16;

/** The number of attempts, because another run may register at the same time. */
const MAX_TRIES = 5;

/**
 * Registers this run under the relay's name.
 *
 * @param isRunning checks whether a run answers
 * @returns earlier runs, whose blocks and rooms are this run's
 * @throws {BusError} if another relay with this name is running, or the bus does not answer
 */
export async function registerNode(
  bucket: Bucket,
  node: string,
  place: Place,
  isRunning: (run: string) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const key = keyOf(node);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const entry = await bucket.get(key);
    const last = entry && readNode(entry.value);
    if (last !== undefined && (await isRunning(last.run))) {
      throw new BusError(`another relay with the name ${node} is running; choose another --node`);
    }
    const before = last === undefined ? [] : [last.run, ...last.before].slice(0, MAX_EARLIER);
    const value = writeRecord({ ...place, before });
    const revision = await (entry === undefined
      ? bucket.create(key, value)
      : bucket.update(key, value, entry.revision));
    if (revision !== undefined) return new Set(before);
  }
  throw new BusError(`other relays with the name ${node} start at the same time`);
}

/** Registers this run again if the bucket has lost that. Rejects with a `BusError`. */
export async function confirmNode(bucket: Bucket, node: string, place: Place): Promise<void> {
  const key = keyOf(node);
  if ((await bucket.get(key)) !== undefined) return;
  await bucket.create(key, writeRecord({ ...place, before: [] }));
}

function keyOf(node: string): string {
  return `node.${node}`;
}
