import { LaunchError } from './matchmaker.js';
import type { ServerPlace } from './place.js';
import { seatToken } from './seat-token.js';
import type { Session } from './session.js';
import type { SessionStore } from './session-store.js';
import type { Timers } from './timers.js';

/** Additional time for the server's report that a player has connected, in seconds. */
const CLAIM_GRACE = 2;

/** How long entries of sessions last in NATS, in seconds. */
const ENTRY_TIME = 30;

/**
 * How long before its session's entries a token expires, in seconds: servers made with Bevygap end,
 * with all players, when a player with a valid token has no entry.
 */
const TOKEN_MARGIN = 5;

/** Sends a player the place, after the session is stored so that the server can find it. */
export async function givePlace(
  session: Session,
  place: ServerPlace,
  timers: Timers,
  store: SessionStore | undefined,
): Promise<void> {
  // The player may have left when it was notified that the server is ready.
  if (session.state !== 'waiting') return;
  const { game, client } = session;
  const startTimer = () => timers.after((game.claimTime + CLAIM_GRACE) * 1000, () => session.end());
  if (place.is === 'room') return session.reserve(place, startTimer);
  if (store !== undefined && !(await isStored(session, store))) return;
  const seconds = Math.max(1, Math.min(game.claimTime, ENTRY_TIME) - TOKEN_MARGIN);
  const token = seatToken(game, { client, ip: place.ip, port: place.port, seconds });
  session.reserve({ ...place, token }, startTimer);
}

async function isStored(session: Session, store: SessionStore): Promise<boolean> {
  session.onEnd(() => store.remove(session));
  try {
    await store.put(session);
    return true;
  } catch {
    session.fail(new LaunchError(503, 'the session cannot be stored now'));
    return false;
  }
}
