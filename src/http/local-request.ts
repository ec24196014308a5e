import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Headers that only proxies add. Behind a proxy, all connections may come from loopback. */
const FORWARDED: readonly (keyof IncomingHttpHeaders)[] = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

const LOOPBACK_PEER = /^(::ffff:)?127\.|^::1$/;

/** `localhost` and its subdomains (RFC 6761 section 6.3), or a loopback address. */
const LOOPBACK_HOST = /^(([\w-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Whether a request was made by a browser on this machine, for a page of this relay. Only such
 * requests get the machine's network addresses: not those through a proxy on this machine, and not
 * those of other sites' pages in a browser on this machine, even with a name that resolves to
 * loopback (DNS rebinding).
 */
export function isFromThisMachine({ headers, socket }: IncomingMessage): boolean {
  if (!LOOPBACK_PEER.test(socket.remoteAddress ?? '')) return false;
  if (FORWARDED.some((name) => headers[name] !== undefined)) return false;
  if (!LOOPBACK_HOST.test(headers.host ?? '')) return false;
  const { origin } = headers;
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== headers.host) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
