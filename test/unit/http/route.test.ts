import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RESERVED_NAMES, route } from '../../../src/http/route.js';
import { hashSecret } from '../../../src/rooms/secret.js';

const CBOR = { format: 'cbor', bytes: false };
const CREATE = { kind: 'create', token: undefined, resume: undefined, launch: undefined };
const QUERY = { clientIp: undefined, party: undefined, size: undefined };
const KEY = 'the-key_of-PLAYER-1';
const SEAT = hashSecret(KEY);

/** The route of a room. */
function room(path: string, code: string | undefined, more: object = {}): object {
  return {
    kind: 'room',
    path,
    code,
    seat: undefined,
    about: undefined,
    password: undefined,
    allValues: false,
    json: false,
    ...more,
  };
}

/** The query of a host that resumes its room. */
function resume(room: string, code: string | undefined, token: string): object {
  return { ...CREATE, format: CBOR, resume: { room, code, token } };
}

test.each([
  ['/', { kind: 'home' }],
  ['/?utm=1', { kind: 'home' }],
  ['/health', { kind: 'health' }],
  ['/ready?verbose', { kind: 'ready' }],
  ['/metrics', { kind: 'metrics' }],
  ['/ice?', { kind: 'ice' }],
  ['/address', { kind: 'address' }],
  ['/matchmaker/ws', { kind: 'matchmaker', query: QUERY }],
  ['/matchmaker/ws?client_ip=', { kind: 'matchmaker', query: QUERY }],
  ['/matchmaker/ws?client_ip=::1', { kind: 'matchmaker', query: { ...QUERY, clientIp: '::1' } }],
  ['/matchmaker/wannaplay', { kind: 'wannaplay', query: QUERY }],
  [
    '/matchmaker/wannaplay?party=t&size=2',
    { kind: 'wannaplay', query: { ...QUERY, party: 't', size: '2' } },
  ],
  ['/matchmaker/request/g/v1.0', { kind: 'request', game: 'g', version: 'v1.0', query: QUERY }],
  ['/matchmaker/request/a%20b/', { kind: 'request', game: 'a%20b', version: '', query: QUERY }],
  ['/matchmaker/play/g', { kind: 'play', game: 'g', version: undefined, query: QUERY }],
  ['/matchmaker/play/g/1?x', { kind: 'play', game: 'g', version: '1', query: QUERY }],
  ['/launch/ab-1', { kind: 'launched', id: 'ab-1' }],
  ['/launch/ab-1/context?x', { kind: 'launchContext', id: 'ab-1' }],
  ['/launch/ab-1/ready', { kind: 'launchReady', id: 'ab-1' }],
  ['/launch/ab-1/players/7', { kind: 'launchPlayer', id: 'ab-1', client: '7' }],
  ['/launch/ab-1/players', { kind: 'file', path: '/launch/ab-1/players' }],
  ['/launch/ab-1/players/7/8', { kind: 'file', path: '/launch/ab-1/players/7/8' }],
  ['/launch/a%2Fb/ready', { kind: 'file', path: '/launch/a%2Fb/ready' }],
  ['/launch/', { kind: 'file', path: '/launch/' }],
  ['/CREATE?launch=a-1.t_-k', { ...CREATE, format: CBOR, launch: { id: 'a-1', token: 't_-k' } }],
  ['/CREATE?launch=a', { ...CREATE, format: CBOR, launch: { id: 'a', token: '' } }],
  ['/CREATE?launch=a.b.c', { ...CREATE, format: CBOR, launch: { id: 'a', token: '' } }],
  ['/client.js?v=1', { kind: 'file', path: '/client.js' }],
  ['/sketch?code=BCDF', { kind: 'file', path: '/sketch' }],
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
      kind: 'create',
      format: { format: 'json', bytes: true },
      token: 't',
      resume: { room: 'BCDF', code: 'BCDF', token: 'r' },
    },
  ],
  ['/CREATE?resume=a-token', resume('', undefined, 'a-token')],
  ['/CREATE?resume=&room=BCDF', resume('BCDF', 'BCDF', '')],
  ['/CREATE?room=AB1D&resume=%00%E0%A4%A', resume('AB1D', undefined, '\0\ufffd%A')],
  ['/CREATE?room=BCDF%0A&resume=r', resume('BCDF\n', undefined, 'r')],
  ['/CREATE?room=BCDF', { ...CREATE, format: CBOR }],
  [`/BCDF?seat=${KEY}`, room('BCDF', 'BCDF', { seat: SEAT })],
  [`/bcdf?x=1&seat=${KEY}&seat=other`, room('bcdf', 'BCDF', { seat: SEAT })],
  ['/BCDF?go=1', room('BCDF', 'BCDF', { go: true })],
  ['/BCDF?go=true', room('BCDF', 'BCDF')],
  ['/CREATE?go=1', { ...CREATE, format: CBOR, go: true }],
  [`/ABCD?seat=${KEY}`, room('ABCD', 'ABCD', { seat: SEAT })],
  ['/BCDF?seat=', room('BCDF', 'BCDF', { seat: 'malformed' })],
  ['/BCDF?seat', room('BCDF', 'BCDF', { seat: 'malformed' })],
  [`/BCDF?seat=${KEY}%0A`, room('BCDF', 'BCDF', { seat: 'malformed' })],
  [`/BCDF?seat=${KEY}+`, room('BCDF', 'BCDF', { seat: 'malformed' })],
  ['/BCDF?about=A%20b&password=%C3%A9+', room('BCDF', 'BCDF', { about: 'A b', password: 'é ' })],
  ['/BCDF?Seat=x', room('BCDF', 'BCDF')],
  ['/BCDF', room('BCDF', 'BCDF')],
  ['/bcdf?x=1', room('bcdf', 'BCDF')],
  ['/ABCD', room('ABCD', 'ABCD')],
  ['/%00', { kind: 'file', path: '/%00' }],
  ['/%00%', room('%00%', undefined)],
  ['/1234', room('1234', undefined)],
  ['/create', { kind: 'file', path: '/create' }],
  ['/CREATE/', { kind: 'file', path: '/CREATE/' }],
  ['/BCDF/', { kind: 'file', path: '/BCDF/' }],
  ['//BCDF', { kind: 'file', path: '//BCDF' }],
  ['//[', { kind: 'file', path: '//[' }],
  ['/../CREATE', { kind: 'file', path: '/../CREATE' }],
  ['/./BCDF', { kind: 'file', path: '/./BCDF' }],
  ['/__proto__', { kind: 'file', path: '/__proto__' }],
  ['/constructor', { kind: 'file', path: '/constructor' }],
  ['', { kind: 'file', path: '' }],
  ['*', { kind: 'file', path: '*' }],
  ['/BCDF?format=json', room('BCDF', 'BCDF', { json: true })],
  ['/BCDF?format=text', room('BCDF', 'BCDF')],
  ['http://localhost/CREATE', { ...CREATE, format: CBOR }],
  ['http://localhost:8081/CREATE?bytes=1', { ...CREATE, format: { ...CBOR, bytes: true } }],
  ['HTTP://[2001:db8::8]:8081/bcdf?x=1', room('bcdf', 'BCDF')],
  ['https://relay.example/BCDF?format=json', room('BCDF', 'BCDF', { json: true })],
  [`ws://relay.example/BCDF?seat=${KEY}`, room('BCDF', 'BCDF', { seat: SEAT })],
  ['wss://relay.example/health', { kind: 'health' }],
  ['http://localhost', { kind: 'home' }],
  ['http://localhost/', { kind: 'home' }],
  ['http://localhost?x=/CREATE', { kind: 'home' }],
  ['http://localhost//BCDF', { kind: 'file', path: '//BCDF' }],
  ['http://localhost/BCDF/', { kind: 'file', path: '/BCDF/' }],
  ['http:///CREATE', { kind: 'file', path: 'http:///CREATE' }],
  ['http://user@localhost/CREATE', { kind: 'file', path: 'http://user@localhost/CREATE' }],
  ['http://[::1/CREATE', { kind: 'file', path: 'http://[::1/CREATE' }],
  ['http://local host/CREATE', { kind: 'file', path: 'http://local host/CREATE' }],
  ['ftp://localhost/CREATE', { kind: 'file', path: 'ftp://localhost/CREATE' }],
  ['localhost:8081', { kind: 'file', path: 'localhost:8081' }],
  ['/http://localhost/CREATE', { kind: 'file', path: '/http://localhost/CREATE' }],
  ['/CREATE#x', { kind: 'file', path: '/CREATE#x' }],
])('%s', (target, expected) => {
  expect(route(target)).toEqual(expected);
});

test('no request target causes an exception', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.webUrl()), (target) => {
      route(target);
      route(`/CREATE?${target}`);
      route(`/CREATE?resume=${target}`);
      route(`/BCDF?seat=${target}`);
    }),
  );
});

test.each([
  '/matchmaker',
  '/matchmaker/',
  '/matchmaker/ws/',
  '/matchmaker/ws/1',
  '/matchmaker/wannaplay/g',
  '/matchmaker/play',
  '/matchmaker/play/g/1/',
  '/matchmaker/request',
  '/matchmaker/request/g',
  '/matchmaker/request/g/1/2',
  '/matchmaker/other/g/1',
  '/Matchmaker/ws',
])('%s is no path for requests', (path) => {
  expect(route(path)).toEqual({ kind: 'file', path });
});

describe('codes of more than four letters', () => {
  test.each([
    ['/bcdfgh', room('bcdfgh', 'BCDFGH')],
    ['/FUNGUS', room('FUNGUS', 'FUNGUS')],
    ['/abc-1!', room('abc-1!', undefined)],
    ['/BCDF', { kind: 'file', path: '/BCDF' }],
    ['/BCDFG', { kind: 'file', path: '/BCDFG' }],
    ['/BCDFGHJ', { kind: 'file', path: '/BCDFGHJ' }],
    ['/sketch', { kind: 'file', path: '/sketch' }],
    ['/SKETCH', { kind: 'file', path: '/SKETCH' }],
    ['/Create', { kind: 'file', path: '/Create' }],
    ['/rtc.js', { kind: 'file', path: '/rtc.js' }],
    ['/health', { kind: 'health' }],
    ['/CREATE', { ...CREATE, format: CBOR }],
  ])('of six: %s', (target, expected) => {
    expect(route(target as string, 6)).toEqual(expected);
  });

  test.each([5, 6, 7, 8])('no other path is a room of %i letters', (length) => {
    const paths = [
      'health',
      'ready',
      'metrics',
      'ice',
      'address',
      'bellhop',
      'signaling',
      'CREATE',
    ];
    for (const path of [...paths, ...RESERVED_NAMES].map((name) => `/${name}`)) {
      expect(route(path, length).kind).toBe(route(path).kind);
    }
  });
});
