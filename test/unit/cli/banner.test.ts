import { encode } from 'uqr';
import { expect, test } from 'vitest';
import { banner } from '../../../src/cli/banner.js';
import { qrCode } from '../../../src/cli/qr-code.js';

const PLACE = { tls: false, address: '::', port: 8081, pages: true, qr: true } as const;
const LAN = 'http://192.168.1.20:8081';

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

test('a QR code has the right modules and a white border', () => {
  const { data, size } = encode(LAN, { border: 2 });
  expect(modules(qrCode(LAN)).slice(0, size)).toEqual(data);
  expect(data[1]?.some((isBlack) => isBlack)).toBe(false);
});

test('the banner shows http:// addresses, and the network address as text and QR code', () => {
  const text = banner(PLACE, [LAN, 'http://10.0.0.5:8081']);
  const urls = [...text.matchAll(/\w+:\/\/[^\s:]+:\d+/g)].map(([url]) => url);
  expect(urls).toEqual(['http://localhost:8081', LAN, 'http://10.0.0.5:8081', LAN]);
  expect(text).toContain(qrCode(LAN).join('\n  '));
  expect(text).toContain(`phone in the same network, scan this code to open ${LAN}`);
  expect(text).toContain('ws://');
});

test('with TLS all addresses are https://', () => {
  const text = banner({ ...PLACE, tls: true }, ['https://192.168.1.20:8081']);
  expect(text).toContain('https://localhost:8081');
  expect(text).toContain('wss://');
  expect(text).not.toMatch(/http:|ws:/);
});

test('of many addresses, the most likely ones are shown', () => {
  const many = Array.from({ length: 20 }, (_, i) => `http://10.0.0.${i}:8081`);
  expect(banner(PLACE, many)).toContain('10.0.0.2');
  expect(banner(PLACE, many)).not.toContain('10.0.0.3');
});

test('there is no QR code without a network address or with --no-qr', () => {
  expect(banner({ ...PLACE, qr: false }, [LAN])).not.toContain('█');
  expect(banner({ ...PLACE, pages: false }, [LAN])).not.toContain('█');
  expect(banner({ ...PLACE, address: '127.0.0.1' })).not.toContain('█');
  expect(banner(PLACE, [])).not.toContain('█');
});

test('a single address is shown once', () => {
  const text = banner({ ...PLACE, address: '192.168.1.20', qr: false });
  expect(text.match(/192\.168\.1\.20/g)).toHaveLength(1);
});
