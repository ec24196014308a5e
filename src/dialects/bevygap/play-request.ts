import type {
  LaunchError,
  Matchmaker,
  PendingRequest,
  PlaceListener,
  PlaceRequest,
} from '../../launch/matchmaker.js';
import type { Place, Progress } from '../../protocol/matchmaking.js';

/** Gets the progress of a request. `ready` or `failed` is the last. */
export type ProgressListener = (progress: Progress) => void;

/** How often progress is sent to a player, in milliseconds. */
const REPORT_INTERVAL = 1000;

/** The status before the server reports one, and when it is ready. */
const WAITING = 'Waiting';
const READY = 'Ready';

/**
 * A player's request for a place. Progress is sent at each change and once a second, at least once
 * before the end, and never after it.
 */
export class PlayRequest implements PlaceListener {
  readonly #send: ProgressListener;
  readonly #ended: (request: PlayRequest) => void;
  readonly #startedAt = performance.now();
  #pending: PendingRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #status = WAITING;
  #isOver = false;

  /** @param ended is called once, when the player has its answer or has left */
  constructor(send: ProgressListener, ended: (request: PlayRequest) => void) {
    this.#send = send;
    this.#ended = ended;
  }

  begin(matchmaker: Matchmaker, request: PlaceRequest): void {
    this.#send({ is: 'acknowledged' });
    // The player may have left: writing `acknowledged` may have failed.
    if (this.#isOver) return;
    try {
      this.#pending = matchmaker.requestPlace(request, this);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** The player has left. Does nothing after the end. */
  cancel(): void {
    if (this.#end()) this.#pending?.cancel();
  }

  /** Ends the request without a place. */
  abandon(error: LaunchError): void {
    if (!this.#end()) return;
    this.#pending?.cancel();
    this.#send({ is: 'failed', status: error.status, reason: error.message });
  }

  accepted(session: string): void {
    if (this.#isOver) return;
    this.#send({ is: 'accepted', session });
    if (this.#isOver) return;
    this.#timer = setInterval(() => this.#sendStatus(), REPORT_INTERVAL);
  }

  progress(status: string): void {
    if (this.#isOver || status === this.#status) return;
    this.#status = status;
    this.#sendStatus();
  }

  ready(place: Place): void {
    this.progress(READY);
    if (this.#end()) this.#send({ is: 'ready', place });
  }

  failed({ status, message }: LaunchError): void {
    if (this.#end()) this.#send({ is: 'failed', status, reason: message });
  }

  #sendStatus(): void {
    const elapsed = Math.floor((performance.now() - this.#startedAt) / 1000);
    this.#send({ is: 'waiting', status: this.#status, elapsed });
  }

  /** @returns false if the request has already ended */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#ended(this);
    return true;
  }
}
