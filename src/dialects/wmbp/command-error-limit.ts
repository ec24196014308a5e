import { TokenBucket } from '../../limits/token-bucket.js';

/** The period of the limit, in seconds. */
const PERIOD = 10;

/** Limits the `error` events of a host: a game with a bug may send sixty invalid commands per second. */
export class CommandErrorLimit {
  readonly #burst: number;
  /** Most hosts never need one. */
  #bucket: TokenBucket | undefined;

  /** @param burst how many events there may be in ten seconds; 0 for no limit */
  constructor(burst: number) {
    this.#burst = burst;
  }

  /** Counts one more event, and returns whether it may be sent. */
  allows(now: number): boolean {
    const burst = this.#burst;
    if (burst === 0) return true;
    this.#bucket ??= new TokenBucket({ rate: burst / PERIOD, burst }, now);
    return this.#bucket.tryTake(1, now);
  }
}
