import fc from 'fast-check';
import { expect, test } from 'vitest';
import { route } from '../../../src/http/route.js';

const CBOR = { format: 'cbor', bytes: false };

test.each([
  ['/', { to: 'home' }],
  ['/?utm=1', { to: 'home' }],
  ['/health', { to: 'health' }],
  ['/ready?verbose', { to: 'ready' }],
  ['/metrics', { to: 'metrics' }],
  ['/CREATE', { to: 'create', format: CBOR }],
  ['/CREATE?', { to: 'create', format: CBOR }],
  ['/CREATE?format=json', { to: 'create', format: { ...CBOR, format: 'json' } }],
  ['/CREATE?bytes=1&format=cbor', { to: 'create', format: { ...CBOR, bytes: true } }],
  ['/CREATE?bytes=0&format=%E0%A4%A', { to: 'create', format: CBOR }],
  ['/BCDF', { to: 'room', code: 'BCDF' }],
  ['/bcdf?x=1', { to: 'room', code: 'BCDF' }],
  ['/ABCD', { to: 'room', code: undefined }],
  ['/%00', { to: 'nowhere' }],
  ['/%00%', { to: 'room', code: undefined }],
  ['/1234', { to: 'room', code: undefined }],
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
