import { expect, test } from 'vitest';
import { acceptsGzip, prefersJson, prefersPage } from '../../../src/http/accept.js';

/** What libraries send by default, and what browsers send when they fetch for a script. */
const LIBRARIES = [
  undefined, // urllib, many embedded clients
  '',
  '*/*', // fetch, XMLHttpRequest, curl, requests, got, undici
  'application/json, text/plain, */*', // axios, Angular
  'application/json, text/plain;q=1, */*;q=0.1',
  'text/plain, application/json, */*',
  '*, */*',
  '*/*;q=0.5',
];

test.each(LIBRARIES)('a library that sends %j gets plain text', (accept) => {
  expect([prefersJson(accept), prefersPage(accept)]).toEqual([false, false]);
});

/** What browsers send when they navigate. */
test.each([
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/png,image/svg+xml,*/*;q=0.8',
  'application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5',
  'text/html, application/xhtml+xml, image/jxr, */*',
])('a browser that navigates with %j gets the page, and no JSON', (accept) => {
  expect([prefersPage(accept), prefersJson(accept)]).toEqual([true, false]);
});

test.each([
  // Asked for, and plain text is not acceptable at the same weight.
  ['application/json', true],
  ['APPLICATION/JSON', true],
  ['application/json; charset=utf-8', true],
  ['application/*', true],
  ['application/json, */*;q=0.5', true],
  ['application/json, text/javascript, */*; q=0.01', true],
  ['application/json;q=0.3, text/plain;q=0.2', true],
  ['application/json;q=0.001', true],
  ['application/json, text/plain;q=0.999', true],
  ['text/plain;q=0, application/json;q=0.1', true],
  ['text/*;q=0, */*', true],
  ['application/json;q=1.000 , text/plain ; Q=0.5', true],
  ['text/*, text/plain;q=0.1, application/json;q=0.2', true],
  ['application/json;x="a,b;q=0", application/json, text/plain;q=0.5', true],
  // The same weight, or less.
  ['application/json, */*', false],
  ['application/json, text/*', false],
  ['text/plain;q=0.5, application/json;q=0.5', false],
  ['application/json;q=0.9, text/plain', false],
  ['*/*, application/json;q=0.9', false],
  ['application/*;q=0.2, */*;q=0.3', false],
  // The most specific range decides, whatever its weight.
  ['application/json;q=0, */*', false],
  ['application/*, application/json;q=0, text/plain;q=0.1', false],
  ['application/json, application/*;q=0, text/plain;q=0.5', true],
  // Neither is acceptable: plain text.
  ['image/png', false],
  ['application/json;q=0', false],
  ['application/json;q=0.000', false],
  ['*/*;q=0', false],
  // Invalid elements are ignored.
  ['application/json;q=x, text/plain;q=0.1', false],
  ['application/json;q=2', false],
  ['application/json;q=-1', false],
  ['application/json;q=', false],
  ['application/jsonx', false],
  ['xapplication/json', false],
  ['application/vnd.api+json', false],
  ['application/json;profile=x', false],
  ['text/plain;x="application/json, application/json"', false],
  [',,;,;;q=1,', false],
])('Accept: %s: JSON is preferred: %s', (accept, expected) => {
  expect(prefersJson(accept)).toBe(expected);
});

test.each([
  ['text/html', true],
  ['text/html, */*;q=0.1', true],
  ['text/html,*/*', true],
  ['text/html;charset=utf-8, */*', true],
  ['text/html;q=0.2, text/plain;q=0.1', true],
  ['text/html, text/plain', false],
  ['text/html;q=0.5, */*', false],
  ['text/html;q=0.5, text/plain', false],
  ['text/html;q=0, */*;q=0', false],
  ['text/html;q=0', false],
  ['text/*', false],
  ['text/*, */*;q=0.1', false],
  ['application/xhtml+xml', false],
  ['text/htmlx', false],
])('Accept: %s: a page is preferred: %s', (accept, expected) => {
  expect(prefersPage(accept)).toBe(expected);
});

test.each([
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['gzip, deflate, br, zstd', true],
  ['br, GZIP;q=0.8', true],
  ['x-gzip', true],
  ['*', true],
  ['identity;q=0.5, gzip', true],
  ['identity', false],
  ['gzip;q=0', false],
  ['gzip;q=0.0, *', false],
  ['identity, gzip;q=0.5', false],
  ['br', false],
  ['gzippy', false],
])('Accept-Encoding: %s: gzip is used: %s', (acceptEncoding, expected) => {
  expect(acceptsGzip(acceptEncoding)).toBe(expected);
});

test('only the first elements of a long header are read', () => {
  const long = `${'a/b;q=0.1,'.repeat(100_000)}application/json`;
  expect(prefersJson(long)).toBe(false);
});
