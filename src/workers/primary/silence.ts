/** The time between two looks, in milliseconds. */
const INTERVAL = 500;

/** A process that was silent for so many looks does not respond. */
const SILENT = 3;

/** A process that was silent for so many looks is not expected to go on: 30 s. */
const HUNG = 60;

/** The same for a process that has been told to stop, for which others wait: 10 s. */
const HUNG_AT_STOP = 20;

/** What is told of a process. */
export interface SilenceEvents {
  /** It does not respond. */
  silent(): void;
  /** It will not respond any more. */
  hung(): void;
}

/**
 * Notices when a process does not send anything. All processes send something several times a second.
 * Looks are counted rather than time: if this process was stopped, the others' messages are still unread.
 */
export class Silence {
  readonly #events: SilenceEvents;
  readonly #timer: NodeJS.Timeout;
  #looks = 0;
  #isStopping = false;

  constructor(events: SilenceEvents) {
    this.#events = events;
    this.#timer = setInterval(() => this.look(), INTERVAL).unref();
  }

  get isSilent(): boolean {
    return this.#looks >= SILENT;
  }

  heard(): void {
    this.#looks = 0;
  }

  /** The process has been told to stop. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** Looks whether something was heard since the last look. */
  look(): void {
    this.#looks++;
    if (this.#looks === SILENT) this.#events.silent();
    if (this.#looks >= (this.#isStopping ? HUNG_AT_STOP : HUNG)) this.#events.hung();
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
