import { createHmac, randomBytes } from 'node:crypto';

export interface IceOptions {
  /** `stun:` URLs, separated by commas. */
  readonly iceServers: string;
  /** `turn:` URLs, separated by commas. */
  readonly turnUrl: string;
  /** The shared secret of the TURN server. */
  readonly turnSecret: string;
}

/** The format of `RTCPeerConnection` (W3C WebRTC, section 4.2.4). */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** How long a credential is valid, in seconds: longer than any party. */
const LIFETIME = 12 * 60 * 60;

/** Random bytes in the name of each credential. */
const NAME_BYTES = 9;

/**
 * The STUN and TURN servers for direct connections between host and players.
 *
 * A TURN server relays traffic for everybody who has a credential. Credentials are created from a
 * secret that the relay shares with the TURN server, which therefore needs no list of users: the
 * TURN REST scheme (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`). Each credential
 * has a name of its own, so that the server's quota per user applies to each phone separately.
 *
 * @returns a function that creates the servers for a request at `now`, in milliseconds since 1970
 * @throws {Error} if only one of the two TURN options is set
 */
export function iceServers({
  iceServers: stun,
  turnUrl,
  turnSecret,
}: IceOptions): (now: number) => IceServer[] {
  if ((turnUrl === '') !== (turnSecret === '')) {
    throw new Error(
      'the TURN server and its secret must be set together: --turn-url and --turn-secret',
    );
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
