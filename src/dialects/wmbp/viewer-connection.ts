import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import { Payload } from '../../protocol/payload.js';
import type { Room } from '../../rooms/room.js';
import type { Viewer, ViewerPeer, WatchRequest } from '../../rooms/viewer.js';
import type { Link } from '../../transport/connection.js';
import { ThrottledConnection } from '../../transport/throttled-connection.js';
import { KIB } from '../../units.js';
import type { PlayerLimits } from './player-connection.js';

/** The largest message from a viewer, in bytes: enough for every vote. */
export const MAX_VIEWER_MESSAGE = 1024;

/**
 * Messages and bytes per second from one viewer, with bursts as for players. A vote needs far less, but
 * the page of a viewer may be that of a player, which sends something in every frame.
 */
const RATES = { playerMessages: 100, playerBytes: 8 * KIB };

/** The shortest pauses of viewers who send more, in milliseconds; the longest take twice as long. */
const SHORTEST_PAUSE = 1000;

/**
 * How long a viewer may send more than that, in milliseconds. Its input waits unread, so that the relay
 * would not even notice when it leaves.
 */
const MAX_FLOOD = 10_000;

/** The WebSocket of a viewer. */
export class ViewerConnection extends ThrottledConnection implements ViewerPeer {
  readonly #later: (job: () => void) => void;
  readonly #backlog: number;
  #viewer: Viewer | undefined;
  #floodsSince = 0;
  #throttledAt = 0;

  constructor(link: Link, { playerBacklog }: Pick<PlayerLimits, 'playerBacklog'>) {
    // At random, so that the pauses of ten thousand viewers do not end at the same moment.
    super(link, RATES, SHORTEST_PAUSE * (1 + Math.random()));
    this.#later = (job) => link.context.cycle.later(job);
    this.#backlog = playerBacklog;
  }

  /** Watches the room. If the room refuses the viewer, closes the connection and returns the reason. */
  watch(room: Room, request: WatchRequest): CloseReason | undefined {
    const result = room.watch(this, request);
    if (result.is === 'refused') {
      this.close(result.reason);
      return result.reason;
    }
    this.#viewer = result.viewer;
    return undefined;
  }

  send(payload: Payload): void {
    if (this.outbox.open) this.outbox.send(payload);
  }

  end(reason: CloseReason): void {
    this.#later(() => this.close(reason));
  }

  protected override throttled(): void {
    const now = performance.now();
    if (now - this.#throttledAt > 3 * SHORTEST_PAUSE) this.#floodsSince = now;
    this.#throttledAt = now;
    if (now - this.#floodsSince < MAX_FLOOD) return;
    this.#later(() => this.closeAndDrop(CLOSE_REASONS.tooSlow));
  }

  override backlogChanged(bytes: number): void {
    if (bytes > this.#backlog) this.closeAndDrop(CLOSE_REASONS.tooSlow);
  }

  protected override receive(bytes: Uint8Array, binary: boolean): void {
    this.#viewer?.receive(new Payload(bytes, !binary));
  }

  protected override ended(code: number): void {
    super.ended(code);
    this.#viewer?.leave();
  }
}
