import type { Ask, AskListener, AskRequest, LaunchError, Matchmaker } from '../../launch/ask.js';
import type { Place, Progress } from '../../protocol/matchmaking.js';

/** Takes the progress of a request. What is `ready` or `failed` is the last. */
export type ProgressListener = (progress: Progress) => void;

/** How often a player hears of its request, in milliseconds. */
const REPORT_EVERY = 1000;

/** Said until a server has something to say. */
const WAITING = 'Waiting';
const READY = 'Ready';

/**
 * One request of a player while it is answered. Progress is told at each change and once a second,
 * at least once before the end, and never after it.
 */
export class PlayRequest implements AskListener {
  readonly #tell: ProgressListener;
  readonly #ended: (request: PlayRequest) => void;
  readonly #startedAt = performance.now();
  #ask: Ask | undefined;
  #timer: NodeJS.Timeout | undefined;
  #status = WAITING;
  #isOver = false;

  /** @param ended is called once, when the player has its answer or has left */
  constructor(tell: ProgressListener, ended: (request: PlayRequest) => void) {
    this.#tell = tell;
    this.#ended = ended;
  }

  begin(matchmaker: Matchmaker, request: AskRequest): void {
    this.#tell({ is: 'acknowledged' });
    // The player may have left meanwhile: writing to it may fail.
    if (this.#isOver) return;
    try {
      this.#ask = matchmaker.ask(request, this);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** The player has left. Harmless after the end. */
  cancel(): void {
    if (this.#end()) this.#ask?.cancel();
  }

  /** Ends the request without a place. */
  abandon(error: LaunchError): void {
    if (!this.#end()) return;
    this.#ask?.cancel();
    this.#tell({ is: 'failed', status: error.status, reason: error.message });
  }

  accepted(session: string): void {
    if (this.#isOver) return;
    this.#tell({ is: 'accepted', session });
    if (this.#isOver) return;
    this.#timer = setInterval(() => this.#report(), REPORT_EVERY);
  }

  progress(words: string): void {
    if (this.#isOver || words === this.#status) return;
    this.#status = words;
    this.#report();
  }

  ready(place: Place): void {
    this.progress(READY);
    if (this.#end()) this.#tell({ is: 'ready', place });
  }

  failed({ status, message }: LaunchError): void {
    if (this.#end()) this.#tell({ is: 'failed', status, reason: message });
  }

  #report(): void {
    const elapsed = Math.floor((performance.now() - this.#startedAt) / 1000);
    this.#tell({ is: 'waiting', status: this.#status, elapsed });
  }

  /** @returns false if it is over already */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#ended(this);
    return true;
  }
}
