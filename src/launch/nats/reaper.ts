import { runOf } from '../session-ids.js';
import type { SessionReports } from '../session-store.js';
import type { Buckets } from './buckets.js';
import type { Runs } from './runs.js';
import type { Bucket } from './streams.js';

/** The buckets whose entries do not expire. */
const PERSISTENT_BUCKETS: readonly Bucket[] = ['active_connections', 'unclaimed_sessions'];

/**
 * How long delete markers are kept, in milliseconds. A relay that was disconnected from NATS learns from
 * them which players have left.
 */
const DELETE_MARKER_TIME = 60 * 60 * 1000;

/** An entry of a relay's session, or its delete marker. */
interface SessionEntry {
  readonly bucket: Bucket;
  readonly session: string;
  readonly run: string;
  readonly isDeleted: boolean;
  readonly createdAt: number;
}

/**
 * Deletes orphaned entries: their server has crashed while it had players, their relay has ended without
 * deleting them, or they could not be deleted because NATS was not available. It does not touch entries
 * of Bevygap's own matchmaker.
 */
export class Reaper {
  readonly #fleet: SessionReports;
  readonly #ownRun: string;
  /** Runs of other relays that did not answer at the last sweep, perhaps because of an interruption. */
  #endedRuns: ReadonlySet<string> = new Set();

  constructor(fleet: SessionReports, ownRun: string) {
    this.#fleet = fleet;
    this.#ownRun = ownRun;
  }

  /**
   * Deletes entries that are orphaned, and were orphaned at the last sweep; and old delete markers.
   *
   * @param now milliseconds since 1970
   */
  async sweep(buckets: Buckets, runs: Runs, now: number): Promise<void> {
    const found = await find(buckets);
    const isOver = await this.#runsOver(found, runs);
    for (const { bucket, session, run, isDeleted, createdAt } of found) {
      const isOwned = run === this.#ownRun ? this.#fleet.sessions.has(session) : !isOver(run);
      if (isDeleted && now - createdAt > DELETE_MARKER_TIME) await buckets.purge(bucket, session);
      else if (!isDeleted && !isOwned) await buckets.delete(bucket, session);
    }
  }

  async #runsOver(found: readonly SessionEntry[], runs: Runs): Promise<(run: string) => boolean> {
    const others = found.filter(({ run, isDeleted }) => run !== this.#ownRun && !isDeleted);
    const over = new Set<string>();
    for (const run of new Set(others.map((each) => each.run))) {
      if (await runs.hasEnded(run)) over.add(run);
    }
    const before = this.#endedRuns;
    this.#endedRuns = over;
    return (run) => over.has(run) && before.has(run);
  }
}

async function find(buckets: Buckets): Promise<SessionEntry[]> {
  const found: SessionEntry[] = [];
  for (const bucket of PERSISTENT_BUCKETS) {
    for (const { key: session, ...rest } of await buckets.entries(bucket)) {
      const run = runOf(session);
      if (run !== undefined) found.push({ bucket, session, run, ...rest });
    }
  }
  return found;
}
