import { attempt } from '../browser.js';

/** The base URL of a relay. */
export class RelayAddress {
  /** With the scheme of a WebSocket; ends with a slash. */
  readonly #base: string;

  /**
   * @param url a query and a fragment are ignored, and so are slashes at the end of the path
   * @throws TypeError if it is not a URL with one of these schemes
   */
  constructor(url: string | URL) {
    const href = attempt(() => new URL(url).href) ?? '';
    if (!/^(http|ws)s?:/.test(href)) {
      throw new TypeError(`not the address of a relay: ${url} (expected https:// or wss://)`);
    }
    this.#base = href.replace('http', 'ws').replace(/\/*([?#].*)?$/, '/');
  }

  /** The address in a text from a relay; `undefined` if it is none, or less secure than this one. */
  read(text: string): RelayAddress | undefined {
    const read = attempt(() => new RelayAddress(text));
    const isSecure = (address: unknown): boolean => `${address}`.startsWith('wss');
    return isSecure(this) && !isSecure(read) ? undefined : read;
  }

  /** The URL for a WebSocket. */
  socket(path: string): string {
    return this.#base + path;
  }

  /** The URL for an HTTP request. */
  page(path: string): string {
    return this.#base.replace('ws', 'http') + path;
  }

  toString(): string {
    return this.#base;
  }
}
