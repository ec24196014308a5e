import { Buffer } from 'node:buffer';

/** Computes the text of `/metrics`, as `Registry` of `prom-client` does. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** How long the computed metrics are reused, in milliseconds. */
const MAX_AGE = 1000;

/**
 * The text of `/metrics`. It is computed at most once per second, because the endpoint is public and
 * computing it delays games.
 */
export class SharedScrape {
  readonly contentType: string;
  readonly #source: MetricsSource;
  #text: Promise<Buffer> | undefined;
  #computedAt = 0;

  constructor(source: MetricsSource) {
    this.#source = source;
    this.contentType = source.contentType;
  }

  /**
   * The metrics, at most a second old. All requests of that second share one buffer.
   *
   * @throws the error of a metric that cannot be read; the next attempt is made after a second
   */
  read(now = performance.now()): Promise<Buffer> {
    if (this.#text === undefined || now - this.#computedAt >= MAX_AGE) {
      this.#computedAt = now;
      this.#text = this.#compute();
    }
    return this.#text;
  }

  async #compute(): Promise<Buffer> {
    return Buffer.from(await this.#source.metrics());
  }
}
