import { runOf } from '../session-ids.js';
import type { SessionReports } from '../session-store.js';
import type { Buckets } from './buckets.js';
import type { Runs } from './runs.js';
import type { Bucket } from './streams.js';

/** What lasts until somebody deletes it; the others expire. */
const LASTING: readonly Bucket[] = ['active_connections', 'unclaimed_sessions'];

/**
 * How long the mark of a deleted entry is kept, in milliseconds: a relay that is cut off from NATS
 * finds out by it which players have left.
 */
const MARK_TIME = 60 * 60 * 1000;

/** An entry of a relay's session, or its mark. */
interface Found {
  readonly bucket: Bucket;
  readonly session: string;
  readonly run: string;
  readonly isDeleted: boolean;
  readonly createdAt: number;
}

/**
 * Deletes the entries of sessions that nobody owns: their server has crashed while it had players,
 * their relay has ended without deleting them, or NATS was gone when they were to be deleted. Only
 * relays' sessions: those of a Bevygap matchmaker are its own.
 */
export class Reaper {
  readonly #fleet: SessionReports;
  readonly #ownRun: string;
  /** Runs of other relays that were over at the last sweep; an interruption may look like that. */
  #over: ReadonlySet<string> = new Set();

  constructor(fleet: SessionReports, ownRun: string) {
    this.#fleet = fleet;
    this.#ownRun = ownRun;
  }

  /**
   * Deletes what nobody owns now, and nobody owned at the last sweep.
   *
   * @param now the time of the marks: milliseconds since 1970
   */
  async sweep(buckets: Buckets, runs: Runs, now: number): Promise<void> {
    const found = await find(buckets);
    const isOver = await this.#runsOver(found, runs);
    for (const { bucket, session, run, isDeleted, createdAt } of found) {
      const isOwned = run === this.#ownRun ? this.#fleet.sessions.has(session) : !isOver(run);
      if (isDeleted && now - createdAt > MARK_TIME) await buckets.purge(bucket, session);
      else if (!isDeleted && !isOwned) await buckets.delete(bucket, session);
    }
  }

  async #runsOver(found: readonly Found[], runs: Runs): Promise<(run: string) => boolean> {
    const others = found.filter(({ run, isDeleted }) => run !== this.#ownRun && !isDeleted);
    const over = new Set<string>();
    for (const run of new Set(others.map((each) => each.run))) {
      if (await runs.isOver(run)) over.add(run);
    }
    const before = this.#over;
    this.#over = over;
    return (run) => over.has(run) && before.has(run);
  }
}

async function find(buckets: Buckets): Promise<Found[]> {
  const found: Found[] = [];
  for (const bucket of LASTING) {
    for (const { key: session, ...rest } of await buckets.entries(bucket)) {
      const run = runOf(session);
      if (run !== undefined) found.push({ bucket, session, run, ...rest });
    }
  }
  return found;
}
