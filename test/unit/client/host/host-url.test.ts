import { expect, test } from 'vitest';
import { readHostUrl } from '../../../../src/client/host/host-url.js';

test.each([
  ['ws://127.0.0.1:8081/CREATE?launch=a.b', 'ws://127.0.0.1:8081', 'a.b'],
  ['wss://example.org/games/CREATE?launch=a.b&x#y', 'wss://example.org/games', 'a.b'],
  ['https://example.org/?launch=a.b', 'https://example.org', 'a.b'],
  [new URL('http://example.org/CREATE/?launch=a.b'), 'http://example.org', 'a.b'],
])('%s is split into the URL of the relay and the authorization', (url, relay, launch) => {
  expect(readHostUrl(url)).toEqual({ relay, launch });
});

test.each(['https://example.org/CREATE?x', 'https://example.org', 'no URL?launch=a.b'])(
  '%s is not changed',
  (url) => {
    expect(readHostUrl(url)).toEqual({ relay: url, launch: undefined });
  },
);
