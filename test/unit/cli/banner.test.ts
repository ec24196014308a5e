import { networkInterfaces } from 'node:os';
import { encode } from 'uqr';
import { afterEach, expect, test, vi } from 'vitest';
import { banner } from '../../../src/cli/banner.js';
import { qrCode } from '../../../src/cli/qr-code.js';

vi.mock('node:os', () => ({ networkInterfaces: vi.fn() }));

const PLACE = { scheme: 'ws', address: '::', port: 8081, qr: true } as const;
const LAN = { family: 'IPv4', internal: false, address: '192.168.1.20' } as const;
const LOOPBACK = { family: 'IPv4', internal: true, address: '127.0.0.1' } as const;

function network(...addresses: object[]): void {
  vi.mocked(networkInterfaces).mockReturnValue({ any: addresses } as never);
}

afterEach(() => vi.resetAllMocks());

/** The modules that a terminal shows, where its foreground is white; true is black. */
function modules(lines: readonly string[]): boolean[][] {
  const rows: boolean[][] = [];
  for (const line of lines) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    const shown = [...line.replaceAll(/\x1b\[[\d;]*m/g, '')];
    rows.push(shown.map((character) => character === ' ' || character === '▄'));
    rows.push(shown.map((character) => character === ' ' || character === '▀'));
  }
  return rows;
}

test('a QR code has the modules that it should, with some white around', () => {
  const text = 'http://192.168.1.20:8081';
  const { data, size } = encode(text, { border: 2 });
  expect(modules(qrCode(text)).slice(0, size)).toEqual(data);
  expect(data[1]?.some((isBlack) => isBlack)).toBe(false);
});

test('the banner has the address in the network, to read and to scan', () => {
  network(LOOPBACK, LAN);
  const text = banner(PLACE);
  expect(text).toContain('ws://localhost:8081');
  expect(text).toContain('ws://192.168.1.20:8081');
  expect(text).toContain(qrCode('http://192.168.1.20:8081').join('\n  '));
  const tls = banner({ ...PLACE, scheme: 'wss' });
  expect(tls).toContain(qrCode('https://192.168.1.20:8081')[3]);
  expect(tls).toContain('Open https://localhost:8081');
});

test('there is no code without a network, and none where none is wanted', () => {
  network(LAN);
  expect(banner({ ...PLACE, qr: false })).not.toContain('█');
  expect(banner({ ...PLACE, address: '127.0.0.1' })).not.toContain('█');
  network(LOOPBACK);
  expect(banner(PLACE)).not.toContain('█');
});
