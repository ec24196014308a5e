import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import proxyAddr from 'proxy-addr';

/** The longest address that is looked at; what a proxy passes on may be anything. */
const MAX_LENGTH = 64;

const LOOPBACK = '::1';

/** Names for `--trust-proxy` beside `proxy-addr`'s own. */
const NAMES: Record<string, string[]> = { private: ['uniquelocal', 'linklocal'] };

export interface Addresses {
  /** Who sent the request: an address to count by, an IPv6 one by its first 64 bits. */
  of(request: IncomingMessage): string;
  /** Whether the request says that it was forwarded, by somebody who is not trusted. */
  isUntrusted(request: IncomingMessage): boolean;
}

/**
 * Finds out who a request comes from: the peer, or what a trusted proxy says. Nobody else's
 * `X-Forwarded-For` counts.
 *
 * @param trustProxy names, addresses and networks, with commas; empty for nobody
 * @throws {TypeError} if it cannot be read
 */
export function addresses(trustProxy: string): Addresses {
  const trusted = trustProxy
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .flatMap((name) => NAMES[name] ?? [name]);
  const trust = proxyAddr.compile(trusted);
  const senderOf = (request: IncomingMessage): string | undefined =>
    trusted.length === 0 ? request.socket.remoteAddress : proxyAddr(request, trust);
  return {
    of: (request) => normalize(senderOf(request) ?? ''),
    isUntrusted: ({ headers, socket }) =>
      headers['x-forwarded-for'] !== undefined && !trust(socket.remoteAddress ?? '', 0),
  };
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === LOOPBACK;
}

/** One address is counted as one, however it is written; a subscriber's whole /64 is one, too. */
function normalize(address: string): string {
  // Most addresses have no colon, and the full test is an expensive pattern.
  if (address === LOOPBACK || !address.includes(':') || !isIPv6(address)) {
    return address.slice(0, MAX_LENGTH);
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? network(address);
}

function network(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail ? tail.split(':') : [];
  // A dotted end stands for two groups, but never within the first four.
  while (tail !== undefined && groups.length + behind.length < 8) groups.push('0');
  const first = [...groups, ...behind].slice(0, 4);
  return `${first.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
