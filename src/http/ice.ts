import { createHmac, randomBytes } from 'node:crypto';

export interface IceOptions {
  /** `stun:` URLs, with commas. */
  readonly iceServers: string;
  /** `turn:` URLs, with commas. */
  readonly turnUrl: string;
  /** What the TURN server has as its shared secret. */
  readonly turnSecret: string;
}

/** What `RTCPeerConnection` takes (W3C WebRTC, section 4.2.4). */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** How long a credential can be used to allocate, in seconds: longer than any party. */
const LIFETIME = 12 * 60 * 60;

/** Bytes of what tells one credential from another. */
const NAME_BYTES = 9;

/**
 * Where two ends find a way to each other past the relay.
 *
 * A TURN server carries traffic for who has a credential. These are good for twelve hours and made
 * from a secret that the relay shares with that server, which thus needs no list of users: the TURN
 * REST scheme (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`). Each has a name of its
 * own, so that the server's quota for a user holds for one phone and not for all of them together.
 *
 * @returns the servers for somebody who asks at `now`, in milliseconds since 1970
 * @throws {Error} if one of the TURN options is there without the other
 */
export function iceServers({
  iceServers: stun,
  turnUrl,
  turnSecret,
}: IceOptions): (now: number) => IceServer[] {
  if ((turnUrl === '') !== (turnSecret === '')) {
    throw new Error('a TURN server and its secret go together: --turn-url and --turn-secret');
  }
  const fixed = stun === '' ? [] : [{ urls: list(stun) }];
  if (turnUrl === '') return () => fixed;
  const urls = list(turnUrl);
  return (now) => {
    const expiry = Math.floor(now / 1000) + LIFETIME;
    const username = `${expiry}:${randomBytes(NAME_BYTES).toString('base64url')}`;
    const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
    return [...fixed, { urls, username, credential }];
  };
}

function list(urls: string): string[] {
  return urls.split(',').map((url) => url.trim());
}
