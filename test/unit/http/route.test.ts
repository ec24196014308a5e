import fc from 'fast-check';
import { expect, test } from 'vitest';
import { route } from '../../../src/http/route.js';
import { hashSecret } from '../../../src/rooms/secret.js';

const CBOR = { format: 'cbor', bytes: false };
const CREATE = { to: 'create', token: undefined, resume: undefined };
const KEY = 'the-key_of-PLAYER-1';
const SEAT = hashSecret(KEY);

/** A room that a host wants back. */
function resume(room: string, code: string | undefined, token: string): object {
  return { ...CREATE, format: CBOR, resume: { room, code, token } };
}

test.each([
  ['/', { to: 'home' }],
  ['/?utm=1', { to: 'home' }],
  ['/health', { to: 'health' }],
  ['/ready?verbose', { to: 'ready' }],
  ['/metrics', { to: 'metrics' }],
  ['/ice?', { to: 'ice' }],
  ['/client.js?v=1', { to: 'file', path: '/client.js' }],
  ['/sketch?code=BCDF', { to: 'file', path: '/sketch' }],
  ['/CREATE', { ...CREATE, format: CBOR }],
  ['/CREATE?', { ...CREATE, format: CBOR }],
  ['/CREATE?format=json', { ...CREATE, format: { ...CBOR, format: 'json' } }],
  ['/CREATE?bytes=1&format=cbor', { ...CREATE, format: { ...CBOR, bytes: true } }],
  ['/CREATE?bytes=0&format=%E0%A4%A', { ...CREATE, format: CBOR }],
  ['/CREATE?token=a%20b', { ...CREATE, format: CBOR, token: 'a b' }],
  ['/CREATE?room=BCDF&resume=a-token', resume('BCDF', 'BCDF', 'a-token')],
  ['/CREATE?resume=a-token&room=bcdf', resume('bcdf', 'BCDF', 'a-token')],
  [
    '/CREATE?token=t&format=json&bytes=1&room=BCDF&resume=r',
    {
      to: 'create',
      format: { format: 'json', bytes: true },
      token: 't',
      resume: { room: 'BCDF', code: 'BCDF', token: 'r' },
    },
  ],
  ['/CREATE?resume=a-token', resume('', undefined, 'a-token')],
  ['/CREATE?resume=&room=BCDF', resume('BCDF', 'BCDF', '')],
  ['/CREATE?room=ABCDE&resume=%00%E0%A4%A', resume('ABCDE', undefined, '\0\ufffd%A')],
  ['/CREATE?room=BCDF%0A&resume=r', resume('BCDF\n', undefined, 'r')],
  ['/CREATE?room=BCDF', { ...CREATE, format: CBOR }],
  [`/BCDF?seat=${KEY}`, { to: 'room', path: 'BCDF', code: 'BCDF', seat: SEAT }],
  [`/bcdf?x=1&seat=${KEY}&seat=other`, { to: 'room', path: 'bcdf', code: 'BCDF', seat: SEAT }],
  [`/ABCD?seat=${KEY}`, { to: 'room', path: 'ABCD', code: undefined, seat: SEAT }],
  ['/BCDF?seat=', { to: 'room', path: 'BCDF', code: 'BCDF', seat: 'malformed' }],
  ['/BCDF?seat', { to: 'room', path: 'BCDF', code: 'BCDF', seat: 'malformed' }],
  [`/BCDF?seat=${KEY}%0A`, { to: 'room', path: 'BCDF', code: 'BCDF', seat: 'malformed' }],
  [`/BCDF?seat=${KEY}+`, { to: 'room', path: 'BCDF', code: 'BCDF', seat: 'malformed' }],
  ['/BCDF?Seat=x', { to: 'room', path: 'BCDF', code: 'BCDF', seat: undefined }],
  ['/BCDF', { to: 'room', path: 'BCDF', code: 'BCDF' }],
  ['/bcdf?x=1', { to: 'room', path: 'bcdf', code: 'BCDF' }],
  ['/ABCD', { to: 'room', path: 'ABCD', code: undefined }],
  ['/%00', { to: 'file', path: '/%00' }],
  ['/%00%', { to: 'room', path: '%00%', code: undefined }],
  ['/1234', { to: 'room', path: '1234', code: undefined }],
  ['/create', { to: 'file', path: '/create' }],
  ['/CREATE/', { to: 'file', path: '/CREATE/' }],
  ['/BCDF/', { to: 'file', path: '/BCDF/' }],
  ['//BCDF', { to: 'file', path: '//BCDF' }],
  ['//[', { to: 'file', path: '//[' }],
  ['/../CREATE', { to: 'file', path: '/../CREATE' }],
  ['/./BCDF', { to: 'file', path: '/./BCDF' }],
  ['/__proto__', { to: 'file', path: '/__proto__' }],
  ['/constructor', { to: 'file', path: '/constructor' }],
  ['', { to: 'file', path: '' }],
  ['*', { to: 'file', path: '*' }],
  ['http://localhost/CREATE', { to: 'file', path: 'http://localhost/CREATE' }],
  ['/CREATE#x', { to: 'file', path: '/CREATE#x' }],
])('%s', (target, expected) => {
  expect(route(target)).toEqual(expected);
});

test('no request target makes it throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.webUrl()), (target) => {
      route(target);
      route(`/CREATE?${target}`);
      route(`/CREATE?resume=${target}`);
      route(`/BCDF?seat=${target}`);
    }),
  );
});
