import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { networkUrls, rankAddresses, urlOf } from '../../../src/http/network-address.js';

/** Interfaces by name, each with its addresses, in the order in which a system lists them. */
function machine(addresses: Record<string, string[]>) {
  const info = (address: string) =>
    ({
      address,
      family: address.includes(':') ? 'IPv6' : 'IPv4',
      internal: address.startsWith('127.') || address === '::1',
    }) as NetworkInterfaceInfo;
  return Object.fromEntries(
    Object.entries(addresses).map(([name, list]) => [name, list.map(info)]),
  );
}

const WIFI = '192.168.1.5';

describe('an address of a real network comes before', () => {
  test.each([
    ["Docker's bridge", { docker0: ['172.17.0.1'], 'br-0a1b2c3d4e5f': ['172.18.0.1'] }],
    ["Docker's bridge in a home network's range", { 'br-0a1b2c3d4e5f': ['192.168.0.1'] }],
    ['an interface of a container', { veth12ab: ['192.168.0.7'] }],
    ["a virtual machine's network", { virbr0: ['192.168.122.1'], vmnet8: ['192.168.9.1'] }],
    ["VirtualBox's network by another name", { eth7: ['192.168.56.1'] }],
    ["Kubernetes' networks", { cni0: ['10.42.0.1'], 'flannel.1': ['10.42.0.0'] }],
    ["Windows' virtual switch", { 'vEthernet (WSL)': ['192.168.0.1'] }],
    ['a VPN', { tun0: ['192.168.0.9'], wg0: ['10.8.0.2'], utun3: ['192.168.0.8'] }],
    ["Tailscale's address", { tailscale0: ['100.101.102.103'], en9: ['100.64.0.1'] }],
    ['a modem', { wwan0: ['10.11.12.13'], ppp0: ['203.0.113.7'] }],
    ['a link-local address', { eth1: ['169.254.10.20'] }],
    ['IPv6', { eth1: ['2001:db8::5', 'fd00::5'] }],
  ])('%s', (_what, others) => {
    for (const name of ['wlan0', 'enp3s0', 'en0', 'eth0', 'Wi-Fi', 'Ethernet 2', 'wlp2s0', 'br0']) {
      expect(rankAddresses(machine({ lo: ['127.0.0.1'], ...others, [name]: [WIFI] }))[0]).toBe(
        WIFI,
      );
    }
  });
});

test("a home network's range comes first, and a public address last", () => {
  const interfaces = machine({ eth0: ['203.0.113.7', '172.20.10.2', '10.0.0.5', WIFI] });
  expect(rankAddresses(interfaces)).toEqual([WIFI, '10.0.0.5', '172.20.10.2', '203.0.113.7']);
});

test('a known kind of interface comes before an unknown one, and that before a tunnel', () => {
  const interfaces = machine({ tun0: ['192.168.3.1'], foo0: ['192.168.2.1'], wlan0: ['10.0.0.5'] });
  expect(rankAddresses(interfaces)).toEqual(['10.0.0.5', '192.168.2.1', '192.168.3.1']);
});

test('less likely addresses are listed if there are no others', () => {
  expect(rankAddresses(machine({ tailscale0: ['100.101.102.103'] }))).toEqual(['100.101.102.103']);
  expect(rankAddresses(machine({ eth0: ['2001:db8::5'] }))).toEqual(['2001:db8::5']);
});

test('loopback and IPv6 link-local addresses are left out, and each address is listed once', () => {
  const interfaces = machine({
    lo: ['127.0.0.1', '::1'],
    eth0: ['fe80::1', WIFI],
    eth1: [WIFI],
    gone: [],
  });
  expect(rankAddresses({ ...interfaces, none: undefined })).toEqual([WIFI]);
});

describe('the URLs of a relay', () => {
  const interfaces = machine({ lo: ['127.0.0.1'], eth0: [WIFI, '2001:db8::5'] });
  const urls = (address: string, tls = false) =>
    networkUrls({ tls, address, port: 8081 }, interfaces);

  test('that listens on all interfaces', () => {
    expect(urls('::')).toEqual([`http://${WIFI}:8081`, 'http://[2001:db8::5]:8081']);
    expect(urls('0.0.0.0')).toEqual([`http://${WIFI}:8081`]);
    expect(urls('0.0.0.0', true)).toEqual([`https://${WIFI}:8081`]);
  });

  test('that listens on one address', () => {
    expect(urls('10.1.2.3')).toEqual(['http://10.1.2.3:8081']);
    expect(urls('127.0.0.1')).toEqual([]);
    expect(urls('127.5.0.1')).toEqual([]);
    expect(urls('::1')).toEqual([]);
    expect(urls('::ffff:127.0.0.1')).toEqual([]);
    expect(urls('fe80::1')).toEqual([]);
  });
});

test('an IPv6 address is in brackets', () => {
  expect(urlOf('ws', '::1', 80)).toBe('ws://[::1]:80');
});
