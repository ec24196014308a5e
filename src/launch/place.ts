import { isIP } from 'node:net';
import type { Place } from './ask.js';
import type { ReadyReport } from './launched-servers.js';
import type { ServerAddress } from './launcher.js';

/** Where a ready server is: the place of its players, but for the token of each. */
export type ServerPlace =
  | Omit<Extract<Place, { is: 'server' }>, 'token'>
  | Extract<Place, { is: 'room' }>;

const MAX_PORT = 0xff_ff;

/**
 * Where a server is: what it says of itself goes before what its launcher says.
 *
 * @returns `undefined` if they do not say an address and a port that can be used
 */
export function placeOf(
  address: ServerAddress | undefined,
  report: ReadyReport | undefined,
): ServerPlace | undefined {
  const ip = report?.ip ?? address?.ip ?? '';
  const port = report?.port ?? address?.port ?? 0;
  const certDigest = report?.certDigest ?? address?.certDigest ?? '';
  if (isIP(ip) === 0 || !Number.isInteger(port) || port < 1 || port > MAX_PORT) return undefined;
  return { is: 'server', ip, port, certDigest };
}
