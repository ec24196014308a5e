import { attempt } from '../browser.js';
import type { RoomKey } from './room-store.js';

/** The parts of a host's URL. */
export interface HostUrl {
  readonly relay: string | URL;
  /** Authorizes a program that the relay has started to open its room; `undefined` for other hosts. */
  readonly launch: string | undefined;
}

/**
 * Reads the URL of a relay, or `LAUNCH_CREATE_URL`, which the relay passes to the programs that it starts,
 * such as `ws://127.0.0.1:8081/CREATE?launch=…`.
 */
export function readHostUrl(url: string | URL): HostUrl {
  const parsed = attempt(() => new URL(url));
  const launch = parsed?.searchParams.get('launch') ?? undefined;
  if (parsed === undefined || launch === undefined) return { relay: url, launch: undefined };
  return { relay: parsed.href.replace(/(\/CREATE)?\/*\?.*$/, ''), launch };
}

/** The secrets that a host may need to open its room. */
export interface HostSecrets {
  readonly token: string | undefined;
  readonly launch: string | undefined;
}

/**
 * Returns the path and the query of a host's WebSocket.
 *
 * @param key of the room to resume; `undefined` for a new room
 */
export function hostPath({ token, launch }: HostSecrets, key: RoomKey | undefined): string {
  const query = new URLSearchParams({
    bytes: '1',
    limits: '1',
    ...(token !== undefined && { token }),
    ...(launch !== undefined && { launch }),
    ...(key !== undefined && { room: key.code, resume: key.token }),
  });
  return `CREATE?${query}`;
}
