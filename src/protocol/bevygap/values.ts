import { Buffer } from 'node:buffer';
import type { Place, Progress } from '../matchmaking.js';

type Server = Extract<Place, { readonly is: 'server' }>;

/** The error for a client of Bevygap, which cannot use the code of a room. */
export const PLAYED_IN_ROOM = 'this game is played in a room: ask for it at /matchmaker/play';

/** Writes progress as JSON: Bevygap's enum in serde's externally tagged form. */
export function progressValue(progress: Progress): string {
  switch (progress.is) {
    case 'acknowledged':
      return '"Acknowledged"';
    case 'accepted':
      return JSON.stringify({ SessionRequestAccepted: progress.session });
    case 'waiting':
      return JSON.stringify({ ProgressReport: `${progress.status} (${progress.elapsed})` });
    case 'ready':
      return progress.place.is === 'server' ? ready(progress.place) : error(400, PLAYED_IN_ROOM);
    case 'failed':
      return error(progress.status, progress.reason);
    default:
      return progress satisfies never;
  }
}

/** The answer to `wannaplay`. */
export function wannaplayAnswer(server: Server): string {
  const { token, ip, port, cert_digest } = fieldsOf(server);
  return JSON.stringify({
    connect_token: token,
    gameserver_ip: ip,
    gameserver_port: port,
    cert_digest,
  });
}

function ready(server: Server): string {
  return JSON.stringify({ SessionReady: fieldsOf(server) });
}

function error(status: number, reason: string): string {
  return JSON.stringify({ Error: [status, reason] });
}

/** Clients parse `ip:port` as a socket address, so IPv6 addresses have brackets. */
function fieldsOf({ ip, port, certDigest, token }: Server) {
  return {
    token: token === undefined ? '' : base64(token),
    ip: ip.includes(':') ? `[${ip}]` : ip,
    port,
    cert_digest: certDigest,
  };
}

function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('base64');
}
