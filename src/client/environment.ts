import type { Clock, Environment, KeyStorage } from './api.js';
import { attempt, globals, now } from './browser.js';

/** The part of a WebSocket that this SDK uses. The sockets of `ws` have it as well. */
export interface Socket {
  binaryType: string;
  readonly bufferedAmount?: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: (() => void) | null;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}
export type SocketConstructor = new (url: string) => Socket;

const DEFAULT_BUFFER = 8 * 1_048_576;

export const systemClock: Clock = {
  now,
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** The environment, with the runtime's defaults for options that are not given. */
export interface ResolvedEnvironment {
  readonly WebSocket: SocketConstructor;
  readonly RTCPeerConnection: unknown;
  readonly iceServers: readonly object[] | undefined;
  /** The option; `undefined` for the browser's storage, `null` for none. */
  readonly storage: KeyStorage | null | undefined;
  readonly buffer: number;
  readonly clock: Clock;
}

/** @throws TypeError if there is neither a global WebSocket nor one in the options */
export function resolveEnvironment(environment: Environment): ResolvedEnvironment {
  const WebSocket = environment.WebSocket ?? attempt(() => globals.WebSocket);
  if (typeof WebSocket !== 'function') {
    throw new TypeError('there is no WebSocket here: pass one in as an option');
  }
  return {
    WebSocket: WebSocket as SocketConstructor,
    RTCPeerConnection: environment.RTCPeerConnection ?? attempt(() => globals.RTCPeerConnection),
    iceServers: environment.iceServers ?? undefined,
    storage: environment.storage,
    buffer: environment.buffer ?? DEFAULT_BUFFER,
    clock: environment.clock ?? systemClock,
  };
}
