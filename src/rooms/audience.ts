import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import type { Features } from './features.js';
import { Poll } from './poll.js';
import type { AudienceEvent } from './room-event.js';
import type { SavedRoom } from './saved-room.js';
import { ThrottledReport } from './throttled-report.js';
import type { Timers } from './timers.js';
import type { RoomTotals } from './totals.js';
import { Viewer, type ViewerContext, type ViewerPeer, type WatchResult } from './viewer.js';

/** The shortest time between two counts, and between two tallies, in milliseconds. */
const PERIOD = 1000;

/** What an audience needs from its room. */
export interface AudienceContext extends Timers {
  readonly features: Features | undefined;
  readonly totals: RoomTotals;
  notifyHost(event: AudienceEvent): void;
  /** The saved state has changed. */
  changed(): void;
}

/**
 * The viewers of a room. They get what the host sends to the audience, and vote in polls; all else
 * that they send is dropped. The host gets their number, and never an event about one of them.
 */
export class Audience implements ViewerContext {
  readonly #maxViewers: number;
  readonly #context: AudienceContext;
  readonly #viewers = new Set<Viewer>();
  readonly #counts: ThrottledReport;
  readonly #tallies: ThrottledReport;
  #poll: Poll | undefined;
  #hasEnded = false;

  private constructor(maxViewers: number, context: AudienceContext) {
    this.#maxViewers = maxViewers;
    this.#context = context;
    this.#counts = new ThrottledReport(context, PERIOD, () =>
      context.notifyHost({ type: 'audienceChanged', count: this.size }),
    );
    this.#tallies = new ThrottledReport(context, PERIOD, () => this.#reportTally());
  }

  /** The audience of this room; `undefined` if nobody can watch the room. */
  static of(room: AudienceContext): Audience | undefined {
    const maxViewers = room.features?.audience;
    return maxViewers === undefined ? undefined : new Audience(maxViewers, room);
  }

  /** The number of viewers. */
  get size(): number {
    return this.#viewers.size;
  }

  /** How many viewers have chosen each choice of the poll; `undefined` without a poll. */
  get tally(): readonly number[] | undefined {
    return this.#poll?.counts;
  }

  /** The state to save. Viewers are not part of it, because their connections end with the relay. */
  get saved(): Pick<SavedRoom, 'poll'> {
    return this.#poll === undefined ? {} : { poll: this.#poll.choices };
  }

  /** Continues the poll of a saved room, without votes. */
  restore({ poll }: Pick<SavedRoom, 'poll'>): void {
    if (poll !== undefined) this.#setPoll(new Poll(poll));
  }

  /** Admits a viewer, or returns the reason for refusing it. */
  admit(peer: ViewerPeer): WatchResult {
    if (this.#hasEnded) return { is: 'refused', reason: CLOSE_REASONS.noSuchRoom };
    if (this.#viewers.size >= this.#maxViewers)
      return { is: 'refused', reason: CLOSE_REASONS.roomFull };
    const viewer = new Viewer(peer, this);
    this.#viewers.add(viewer);
    this.#counts.changed();
    return { is: 'watching', viewer };
  }

  /**
   * Sends a message to all viewers: the payload path.
   *
   * @returns how many viewers it went to
   */
  send(payload: Payload): number {
    for (const { peer } of this.#viewers) peer.send(payload);
    return this.#viewers.size;
  }

  /**
   * Starts a poll, which ends the one before.
   *
   * @param choices different from each other; without any, the poll ends
   * @returns the first tally of the new poll, or the last one of the poll that has ended
   */
  poll(choices: readonly string[]): readonly number[] {
    const last = this.tally ?? [];
    this.#tallies.stop();
    this.#setPoll(choices.length === 0 ? undefined : new Poll(choices));
    this.#context.changed();
    return this.tally ?? last;
  }

  message(viewer: Viewer, payload: Payload): void {
    const poll = this.#poll;
    const position = poll?.positionOf(payload);
    if (poll === undefined || position === undefined || !this.#viewers.has(viewer)) return;
    if (viewer.vote(poll, position)) this.#tallies.changed();
  }

  left(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    if (this.#poll !== undefined && viewer.vote(this.#poll, undefined)) this.#tallies.changed();
    this.#counts.changed();
  }

  /** The room has ended. */
  end(reason: CloseReason): void {
    this.#hasEnded = true;
    this.#counts.stop();
    this.#tallies.stop();
    this.#setPoll(undefined);
    const viewers = [...this.#viewers];
    this.#viewers.clear();
    for (const { peer } of viewers) peer.end(reason);
  }

  #reportTally(): void {
    const counts = this.tally;
    if (counts !== undefined) this.#context.notifyHost({ type: 'tallied', counts });
  }

  #setPoll(poll: Poll | undefined): void {
    this.#context.totals.storedBytes += (poll?.bytes ?? 0) - (this.#poll?.bytes ?? 0);
    this.#poll = poll;
  }
}
