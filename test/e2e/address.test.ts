import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { networkUrls } from '../../src/http/network-address.js';
import { startRelay } from '../support/relay.js';
import { requires } from '../support/tools.js';

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** The answer of `/address` to a client on this machine with these headers. */
function ask(port: number, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/address', headers };
    const asked = request(options, async (response) => {
      const body = (await response.toArray()).join('');
      resolve({ status: response.statusCode, headers: response.headers, body });
    });
    asked.on('error', reject).end();
  });
}

const hasNetwork = Object.values(networkInterfaces()).some((infos) =>
  infos?.some(({ internal, address }) => !internal && !address.startsWith('fe80')),
);

/** A relay that listens on every interface. */
const everywhere = () => startRelay({ host: '0.0.0.0' });

describe(
  'a page on the same machine gets the addresses in the network',
  requires(hasNetwork, 'this machine has no network'),
  () => {
    test.each([
      ['without an Origin', (port: number) => ({ host: `localhost:${port}` })],
      ['from an IPv6 name', (port: number) => ({ host: `[::1]:${port}` })],
      [
        'as a browser asks',
        (port: number) => ({
          host: `localhost:${port}`,
          origin: `http://localhost:${port}`,
          'sec-fetch-site': 'same-origin',
        }),
      ],
    ])('%s', async (_how, headers) => {
      const { port } = await everywhere();
      const { status, headers: sent, body } = await ask(port, headers(port));
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual({
        urls: networkUrls({ tls: false, address: '0.0.0.0', port }),
      });
      // A page of another site in the same browser must not read it.
      expect(sent['access-control-allow-origin']).toBeUndefined();
    });

    test.each<[string, Record<string, string>]>([
      ['who comes through a proxy', { 'x-forwarded-for': '203.0.113.7' }],
      ['who comes through a proxy that names itself', { via: '1.1 proxy' }],
      ['who comes through a proxy that speaks RFC 7239', { forwarded: 'for=203.0.113.7' }],
      ['who uses the public name', { host: 'relay.example.com' }],
      ["another site's page", { origin: 'https://evil.example' }],
      ["another site's page without an Origin", { 'sec-fetch-site': 'cross-site' }],
      ['a page of another port', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
      ['a name that points to loopback', { host: 'evil.example:8081' }],
      ['a name that only begins so', { host: '127.0.0.1.evil.example' }],
      ['a sandboxed page', { origin: 'null' }],
    ])('other requests do not: %s', async (_who, headers) => {
      const { port } = await everywhere();
      expect((await ask(port, headers)).status).toBe(404);
      expect((await ask(port)).status).toBe(200);
    });

    test('a client that uses the network address gets no answer', async () => {
      const { port } = await everywhere();
      const { urls } = JSON.parse((await ask(port)).body) as { urls: string[] };
      expect((await fetch(`${urls[0]}/address`)).status).toBe(404);
    });

    test('with a trusted proxy, no request gets the addresses', async () => {
      const { port } = await startRelay({ host: '0.0.0.0', trustProxy: 'private' });
      expect((await ask(port)).status).toBe(404);
    });
  },
);

test('a relay that listens only on loopback has no network address', async () => {
  const { port } = await startRelay();
  expect((await ask(port)).status).toBe(404);
});
