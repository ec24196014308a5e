import { isIPv4, isIPv6 } from 'node:net';

const LOOPBACK = '::1';

/** Groups of 16 bits in an IPv6 address, and in the prefix of a subscriber's network. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** The longest address in a header, with brackets, port and zone. */
const MAX_LENGTH = 64;

/**
 * Normalizes an address: IPv4, also when mapped into IPv6, with dots; `::1`; any other IPv6 address
 * as eight groups in lower case, without a zone. `undefined` if the text is not an address.
 */
export function plainAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const [address = ''] = text.split('%');
  if (!isIPv6(address)) return undefined;
  const groups = groupsOf(address);
  // No host has an address in 0.0.0.0/8 (RFC 1122 section 3.2.1.3), so those are not mapped.
  const isMapped = groups.slice(0, 6).join() === '0,0,0,0,0,65535' && (groups[6] ?? 0) > 255;
  if (isMapped) return dotted(groups[6] ?? 0, groups[7] ?? 0);
  if (groups.join() === '0,0,0,0,0,0,0,1') return LOOPBACK;
  return groups.map((group) => group.toString(16)).join(':');
}

/**
 * The address in an element of `X-Forwarded-For`, which may have a port, and brackets around IPv6;
 * `undefined` for anything else, such as `unknown`.
 */
export function addressInHeader(element: string): string | undefined {
  if (element.length > MAX_LENGTH) return undefined;
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(element)?.[1];
  if (bracketed !== undefined) return bracketed.includes(':') ? plainAddress(bracketed) : undefined;
  const withPort = /^([\d.]+):\d{1,5}$/.exec(element)?.[1];
  return plainAddress(withPort ?? element);
}

/** The name under which a normalized address is counted: itself, or for IPv6 the subscriber's /64. */
export function countedAs(plain: string): string {
  if (plain === LOOPBACK || !plain.includes(':')) return plain;
  return `${plain.split(':').slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/** Whether a normalized address is a loopback address. */
export function isLoopback(address: string): boolean {
  return address === LOOPBACK || (address.startsWith('127.') && isIPv4(address));
}

/** The 4 bytes of an IPv4 address, or the 16 bytes of an IPv6 one, without a zone. */
export function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  const groups = groupsOf(address);
  return Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 255]));
}

/** The groups of a valid IPv6 address (RFC 4291 section 2.2). */
function groupsOf(address: string): number[] {
  const hex = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a, b, c, d) => `${pair(a, b)}:${pair(c, d)}`,
  );
  const [head = '', tail = ''] = hex.split('::');
  const before = numbers(head);
  const behind = numbers(tail);
  const zeros = new Array<number>(GROUPS - before.length - behind.length).fill(0);
  return [...before, ...zeros, ...behind];
}

function numbers(groups: string): number[] {
  return groups === '' ? [] : groups.split(':').map((group) => Number.parseInt(group, 16));
}

function pair(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

function dotted(high: number, low: number): string {
  return [high >>> 8, high & 255, low >>> 8, low & 255].join('.');
}
