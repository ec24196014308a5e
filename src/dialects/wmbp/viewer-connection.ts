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

/** The shortest pause of a viewer who sends more, in milliseconds: all of ten thousand may. */
const SHORTEST_PAUSE = 1000;

/** The WebSocket of a viewer. */
export class ViewerConnection extends ThrottledConnection implements ViewerPeer {
  readonly #later: (job: () => void) => void;
  readonly #backlog: number;
  #viewer: Viewer | undefined;

  constructor(link: Link, { playerBacklog }: Pick<PlayerLimits, 'playerBacklog'>) {
    super(link, RATES, SHORTEST_PAUSE);
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
