import type { PortRange } from './config/values.js';

/**
 * Assigns ports to the servers on this machine. The ranges of games may overlap.
 *
 * A port is used again only after the others in its range, so that late packets for a server that has
 * ended do not reach the next one, and that a port that another program uses causes only one failed
 * start in each round.
 */
export class Ports {
  readonly #taken = new Set<number>();
  /** The last port that was taken, by the first port of the range. */
  readonly #last = new Map<number, number>();

  /** A free port of this range; `undefined` if there is none. */
  take({ first, last }: PortRange): number | undefined {
    const size = last - first + 1;
    const before = this.#last.get(first) ?? last;
    for (let step = 1; step <= size; step++) {
      const port = first + ((before - first + step) % size);
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      this.#last.set(first, port);
      return port;
    }
    return undefined;
  }

  /** The server with this port has ended. */
  free(port: number): void {
    this.#taken.delete(port);
  }
}
