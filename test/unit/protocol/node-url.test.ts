import { expect, test } from 'vitest';
import { NODE_URL } from '../../../src/protocol/node-url.js';

test.each([
  'wss://one.relay.example.org',
  'https://one.relay.example.org/',
  'ws://192.0.2.1:8081',
  'http://[2001:db8::1]:8081/relay',
  'WSS://ONE.EXAMPLE/a/%20b~c',
  `wss://${'x'.repeat(117)}`,
])('%s is the URL of a relay', (url) => {
  expect(url).toMatch(NODE_URL);
  expect(() => new URL(url)).not.toThrow();
  expect(Buffer.byteLength(url)).toBeLessThanOrEqual(123);
});

test.each([
  '',
  'one.example',
  '//one.example',
  'wss:one.example',
  'wss://',
  'ftp://one.example',
  'javascript:alert(1)',
  'data:text/html,x',
  ' wss://one.example',
  'wss://one.example\n',
  'wss://one.example/\nwss://two.example',
  'wss://user@one.example',
  'wss://user:secret@one.example',
  'wss://one.example?a',
  'wss://one.example/#b',
  'wss://one.example\\@two.example',
  'wss://ö.example',
  'wss://one.example/ü',
  'wss://[::1',
  'wss://one.example:x',
  `wss://${'x'.repeat(118)}`,
])('%j is none', (url) => {
  expect(url).not.toMatch(NODE_URL);
});
