import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';
import { addressInHeader, countedAs, isLoopback, plainAddress } from './ip-address.js';

export { isLoopback };

/** Names for `--trust-proxy` beside `proxy-addr`'s own. */
const NAMES: Record<string, string[]> = { private: ['uniquelocal', 'linklocal'] };

/**
 * Networks that contain clients as well as proxies. A peer from such a network can be a trusted
 * proxy. An address from it in the header is more likely a client's, and a client can write any
 * address before its own.
 */
const MIXED = new Set(['private', 'uniquelocal', 'linklocal']);

/** The longest chain of proxies that is followed; a header may contain thousands of addresses. */
const MAX_HOPS = 16;

/**
 * Marks loopback addresses in a header: only this machine's own connections are exempt from limits.
 */
const FORWARDED = ' (forwarded)';

/** Where a request comes from. */
export interface Sender {
  /** An IPv4 or IPv6 address; empty if the socket is gone. */
  readonly address: string;
  readonly isForwarded: boolean;
}

export interface Addresses {
  /**
   * The client's address, under which the request is counted; for IPv6, its first 64 bits. A loopback
   * address from a header is marked, to distinguish it from this machine's own.
   */
  of(request: IncomingMessage): string;
  /** The client's whole address, and whether a trusted proxy has told it. */
  senderOf(request: IncomingMessage): Sender;
  /** Whether the request was forwarded by a peer that is not a trusted proxy. */
  isUntrusted(request: IncomingMessage): boolean;
  /**
   * The address under which a socket is counted before a request is read; `undefined` for a trusted
   * proxy, because its clients have other addresses.
   */
  ofSocket(remoteAddress: string | undefined): string | undefined;
}

/**
 * Determines the client's address of requests: the peer's, or if the peer is a trusted proxy, an
 * address from `X-Forwarded-For`. The header is read from the right, up to the first address that is
 * not a trusted proxy's. An element that is not an address ends the search, and the request counts under
 * the proxy that wrote it.
 *
 * @param trustProxy names, addresses and networks, separated by commas; empty for none
 * @throws {TypeError} if one of them is invalid
 */
export function addresses(trustProxy: string): Addresses {
  const names = trustProxy
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const isTrustedPeer = trust(names);
  const isTrustedHop = trust(names.filter((name) => !MIXED.has(name)));
  const plainPeer = ({ remoteAddress }: { remoteAddress?: string | undefined }): string =>
    plainAddress(remoteAddress ?? '') ?? '';
  const senderOf = (request: IncomingMessage): Sender => {
    const peer = plainPeer(request.socket);
    const forwarded = isTrustedPeer(peer) ? forwardedFor(request) : [];
    if (forwarded.length === 0) return { address: peer, isForwarded: false };
    return { address: firstUntrusted(peer, forwarded, isTrustedHop), isForwarded: true };
  };
  return {
    of(request) {
      const { address, isForwarded } = senderOf(request);
      const counted = countedAs(address);
      return isForwarded && isLoopback(counted) ? counted + FORWARDED : counted;
    },
    senderOf,
    isUntrusted: ({ headers, socket }) =>
      headers['x-forwarded-for'] !== undefined && !isTrustedPeer(plainPeer(socket)),
    ofSocket(remoteAddress) {
      const peer = plainPeer({ remoteAddress });
      return isTrustedPeer(peer) ? undefined : countedAs(peer);
    },
  };
}

function trust(names: readonly string[]): (address: string) => boolean {
  if (names.length === 0) return () => false;
  const isTrusted = proxyAddr.compile(names.flatMap((name) => NAMES[name] ?? [name]));
  return (address) => isTrusted(address, 0);
}

/**
 * The elements of the header, the nearest first; several lines are one list (RFC 9110 section 5.3).
 */
function forwardedFor({ headers }: IncomingMessage): string[] {
  const header = headers['x-forwarded-for'] ?? '';
  const elements = String(header)
    .split(',')
    .map((element) => element.trim());
  return elements.filter((element) => element !== '').reverse();
}

function firstUntrusted(
  peer: string,
  forwarded: readonly string[],
  isTrustedHop: (address: string) => boolean,
): string {
  let sender = peer;
  for (const element of forwarded.slice(0, MAX_HOPS)) {
    const address = addressInHeader(element);
    if (address === undefined) return sender;
    sender = address;
    if (!isTrustedHop(address)) return sender;
  }
  return sender;
}
