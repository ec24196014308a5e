/** Where a relay is, as a base for its paths. */
export class RelayAddress {
  readonly #base: URL;

  /** @throws TypeError if it is no URL, or one of another kind */
  constructor(url: string | URL) {
    const base = new URL(url);
    const scheme = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' }[
      base.protocol
    ];
    if (scheme === undefined) throw new TypeError(`not the address of a relay: ${url}`);
    base.protocol = scheme;
    base.search = '';
    base.hash = '';
    if (!base.pathname.endsWith('/')) base.pathname += '/';
    this.#base = base;
  }

  /** A WebSocket's address; parameters that are `undefined` are left out. */
  socket(path: string, parameters: Record<string, string | undefined> = {}): string {
    const url = new URL(encodeURIComponent(path), this.#base);
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url.href;
  }

  page(path: string): string {
    const url = new URL(path, this.#base);
    url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
    return url.href;
  }

  toString(): string {
    return this.#base.href;
  }
}
