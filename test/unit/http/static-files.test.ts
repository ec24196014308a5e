import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { file } from '../../../src/http/answer.js';
import { route } from '../../../src/http/route.js';
import { pageFiles, type StaticFile, sdkFiles } from '../../../src/http/static-files.js';

const sdk = sdkFiles().get('/client.js') as StaticFile;
const built = readFileSync(new URL('../../../dist/client.js', import.meta.url));

test('the SDK is the built file', () => {
  expect([...sdkFiles().keys()]).toEqual(['/client.js', '/player.js', '/rtc.js', '/lists.js']);
  expect(sdk.body.equals(built)).toBe(true);
  expect(gunzipSync(sdk.gzipped).equals(built)).toBe(true);
});

test('pages are served at their names, the front page at /', () => {
  const files = pageFiles();
  for (const [path, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/theme.css', 'text/css; charset=utf-8'],
    ['/home/main.js', 'text/javascript; charset=utf-8'],
    ['/home/icon.svg', 'image/svg+xml'],
  ] as const) {
    expect(files.get(path)?.type).toBe(type);
  }
  expect(files.has('/home')).toBe(false);
  expect(files.has('/home/index.html')).toBe(false);
});

test.each([4, 5, 6, 7, 8])(
  "no file has a path that is a room's with codes of %i letters",
  (length) => {
    const paths = [...pageFiles().keys(), ...sdkFiles().keys()];
    expect(paths.filter((path) => route(path, length).kind === 'room')).toEqual([]);
  },
);

describe('an answer with a file', () => {
  test('is the built file, or compressed for clients that accept it', () => {
    const plain = file(sdk, {});
    expect([plain.status, plain.body]).toEqual([200, sdk.body]);
    expect(plain.headers).not.toHaveProperty('Content-Encoding');
    const gzipped = file(sdk, { 'accept-encoding': 'br, gzip;q=0.8' });
    expect([gzipped.status, gzipped.body]).toEqual([200, sdk.gzipped]);
    expect(gzipped.headers).toMatchObject({ 'Content-Encoding': 'gzip' });
    for (const refused of ['gzip;q=0', 'gzip; q=0.00, br', 'identity']) {
      expect(file(sdk, { 'accept-encoding': refused }).body).toBe(sdk.body);
    }
  });

  test.each([sdk.etag, sdk.etag.slice(2), `"x", ${sdk.etag}`])('is 304 for %s', (tag) => {
    const answer = file(sdk, { 'if-none-match': tag });
    expect([answer.status, answer.body]).toEqual([304, '']);
    expect(answer.headers).toMatchObject({ ETag: sdk.etag, 'Cache-Control': 'no-cache' });
  });

  test.each(['"x"', '', sdk.etag.slice(0, -2)])('is the whole file for %s', (tag) => {
    expect(file(sdk, { 'if-none-match': tag }).status).toBe(200);
  });

  test('can be read by pages of all origins, and has a strict policy', () => {
    expect(file(sdk, {}).headers).toMatchObject({
      'Access-Control-Allow-Origin': '*',
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Security-Policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/),
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
  });
});
