import type { Clock } from '../api.js';

/** How long an abandoned attempt may still reach the relay, in milliseconds. */
const LIFETIME = 60_000;

/** An attempt to connect to the seat or the room with this secret, and when it was abandoned. */
type Attempt = readonly [secret: string | undefined, at: number];

/** Of the whole page: a game that calls `joinRoom` again has the same seat, but a new connection. */
const pages = new WeakMap<Clock, Attempt[]>();

/**
 * The attempts of this page that were abandoned, the oldest first. Each of them may reach the relay
 * late, and replace the connection that succeeded after it. The caller removes those that have.
 */
export function abandonedAttempts(clock: Clock): Attempt[] {
  const attempts = pages.get(clock) ?? [];
  pages.set(clock, attempts);
  while (attempts[0] && clock.now() - attempts[0][1] >= LIFETIME) attempts.shift();
  return attempts;
}

/**
 * An attempt has failed or was given up. It may still be on its way to the relay.
 *
 * @param secret of the seat or the room; `undefined` if no attempt can replace another
 */
export function attemptAbandoned(clock: Clock, secret: string | undefined): void {
  abandonedAttempts(clock).push([secret, clock.now()]);
}
