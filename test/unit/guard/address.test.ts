import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { addresses, isLoopback } from '../../../src/guard/address.js';

function request(remoteAddress: string | undefined, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

describe('the address of a request', () => {
  test.each([
    ['', '192.0.2.7', undefined, '192.0.2.7'],
    ['', '::ffff:192.0.2.7', undefined, '192.0.2.7'],
    ['', '::1', undefined, '::1'],
    ['', '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['', '2001:db8:1:2::9', undefined, '2001:db8:1:2::/64'],
    ['', '2001:0db8::', undefined, '2001:db8:0:0::/64'],
    ['', 'fe80::1%eth0', undefined, 'fe80:0:0:0::/64'],
    ['', '::ffff:0:1', undefined, '0:0:0:0::/64'],
    ['', undefined, undefined, ''],
    ['', '192.0.2.7', '198.51.100.1', '192.0.2.7'],
    ['', '127.0.0.1', '198.51.100.1', '127.0.0.1'],
    ['loopback', '127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['loopback', '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['loopback', '127.0.0.1', '203.0.113.5, 198.51.100.1', '198.51.100.1'],
    ['loopback', '127.0.0.1', '203.0.113.5, 198.51.100.1, 127.0.0.1', '198.51.100.1'],
    ['loopback', '192.0.2.7', '198.51.100.1', '192.0.2.7'],
    ['private', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['private', '172.18.0.2', '2001:db8::1', '2001:db8:0:0::/64'],
    ['192.0.2.0/24, loopback', '192.0.2.7', '198.51.100.1', '198.51.100.1'],
    ['loopback', '127.0.0.1', 'x'.repeat(1000), 'x'.repeat(64)],
    ['loopback', '127.0.0.1', '', '127.0.0.1'],
  ])('trusting "%s", from %s, forwarded for %s, is %s', (trust, remote, forwarded, expected) => {
    expect(addresses(trust).of(request(remote, forwarded))).toBe(expected);
  });
});

test('a header of somebody who is not trusted is told apart', () => {
  const isUntrusted = (trust: string, remote: string, forwarded?: string) =>
    addresses(trust).isUntrusted(request(remote, forwarded));
  expect(isUntrusted('', '127.0.0.1', '192.0.2.1')).toBe(true);
  expect(isUntrusted('loopback', '127.0.0.1', '192.0.2.1')).toBe(false);
  expect(isUntrusted('', '127.0.0.1')).toBe(false);
});

test('what is no address is refused', () => {
  expect(() => addresses('loopback, nonsense')).toThrow(/invalid IP address: nonsense/);
});

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['0:0:0:0::/64', false],
  ['192.0.2.127', false],
])('%s is loopback: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
