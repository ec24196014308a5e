import fc from 'fast-check';
import { expect, test } from 'vitest';
import { route } from '../../../src/http/route.js';

const CBOR = { format: 'cbor', bytes: false };
const CREATE = { to: 'create', token: undefined };

test.each([
  ['/', { to: 'home' }],
  ['/?utm=1', { to: 'home' }],
  ['/health', { to: 'health' }],
  ['/ready?verbose', { to: 'ready' }],
  ['/metrics', { to: 'metrics' }],
  ['/CREATE', { ...CREATE, format: CBOR }],
  ['/CREATE?', { ...CREATE, format: CBOR }],
  ['/CREATE?format=json', { ...CREATE, format: { ...CBOR, format: 'json' } }],
  ['/CREATE?bytes=1&format=cbor', { ...CREATE, format: { ...CBOR, bytes: true } }],
  ['/CREATE?bytes=0&format=%E0%A4%A', { ...CREATE, format: CBOR }],
  ['/CREATE?token=a%20b', { ...CREATE, format: CBOR, token: 'a b' }],
  ['/BCDF', { to: 'room', path: 'BCDF', code: 'BCDF' }],
  ['/bcdf?x=1', { to: 'room', path: 'bcdf', code: 'BCDF' }],
  ['/ABCD', { to: 'room', path: 'ABCD', code: undefined }],
  ['/%00', { to: 'nowhere' }],
  ['/%00%', { to: 'room', path: '%00%', code: undefined }],
  ['/1234', { to: 'room', path: '1234', code: undefined }],
  ['/create', { to: 'nowhere' }],
  ['/CREATE/', { to: 'nowhere' }],
  ['/BCDF/', { to: 'nowhere' }],
  ['//BCDF', { to: 'nowhere' }],
  ['//[', { to: 'nowhere' }],
  ['/../CREATE', { to: 'nowhere' }],
  ['/./BCDF', { to: 'nowhere' }],
  ['/__proto__', { to: 'nowhere' }],
  ['/constructor', { to: 'nowhere' }],
  ['', { to: 'nowhere' }],
  ['*', { to: 'nowhere' }],
  ['http://localhost/CREATE', { to: 'nowhere' }],
  ['/CREATE#x', { to: 'nowhere' }],
])('%s', (target, expected) => {
  expect(route(target)).toEqual(expected);
});

test('no request target makes it throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.webUrl()), (target) => {
      route(target);
      route(`/CREATE?${target}`);
    }),
  );
});
