import { TokenBucket } from '../../limits/token-bucket.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import { Payload } from '../../protocol/payload.js';
import type { Room } from '../../rooms/room.js';
import type { Viewer, ViewerPeer, WatchRequest } from '../../rooms/viewer.js';
import { Connection, type Link } from '../../transport/connection.js';
import { KIB } from '../../units.js';
import type { PlayerLimits } from './player-connection.js';

/** The largest message from a viewer, in bytes: enough for every vote. */
export const MAX_VIEWER_MESSAGE = 1024;

/**
 * How much a viewer may send, in bytes per second and as a burst. A vote needs far less, but the page of
 * a viewer may be that of a player, which sends something in every frame. A viewer who sends more is
 * closed, and its input is dropped unread: that of ten thousand viewers would fill the memory, or keep
 * everybody waiting.
 */
const RATE = { rate: 8 * KIB, burst: 16 * KIB };

/** The WebSocket of a viewer. */
export class ViewerConnection extends Connection implements ViewerPeer {
  readonly #later: (job: () => void) => void;
  readonly #backlog: number;
  #viewer: Viewer | undefined;
  #rate: TokenBucket | undefined;
  #isFlooding = false;

  constructor(link: Link, { playerBacklog }: Pick<PlayerLimits, 'playerBacklog'>) {
    super(link);
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

  override chunk(bytes: number): void {
    super.chunk(bytes);
    const now = performance.now();
    this.#rate ??= new TokenBucket(RATE, now);
    if (this.#isFlooding || this.#rate.tryTake(bytes, now)) return;
    this.#isFlooding = true;
    this.stopReading();
    this.#later(() => this.closeAndDrop(CLOSE_REASONS.tooManyAttempts));
  }

  override backlogChanged(bytes: number): void {
    if (bytes > this.#backlog) this.closeAndDrop(CLOSE_REASONS.tooSlow);
  }

  protected override receive(bytes: Uint8Array, binary: boolean): void {
    this.#viewer?.receive(new Payload(bytes, !binary));
  }

  protected override ended(): void {
    this.#viewer?.leave();
  }
}
