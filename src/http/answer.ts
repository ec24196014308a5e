import type { OutgoingHttpHeaders } from 'node:http';
import type { Registry } from 'prom-client';
import type { Room } from '../rooms/room.js';
import { HELP } from './help.js';
import { LANDING_PAGE, LANDING_PAGE_POLICY } from './landing-page.js';

/** A whole HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** On every answer: any page may ask, and nothing of it is worth keeping. */
const COMMON = {
  'Access-Control-Allow-Origin': '*',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

export function home(accept: string): Answer {
  if (!accept.includes('text/html')) return text(200, HELP);
  const headers = { 'Content-Type': 'text/html; charset=utf-8' };
  return {
    status: 200,
    headers: { ...COMMON, ...headers, 'Content-Security-Policy': LANDING_PAGE_POLICY },
    body: LANDING_PAGE,
  };
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
