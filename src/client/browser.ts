/** The part of a `BroadcastChannel` that this SDK uses. */
export interface Broadcast {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** The part of a `Storage` that this SDK uses. */
export interface BrowserStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The part of a `LockManager` that this SDK uses. */
export interface Locks {
  request(name: string, granted: () => Promise<unknown>): Promise<unknown>;
}

interface EventSource {
  addEventListener(name: string, listener: (event: object) => void): void;
  removeEventListener(name: string, listener: (event: object) => void): void;
}

/**
 * Globals of browsers and Node.js. Any of them may throw when it is used, because it does not exist or
 * the browser denies it.
 */
interface Globals extends EventSource {
  readonly WebSocket: unknown;
  readonly RTCPeerConnection: unknown;
  readonly BroadcastChannel: new (name: string) => Broadcast;
  readonly localStorage: BrowserStorage;
  readonly sessionStorage: BrowserStorage;
  readonly navigator: { readonly locks: Locks };
  readonly location: { readonly pathname: string };
  readonly document: EventSource & {
    readonly visibilityState: string;
    readonly prerendering?: boolean;
  };
}
export const globals = globalThis as unknown as Globals;

/**
 * Uses an API that the browser may deny. Returns `undefined` if it throws, which may happen when the
 * property is read, in the constructor or in the first method, depending on the browser.
 */
export function attempt<Result>(use: () => Result): Result | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}

/** Runs a function after the current code has returned. */
export function defer(run: () => void): void {
  (globalThis.queueMicrotask ?? setTimeout)(run);
}

/** Returns a function that calls all of these functions. */
export function combine(functions: readonly (() => void)[]): () => void {
  return () => {
    for (const each of functions) each();
  };
}

/**
 * Listens to events of a source that may not exist, such as the page.
 *
 * @returns a function that removes the listener
 */
export function listen(
  source: () => EventSource | undefined,
  name: string,
  listener: (event: object) => void,
): () => void {
  attempt(() => source()?.addEventListener(name, listener));
  return () => void attempt(() => source()?.removeEventListener(name, listener));
}

let latest = 0;

/** Milliseconds since a fixed moment. Never goes back, unlike a wall clock. */
export function now(): number {
  latest = Math.max(latest, attempt(() => performance.now()) ?? Date.now());
  return latest;
}

/** Whether the page is visible; true if the browser does not report it. */
export function isVisible(): boolean {
  return attempt(() => document().visibilityState) !== 'hidden';
}

const page = (): EventSource => globals;
const document = (): Globals['document'] => globals.document;

/**
 * Calls `wake` when the connection may have been lost without an event: the page becomes visible, the
 * network is back, or the page returns from the browser's page cache. Returns a function that removes
 * the listeners.
 */
export function onWake(wake: () => void): () => void {
  return combine([
    listen(document, 'visibilitychange', () => isVisible() && wake()),
    listen(page, 'online', wake),
    listen(page, 'pageshow', wake),
  ]);
}

/**
 * Calls `hide` when the page is closed, reloaded or put into the browser's page cache, and `restore`
 * when it returns from that cache. Returns a function that removes the listeners.
 */
export function onPageHide(hide: () => void, restore: () => void): () => void {
  return combine([
    listen(page, 'pagehide', hide),
    listen(page, 'pageshow', (event) => 'persisted' in event && event.persisted && restore()),
  ]);
}

/**
 * Resolves when a prerendered page is opened; `undefined` if the page is not prerendered. A browser
 * discards the session storage of a prerendered page when it opens the page, and never opens many of
 * them.
 */
export function whenActivated(): Promise<void> | undefined {
  if (attempt(() => document().prerendering) !== true) return undefined;
  return new Promise((resolve) => void listen(document, 'prerenderingchange', () => resolve()));
}

/** A random integer from 1 to 2^32 - 1. Works without a secure context. */
export function randomMark(): number {
  const [number] = randomNumbers(1);
  return number || 1;
}

/** A unique key: 128 random bits. */
export function randomKey(): string {
  return Array.from(randomNumbers(4), (number) => number.toString(36).padStart(7, '0')).join('');
}

/** Falls back to `Math.random`, which is easier to guess, if the browser denies `crypto`. */
function randomNumbers(count: number): Uint32Array {
  const numbers = new Uint32Array(count);
  const random = attempt(() => crypto.getRandomValues(numbers));
  return random ?? numbers.map(() => Math.random() * 2 ** 32);
}
