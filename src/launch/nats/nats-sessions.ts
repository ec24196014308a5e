import type { Msg } from '@nats-io/transport-node';
import type { NatsConfig } from '../config/launch-config.js';
import type { SessionIdentity } from '../session.js';
import type { DigestOwner, SessionReports, SessionStore } from '../session-store.js';
import { every, type StopTimer, SYSTEM_TIMERS, type Timers } from '../timers.js';
import type { Buckets, Change } from './buckets.js';
import { NATS_TIMEOUT } from './connect.js';
import { Digests } from './digests.js';
import { NatsLink, type NatsObserver } from './nats-link.js';
import { Reaper } from './reaper.js';
import { Runs } from './runs.js';
import type { Bucket } from './streams.js';

/** How often to look for orphaned entries, in milliseconds. */
const SWEEP_INTERVAL = 60_000;

/** The largest context of a server that is read, in bytes. */
const MAX_CONTEXT = 64 * 1024;

/** Stores sessions in the NATS buckets that game servers made with Bevygap use. */
export class NatsSessions implements SessionStore {
  readonly #config: NatsConfig;
  readonly #observer: NatsObserver;
  readonly #timers: Timers;
  readonly #digests: Digests;
  #fleet: SessionReports | undefined;
  #link: NatsLink | undefined;
  #stopSweeps: StopTimer | undefined;
  #isClosed = false;
  /** The last change of `cert_digests` that was read; `undefined` before the first connection. */
  #lastDigest: number | undefined;
  /** Sessions with an entry in `unclaimed_sessions`, and those with one in `active_connections`. */
  readonly #unclaimed = new Set<string>();
  readonly #active = new Set<string>();
  readonly #deletions = new Set<Promise<void>>();

  constructor(config: NatsConfig, observer: NatsObserver, timers: Timers = SYSTEM_TIMERS) {
    this.#config = config;
    this.#observer = observer;
    this.#timers = timers;
    this.#digests = new Digests(timers, (server, certDigest) => {
      const report = { ip: undefined, port: undefined, certDigest };
      this.#fleet?.servers.find(server)?.reportReady(report);
    });
  }

  get isAvailable(): boolean {
    return this.#link?.buckets !== undefined;
  }

  async open(fleet: SessionReports, run: string): Promise<void> {
    this.#fleet = fleet;
    const link = await NatsLink.open({
      config: this.#config,
      observer: this.#observer,
      timers: this.#timers,
      attach: (buckets) => this.#attach(buckets),
    });
    // The relay may have been closed meanwhile.
    if (this.#isClosed) return link.close();
    this.#link = link;
    link.connection.subscribe('gameserver.contexts', {
      callback: (error, message) => {
        if (error === null) this.#contextPublished(message);
      },
    });
    const runs = new Runs(link.connection, link.packages, run);
    const reaper = new Reaper(fleet, run);
    const sweep = () => void this.#sweep(reaper, runs);
    this.#stopSweeps = every(this.#timers, SWEEP_INTERVAL, sweep);
    sweep();
  }

  async put({ id, client }: SessionIdentity): Promise<void> {
    const buckets = this.#link?.buckets;
    if (buckets === undefined) throw new Error('NATS cannot be used');
    this.#unclaimed.add(id);
    await Promise.all([
      buckets.put('sessions_ly2eg', `${client}`, id),
      buckets.put('sessions_eg2ly', id, `${client}`),
      buckets.put('unclaimed_sessions', id, id),
    ]);
  }

  /**
   * Does not delete the entries in the two maps, which expire: the player's token may still be valid, and
   * a server made with Bevygap ends if a player connects who has no entry.
   */
  remove({ id }: SessionIdentity): void {
    if (this.#unclaimed.delete(id)) this.#delete('unclaimed_sessions', id);
    if (this.#active.delete(id)) this.#delete('active_connections', id);
  }

  expectDigest(server: DigestOwner): void {
    this.#digests.expect(server);
  }

  located(server: DigestOwner, ip: string): void {
    this.#digests.locate(server, ip);
    this.#link?.buckets
      ?.value('cert_digests', ip)
      .then((digest) => digest !== undefined && this.#digests.stored(ip, digest))
      .catch((error: unknown) => this.#observer.natsFailed(error));
  }

  forget(server: DigestOwner): void {
    this.#digests.forget(server);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopSweeps?.();
    if (this.isAvailable) await this.#whenDeleted();
    await this.#link?.close();
  }

  async #attach(buckets: Buckets): Promise<void> {
    const last = await buckets.revision('cert_digests');
    // The revisions of a bucket that was deleted and created again start from 1.
    if (this.#lastDigest === undefined) this.#lastDigest = last;
    else if (last < this.#lastDigest) this.#lastDigest = 0;
    const next = this.#lastDigest + 1;
    await buckets.watch('cert_digests', (change) => this.#digestChanged(change), next);
    await buckets.watch('active_connections', (change) => this.#activeChanged(change));
  }

  #digestChanged({ key, value, revision }: Change): void {
    this.#lastDigest = revision;
    if (value !== undefined) this.#digests.stored(key, value);
  }

  #activeChanged({ key, value }: Change): void {
    if (!this.#fleet?.sessions.has(key)) return;
    if (value === undefined) {
      this.#active.delete(key);
      this.#fleet.sessionReleased(key);
    } else {
      this.#active.add(key);
      this.#fleet.sessionClaimed(key);
      if (this.#unclaimed.delete(key)) this.#delete('unclaimed_sessions', key);
    }
  }

  /** A server has published its context. */
  #contextPublished({ data }: Msg): void {
    if (data.length > MAX_CONTEXT) return;
    try {
      const { request_id: server } = JSON.parse(Buffer.from(data).toString());
      if (typeof server === 'string') this.#digests.published(server);
    } catch {
      // Any client of NATS can publish invalid contexts.
    }
  }

  /** Deletes an entry. If that fails, a later sweep deletes it. */
  #delete(bucket: Bucket, key: string): void {
    const deletion = Promise.resolve(this.#link?.buckets?.delete(bucket, key))
      .catch((error: unknown) => this.#observer.natsFailed(error))
      .finally(() => this.#deletions.delete(deletion));
    this.#deletions.add(deletion);
  }

  async #sweep(reaper: Reaper, runs: Runs): Promise<void> {
    const buckets = this.#link?.buckets;
    if (buckets === undefined) return;
    try {
      await reaper.sweep(buckets, runs, Date.now());
    } catch (error) {
      if (this.isAvailable) this.#observer.natsFailed(error);
    }
  }

  async #whenDeleted(): Promise<void> {
    let stopTimer: StopTimer | undefined;
    const tooLong = new Promise<void>((done) => {
      stopTimer = this.#timers.after(NATS_TIMEOUT, done);
    });
    await Promise.race([Promise.all(this.#deletions), tooLong]);
    stopTimer?.();
  }
}
