import { isIP } from 'node:net';
import { isPort } from './is-port.js';
import type { ReadyReport } from './launched-servers.js';
import type { ServerAddress } from './launcher.js';
import type { Place } from './matchmaker.js';

/** The place of a ready server: the place of its players, without their tokens. */
export type ServerPlace =
  | Omit<Extract<Place, { is: 'server' }>, 'token'>
  | Extract<Place, { is: 'room' }>;

/**
 * Returns the place of a server. Its own report has precedence over the launcher's address.
 *
 * @returns `undefined` if they contain no valid address and port
 */
export function placeOf(
  address: ServerAddress | undefined,
  report: ReadyReport | undefined,
): ServerPlace | undefined {
  const ip = report?.ip ?? address?.ip ?? '';
  const port = report?.port ?? address?.port ?? 0;
  const certDigest = report?.certDigest ?? address?.certDigest ?? '';
  if (isIP(ip) === 0 || !isPort(port)) return undefined;
  return { is: 'server', ip, port, certDigest };
}
