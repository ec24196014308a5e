import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { addresses, isLoopback } from '../../../src/limits/address.js';

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
    ['loopback', '127.0.0.1', '', '127.0.0.1'],
    ['loopback', '127.0.0.1', ' , ,', '127.0.0.1'],
    // With a port, with brackets, with both; in upper case, with a zone, with a tab.
    ['loopback', '127.0.0.1', '198.51.100.8:40001', '198.51.100.8'],
    ['loopback', '127.0.0.1', '[2001:db8::8]:40001', '2001:db8:0:0::/64'],
    ['loopback', '127.0.0.1', '[2001:db8::8]', '2001:db8:0:0::/64'],
    ['loopback', '127.0.0.1', '2001:DB8::8', '2001:db8:0:0::/64'],
    ['loopback', '127.0.0.1', '[fe80::1%eth0]:443', 'fe80:0:0:0::/64'],
    ['loopback', '127.0.0.1', 'fe80::1%25eth0', 'fe80:0:0:0::/64'],
    ['loopback', '127.0.0.1', '\t198.51.100.1\t', '198.51.100.1'],
    ['loopback', '127.0.0.1', '203.0.113.5:1, [::1]:2 ,, 127.0.0.1:3', '203.0.113.5'],
    // One IPv4 address, however it is mapped into IPv6.
    ['loopback', '127.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['loopback', '127.0.0.1', '[::ffff:c633:6401]:9', '198.51.100.1'],
    ['loopback', '127.0.0.1', '0:0:0:0:0:FFFF:198.51.100.1', '198.51.100.1'],
    ['loopback', '127.0.0.1', '::198.51.100.1', '0:0:0:0::/64'],
    // A loopback address in the header is not exempt.
    ['loopback', '127.0.0.1', '127.0.0.1', '127.0.0.1 (forwarded)'],
    ['loopback', '127.0.0.1', '127.8.8.8', '127.8.8.8 (forwarded)'],
    ['loopback', '127.0.0.1', '::1', '::1 (forwarded)'],
    ['loopback', '127.0.0.1', '0:0:0:0:0:0:0:1', '::1 (forwarded)'],
    ['loopback', '127.0.0.1', '[::ffff:127.0.0.1]:80', '127.0.0.1 (forwarded)'],
    ['private', '10.1.2.3', '127.0.0.1', '127.0.0.1 (forwarded)'],
    // A client in a private network cannot choose its address; a single listed address is a proxy's.
    ['private', '10.1.2.3', '203.0.113.5, 10.9.9.9', '10.9.9.9'],
    ['private', '10.1.2.3', '203.0.113.5, fd00::9', 'fd00:0:0:0::/64'],
    ['uniquelocal, linklocal', '10.1.2.3', '203.0.113.5, 10.9.9.9', '10.9.9.9'],
    ['private, 10.9.9.9', '10.1.2.3', '203.0.113.5, 10.9.9.9', '203.0.113.5'],
    ['10.0.0.0/8', '10.1.2.3', '203.0.113.5, 10.9.9.9', '203.0.113.5'],
  ])('trusting "%s", from %s, forwarded for %s, is %s', (trust, remote, forwarded, expected) => {
    expect(addresses(trust).of(request(remote, forwarded))).toBe(expected);
  });

  test.each([
    'unknown',
    '_hidden',
    'x'.repeat(1000),
    '127.evil',
    '127.1',
    '127.0.0.1.evil',
    '2130706433',
    '0x7f.1',
    '01.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:123456',
    '[1.2.3.4]',
    '[2001:db8::8',
    '2001:db8::8]',
    '1.2.3.4 5.6.7.8',
    'for=1.2.3.4',
    '::'.repeat(1000),
  ])("is the proxy's if the header is %s", (forwarded) => {
    const { of } = addresses('loopback, 192.0.2.0/24');
    expect(of(request('127.0.0.1', forwarded))).toBe('127.0.0.1 (forwarded)');
    expect(of(request('192.0.2.7', forwarded))).toBe('192.0.2.7');
    expect(of(request('127.0.0.1', `203.0.113.5, ${forwarded}, 192.0.2.9`))).toBe('192.0.2.9');
    expect(of(request('127.0.0.1', `${forwarded}, 203.0.113.5`))).toBe('203.0.113.5');
  });

  test('is found behind at most sixteen proxies', () => {
    const many = `203.0.113.5, ${new Array(4000).fill('127.0.0.1').join()}`;
    expect(addresses('loopback').of(request('127.0.0.1', many))).toBe('127.0.0.1 (forwarded)');
  });
});

test("a socket is counted under its peer's address, unless that is a trusted proxy", () => {
  const { ofSocket } = addresses('private, 192.0.2.7');
  const proxies = ['10.1.1.1', '::ffff:10.1.1.1', 'fe80::1%eth0', '192.0.2.7'];
  expect(proxies.map(ofSocket)).toEqual([undefined, undefined, undefined, undefined]);
  expect(['::ffff:192.0.2.8', '2001:db8::1', '::1', undefined].map(ofSocket)).toEqual([
    '192.0.2.8',
    '2001:db8:0:0::/64',
    '::1',
    '',
  ]);
});

test('a header from an untrusted peer is detected', () => {
  const isUntrusted = (trust: string, remote: string, forwarded?: string) =>
    addresses(trust).isUntrusted(request(remote, forwarded));
  expect(isUntrusted('', '127.0.0.1', '192.0.2.1')).toBe(true);
  expect(isUntrusted('loopback', '127.0.0.1', '192.0.2.1')).toBe(false);
  expect(isUntrusted('', '127.0.0.1')).toBe(false);
});

test('invalid addresses are refused', () => {
  expect(() => addresses('loopback, nonsense')).toThrow(/invalid IP address: nonsense/);
});

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['0:0:0:0::/64', false],
  ['192.0.2.127', false],
  ['127.evil', false],
  ['127.0.0.1 (forwarded)', false],
])('%s is loopback: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
