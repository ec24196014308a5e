import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Registry } from 'prom-client';
import type { Room } from '../rooms/room.js';
import { HELP } from './help.js';
import type { IceServer } from './ice.js';
import type { StaticFile } from './static-files.js';

/** A whole HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

/** On every answer: any page may ask, and nothing of it is worth keeping. */
const COMMON = {
  'Access-Control-Allow-Origin': '*',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * What a page may do: use its own files and talk to its own relay. In `connect-src`, `'self'` is
 * this host's WebSockets, too (CSP level 3, section 6.7.2.8).
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A file for browsers; kept by them, but asked after each time. */
export function file(
  { type, body, gzipped, etag }: StaticFile,
  request: IncomingHttpHeaders,
): Answer {
  const headers = {
    ...COMMON,
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': PAGE_POLICY,
    ETag: etag,
    'Referrer-Policy': 'no-referrer',
    Vary: 'Accept, Accept-Encoding',
  };
  if (hasAlready(request['if-none-match'], etag)) return { status: 304, headers, body: '' };
  const typed = { ...headers, 'Content-Type': type };
  return takesGzip(request['accept-encoding'])
    ? { status: 200, headers: { ...typed, 'Content-Encoding': 'gzip' }, body: gzipped }
    : { status: 200, headers: typed, body };
}

/** RFC 9110 section 13.1.2, by weak comparison: a proxy may have made the tag weak or strong. */
function hasAlready(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = etag.replace('W/', '');
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace('W/', '') === opaque);
}

function takesGzip(acceptEncoding: string | string[] | undefined): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?![.\d]*[1-9]))/i.test(String(acceptEncoding ?? ''));
}

export function help(): Answer {
  const answer = text(200, HELP);
  return { ...answer, headers: { ...answer.headers, Vary: 'Accept, Accept-Encoding' } };
}

/** Servers for `RTCPeerConnection`, with credentials that are of use for a while. */
export function ice(servers: readonly IceServer[]): Answer {
  return json(200, { iceServers: servers });
}

/** What `GET /CODE` says of a room; its name is sent exactly as the host prepared it. */
export function roomInfo(room: Room | undefined, accept: string): Answer {
  const info = room?.info;
  if (info === undefined) return text(404, 'Game not found');
  if (!accept.includes('application/json')) return text(200, info.name);
  return json(200, {
    code: info.code,
    name: info.name,
    players: info.players,
    max_players: info.maxPlayers,
    accept_conns: info.acceptsPlayers,
  });
}

export function upgradeRequired(): Answer {
  const answer = text(426, 'Connect here with a WebSocket to open a room.\n');
  return { ...answer, headers: { ...answer.headers, Connection: 'Upgrade', Upgrade: 'websocket' } };
}

export function ok(): Answer {
  return json(200, { status: 'ok' });
}

export function notReady(status: 'draining' | 'overloaded'): Answer {
  return json(503, { status });
}

export async function metrics(registry: Registry): Promise<Answer> {
  const body = await registry.metrics();
  return { status: 200, headers: { ...COMMON, 'Content-Type': registry.contentType }, body };
}

export function tooManyAttempts(): Answer {
  const answer = text(429, 'Too many attempts\n');
  return { ...answer, headers: { ...answer.headers, 'Retry-After': 1 } };
}

export function originNotAllowed(): Answer {
  return text(403, 'Origin not allowed\n');
}

export function notFound(): Answer {
  return text(404, HELP);
}

export function internalError(): Answer {
  return text(500, 'Internal error\n');
}

/** The answer to a method other than GET and HEAD, a browser's preflight among them. */
export function otherMethod(method: string | undefined): Answer {
  const allow = { Allow: 'GET, HEAD, OPTIONS' };
  if (method !== 'OPTIONS') {
    const answer = text(405, 'Only GET is understood here.\n');
    return { ...answer, headers: { ...answer.headers, ...allow } };
  }
  const preflight = {
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': '*',
    'Access-Control-Max-Age': 86_400,
  };
  return { status: 204, headers: { ...COMMON, ...allow, ...preflight }, body: '' };
}

function text(status: number, body: string): Answer {
  return { status, headers: { ...COMMON, 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

function json(status: number, body: object): Answer {
  return {
    status,
    headers: { ...COMMON, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}
