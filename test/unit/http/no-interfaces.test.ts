import { expect, test, vi } from 'vitest';
import { banner } from '../../../src/cli/banner.js';
import { networkUrls } from '../../../src/http/network-address.js';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  // As Android does, or any system for a process without a free file descriptor.
  networkInterfaces: () => {
    throw new Error('uv_interface_addresses returned Unknown system error 13');
  },
}));

test('if the system does not list interfaces, there are no network addresses', () => {
  const place = { tls: false, address: '::', port: 8081 };
  expect(networkUrls(place)).toEqual([]);
  expect(networkUrls({ ...place, address: '192.168.1.5' })).toEqual(['http://192.168.1.5:8081']);
  expect(banner({ ...place, pages: true, qr: true })).toContain('http://localhost:8081');
});
