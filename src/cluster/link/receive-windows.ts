import { MIB } from '../../units.js';
import { MAX_BATCH } from '../wire/wire.js';

/** The limits of unread bytes from all relays together, and from one relay. */
const TOTAL = 24 * MIB;
export const MAX_WINDOW = 4 * MIB;

/** The window of a new link, and the smallest one, in bytes. The largest batch fits. */
export const MIN_WINDOW = MAX_BATCH;
export const MAX_LINKS = 128;

/**
 * Divides the memory for unread batches among links. nats-server delays all publishers to a client that
 * has 32 MiB unread, and disconnects the client at 64 MiB.
 */
export class ReceiveWindows {
  /** Bytes that can still be granted beyond the smallest windows. */
  #free = TOTAL - MAX_LINKS * MIN_WINDOW;
  #links = 0;

  /** @returns `undefined` if there are too many links */
  open(): ReceiveWindow | undefined {
    if (this.#links >= MAX_LINKS) return undefined;
    this.#links++;
    return new ReceiveWindow({
      take: (wanted) => {
        const taken = Math.min(wanted, this.#free);
        this.#free -= taken;
        return taken;
      },
      giveBack: (bytes) => {
        this.#free += bytes;
      },
      closed: () => {
        this.#links--;
      },
    });
  }
}

interface Shares {
  take(wanted: number): number;
  giveBack(bytes: number): void;
  closed(): void;
}

/** The receive window of one link. */
export class ReceiveWindow {
  readonly #shares: Shares;
  #granted = MIN_WINDOW;
  #isClosed = false;

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** Bytes that the other end may still send. */
  get granted(): number {
    return this.#granted;
  }

  /** Bytes were received and read. */
  consume(bytes: number): void {
    const before = this.#shared;
    this.#granted -= bytes;
    this.#shares.giveBack(before - this.#shared);
  }

  /**
   * Grants as much as possible.
   *
   * @returns the bytes that were added
   */
  refill(): number {
    const least = Math.max(MIN_WINDOW - this.#granted, 0);
    const most = MAX_WINDOW - this.#granted - least;
    const more = least + this.#shares.take(Math.max(most, 0));
    this.#granted += more;
    return more;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#shares.giveBack(this.#shared);
    this.#shares.closed();
  }

  /** Bytes beyond the smallest window. */
  get #shared(): number {
    return Math.max(this.#granted - MIN_WINDOW, 0);
  }
}
