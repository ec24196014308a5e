import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { LaunchedServerAnswer } from '../launch/launched-server-api.js';
import type { SharedScrape } from '../ops/shared-scrape.js';
import type { CloseReason } from '../protocol/close-codes.js';
import type { SignalingAnswer } from '../protocol/signaling/answer.js';
import { acceptsGzip } from './accept.js';
import { HELP } from './help.js';
import type { IceServer } from './ice.js';
import type { StaticFile } from './static-files.js';
import type { StreamedAnswer } from './streamed-answer.js';

/** An HTTP response. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

/** Headers of every answer: pages of all origins may read it, and it is not cached. */
const COMMON = {
  'Access-Control-Allow-Origin': '*',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * Pages may use their own files and connect to their own relay. In `connect-src`, `'self'` includes
 * WebSockets of the same host (CSP level 3, section 6.7.2.8).
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

/** A file for browsers, which cache it and revalidate it on every use. */
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
  return acceptsGzip(request['accept-encoding'])
    ? { status: 200, headers: { ...typed, 'Content-Encoding': 'gzip' }, body: gzipped }
    : { status: 200, headers: typed, body };
}

/**
 * RFC 9110 section 13.1.2, with weak comparison: a proxy may have changed the tag to weak or
 * strong.
 */
function hasAlready(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = etag.replace('W/', '');
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace('W/', '') === opaque);
}

export function help(): Answer {
  const answer = text(200, HELP);
  return { ...answer, headers: { ...answer.headers, Vary: 'Accept, Accept-Encoding' } };
}

/** Servers for `RTCPeerConnection`, with time-limited credentials. */
export function ice(servers: readonly IceServer[]): Answer {
  return json(200, { iceServers: servers });
}

/** URLs at which other devices reach this relay. Pages of other sites may not read them. */
export function address(urls: readonly string[]): Answer {
  const { status, headers, body } = json(200, { urls });
  const { 'Access-Control-Allow-Origin': _, ...rest } = headers;
  return { status, headers: { ...rest, 'Cross-Origin-Resource-Policy': 'same-origin' }, body };
}

/**
 * The answer to `GET /CODE`.
 *
 * @param description the room's name exactly as the host prepared it, or an object to be sent as JSON;
 * `undefined` if there is no such room
 */
export function roomInfo(description: string | object | undefined): Answer {
  const answer = describe(description);
  return { ...answer, headers: { ...answer.headers, Vary: 'Accept' } };
}

function describe(description: string | object | undefined): Answer {
  if (description === undefined) return text(404, 'Game not found');
  return typeof description === 'string' ? text(200, description) : json(200, description);
}

/** A list of rooms, as a reader may keep it for a second. */
export function roomList(body: Buffer, etag: string, request: IncomingHttpHeaders): Answer {
  const headers = { ...COMMON, 'Cache-Control': 'max-age=1', ETag: etag };
  if (hasAlready(request['if-none-match'], etag)) return { status: 304, headers, body: '' };
  return { status: 200, headers: { ...headers, 'Content-Type': 'application/json' }, body };
}

export function upgradeRequired(): Answer {
  const answer = text(426, 'Connect here with a WebSocket.\n');
  return { ...answer, headers: { ...answer.headers, Connection: 'Upgrade', Upgrade: 'websocket' } };
}

export function ok(): Answer {
  return json(200, { status: 'ok' });
}

/** @param status such as `draining` */
export function notReady(status: string): Answer {
  return json(503, { status });
}

export async function metrics(scrape: SharedScrape): Promise<Answer> {
  const body = await scrape.read();
  return { status: 200, headers: { ...COMMON, 'Content-Type': scrape.contentType }, body };
}

export function tooManyAttempts(): Answer {
  const answer = text(429, 'Too many attempts\n');
  return { ...answer, headers: { ...answer.headers, 'Retry-After': 1 } };
}

/** The process that has the room does not respond. */
export function noAnswer(): Answer {
  const answer = text(503, 'Try again later\n');
  return { ...answer, headers: { ...answer.headers, 'Retry-After': 1 } };
}

/** The answer at the port of a worker to what is for the port of the relay, or of another worker. */
export function misdirected(): Answer {
  return text(421, 'This port is for rooms of one worker: use the port of the relay.\n');
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

/** The answer to a method that the path does not support. */
export function methodNotAllowed(methods: readonly string[]): Answer {
  const usable = methods.filter((method) => method !== 'HEAD');
  const answer = text(405, `Method not allowed: use ${usable.join(' or ')}\n`);
  return { ...answer, headers: { ...answer.headers, Allow: allow(methods) } };
}

/** The answer to OPTIONS, which browsers send before requests to other origins. */
export function preflight(methods: readonly string[]): Answer {
  const headers = {
    ...COMMON,
    Allow: allow(methods),
    'Access-Control-Allow-Methods': methods.join(', '),
    // `*` does not include `Authorization` (Fetch standard, section 4.9).
    'Access-Control-Allow-Headers': '*, Authorization',
    'Access-Control-Max-Age': 86_400,
  };
  return { status: 204, headers, body: '' };
}

function allow(methods: readonly string[]): string {
  return [...methods, 'OPTIONS'].join(', ');
}

/** The answer to a request that is refused with the reason of a close code. */
export function refused(status: 403 | 429 | 500 | 503, { reason }: CloseReason): Answer {
  const answer = text(status, reason);
  return status === 403 ? answer : { ...answer, headers: { ...answer.headers, 'Retry-After': 1 } };
}

/** The answer to a request whose body is not read to its end. */
export function unreadBody(status: 400 | 408 | 413, reason: string): Answer {
  return text(status, `${reason}\n`);
}

/** The answer to a launched server. */
export function launched(answer: LaunchedServerAnswer): Answer {
  switch (answer.is) {
    case 'unknown':
      return text(404, 'No server has this id and this token\n');
    case 'done':
      return ok();
    case 'context':
      return json(200, answer.context);
    case 'refused':
      return text(answer.status, `${answer.reason}\n`);
    default:
      return answer satisfies never;
  }
}

/** An answer of signaling-server's protocol. */
export function signaling({ status, isJson, body }: SignalingAnswer): Answer {
  const type = isJson ? 'application/json' : 'text/plain';
  // A buffer: its bytes are outside of V8's heap while a slow client reads them.
  return { status, headers: { ...COMMON, 'Content-Type': type }, body: Buffer.from(body) };
}

/** A whole answer of this type. */
export function typed(status: number, type: string, body: string): Answer {
  const wait = status === 429 || status === 503 ? { 'Retry-After': 1 } : {};
  return { status, headers: { ...COMMON, 'Content-Type': type, ...wait }, body };
}

/** An answer whose parts the client gets when they are written: nginx is told not to gather them. */
export function streamed(type: string, stream: StreamedAnswer['stream']): StreamedAnswer {
  const headers = { ...COMMON, 'Content-Type': type, 'X-Accel-Buffering': 'no' };
  return { status: 200, headers, stream };
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
