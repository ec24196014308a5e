import type { Clock, Environment, KeyStorage } from './api.js';

/** The part of a WebSocket that this SDK uses; `ws` has it, too. */
export interface Socket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: (() => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}
export type SocketConstructor = new (url: string) => Socket;

/** The part of a `BroadcastChannel` that this SDK uses. */
export interface Broadcast {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What may be global, in one runtime or another. */
interface Globals {
  WebSocket?: unknown;
  RTCPeerConnection?: unknown;
  BroadcastChannel?: new (name: string) => Broadcast;
  sessionStorage?: KeyStorage;
  addEventListener?: (name: string, listener: (event: unknown) => void) => void;
  removeEventListener?: (name: string, listener: (event: unknown) => void) => void;
  document?: Pick<Required<Globals>, 'addEventListener' | 'removeEventListener'> & {
    visibilityState: string;
  };
}
export const globals = globalThis as unknown as Globals;

const BUFFER = 1_048_576;

const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** What is used in this runtime, with what was passed in. */
export interface Resolved {
  readonly WebSocket: SocketConstructor;
  readonly RTCPeerConnection: unknown;
  readonly iceServers: readonly object[] | undefined;
  readonly storage: KeyStorage | undefined;
  /** Whether tabs may hold copies of the same storage, as the browser's own are copied. */
  readonly copied: boolean;
  readonly buffer: number;
  readonly clock: Clock;
}

/** @throws TypeError if there is no WebSocket here, and none was passed in */
export function resolve(environment: Environment): Resolved {
  const WebSocket = environment.WebSocket ?? globals.WebSocket;
  if (typeof WebSocket !== 'function') {
    throw new TypeError('there is no WebSocket here: pass one in as an option');
  }
  const { storage = browserStorage() } = environment;
  return {
    WebSocket: WebSocket as SocketConstructor,
    RTCPeerConnection: environment.RTCPeerConnection ?? globals.RTCPeerConnection,
    iceServers: environment.iceServers,
    storage: storage ?? undefined,
    copied: environment.storage === undefined,
    buffer: environment.buffer ?? BUFFER,
    clock: environment.clock ?? systemClock,
  };
}

/** Reading the property alone throws where storage is forbidden, as in a sandboxed frame. */
function browserStorage(): KeyStorage | null {
  try {
    return globals.sessionStorage ?? null;
  } catch {
    return null;
  }
}

/** A random integer from 1 to 2^32 - 1. Works without a secure context. */
export function randomMark(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number || 1;
}

/** A key that nobody else has: 132 random bits. */
export function randomKey(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bytes = crypto.getRandomValues(new Uint8Array(22));
  return Array.from(bytes, (byte) => alphabet[byte & 63]).join('');
}

/**
 * Calls back when a page may have been without its connection for a while: it is seen again, the
 * network is back, or it returns from the browser's page cache. Returns a function that ends it.
 */
export function onWake(wake: () => void): () => void {
  const { document } = globals;
  const seen = (): void => {
    if (document?.visibilityState === 'visible') wake();
  };
  document?.addEventListener('visibilitychange', seen);
  globals.addEventListener?.('online', wake);
  globals.addEventListener?.('pageshow', wake);
  return () => {
    document?.removeEventListener('visibilitychange', seen);
    globals.removeEventListener?.('online', wake);
    globals.removeEventListener?.('pageshow', wake);
  };
}
