import { expect, test } from 'vitest';
import { iceServers } from '../../../src/http/ice.js';

const NONE = { iceServers: '', turnUrl: '', turnSecret: '' };
const NOW = Date.UTC(2026, 0, 1);
const TWELVE_HOURS = 12 * 60 * 60;

test('without options there are no servers', () => {
  expect(iceServers(NONE)(NOW)).toEqual([]);
});

test('STUN servers are returned unchanged', () => {
  const servers = iceServers({ ...NONE, iceServers: 'stun:a.example:3478, stuns:b.example' })(NOW);
  expect(servers).toEqual([{ urls: ['stun:a.example:3478', 'stuns:b.example'] }]);
});

test('a TURN credential is valid for twelve hours, and signed as coturn expects', async () => {
  const turnUrl = 'turn:t.example:3478,turns:t.example:5349?transport=tcp';
  const ask = iceServers({ ...NONE, turnUrl, turnSecret: 'north' });
  const [server] = ask(NOW + 999);
  expect(server?.urls).toEqual(['turn:t.example:3478', 'turns:t.example:5349?transport=tcp']);
  const [expiry, name] = server?.username?.split(':') ?? [];
  expect(Number(expiry)).toBe(NOW / 1000 + TWELVE_HOURS);
  expect(name).toMatch(/^[\w-]{12}$/);

  // An independent implementation.
  const bytes = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', bytes('north'), algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, bytes(server?.username ?? ''));
  expect(server?.credential).toBe(btoa(String.fromCharCode(...new Uint8Array(signature))));
});

test('every request gets its own credential, and never the secret', () => {
  const ask = iceServers({ ...NONE, turnUrl: 'turn:t.example', turnSecret: 'north' });
  const [one, other] = [ask(NOW), ask(NOW)];
  expect(one[0]?.username).not.toBe(other[0]?.username);
  expect(JSON.stringify([one, other])).not.toContain('north');
});

test.each([
  { turnUrl: 'turn:t.example', turnSecret: '' },
  { turnUrl: '', turnSecret: 'north' },
])('one TURN option without the other is an error: %j', (half) => {
  expect(() => iceServers({ ...NONE, ...half })).toThrow('--turn-url and --turn-secret');
});
