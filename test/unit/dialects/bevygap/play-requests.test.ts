import { expect, test } from 'vitest';
import {
  launchErrorOf,
  type PlayQuery,
  PlayRequests,
} from '../../../../src/dialects/bevygap/play-requests.js';
import { Admission } from '../../../../src/limits/admission.js';
import type { Overload } from '../../../../src/limits/overload.js';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import type { Progress } from '../../../../src/protocol/matchmaking.js';
import { TestMatchmaker } from '../../../support/matchmaker.js';

const LIMITS = {
  maxConnections: 100,
  connectionsPerAddress: 0,
  roomsPerMinute: 2,
  missesPerMinute: 0,
  maxRooms: 100,
  heap: 1 << 26,
  limitLoopback: false,
};

const CALLER = { address: '192.0.2.1', clientAddress: '192.0.2.1', origin: 'https://a.example' };

const WANTED: PlayQuery = { game: 'g', version: '1', party: undefined, accepts: 'server' };

function setup() {
  const load: { overload: Overload | undefined } = { overload: undefined };
  const rooms = { draining: false };
  const logged: unknown[][] = [];
  const matchmaker = new TestMatchmaker();
  const requests = new PlayRequests({
    matchmaker,
    admission: new Admission(LIMITS, () => load.overload),
    rooms,
    log: { refused: (...args) => void logged.push(args) },
  });
  const check = (query: Partial<PlayQuery> = {}, caller: Partial<typeof CALLER> = {}) => {
    try {
      return requests.check({ ...WANTED, ...query }, { ...CALLER, ...caller }, 0);
    } catch (error) {
      const { status, message } = launchErrorOf(error);
      return `${status} ${message}`;
    }
  };
  return { requests, matchmaker, load, rooms, logged, check };
}

test('a request has the name and the version of the game that was found', () => {
  const party = { ticket: 'a-ticket', size: 2 };
  const clientAddress = '192.0.2.1';
  const { check } = setup();
  expect(check({ party })).toMatchObject({ game: 'g', version: '1', party, clientAddress });
  const first = { game: undefined, version: undefined };
  expect(check(first)).toMatchObject({ game: 'g', version: '1' });
});

test.each<[Partial<PlayQuery>, string]>([
  [{ game: 'a b' }, '400 Game name invalid'],
  [{ game: 'a b', version: undefined }, '400 Game name invalid'],
  [{ version: '*' }, '400 Game version invalid'],
  [{ game: 'other' }, '404 no game other, version 1 is served here'],
  [{ game: 'other', version: undefined }, '404 no game other is served here'],
  [{ version: '3' }, '404 no game g, version 3 is served here'],
  [{ game: 'party' }, '400 this game is played in a room: ask for it at /matchmaker/play'],
])('%j: %s', (query, reason) => {
  const { check, matchmaker } = setup();
  expect(check(query)).toBe(reason);
  expect(matchmaker.count).toBe(0);
});

test('a player who accepts codes can play in a room', () => {
  const { check } = setup();
  expect(check({ game: 'party', accepts: 'room' })).toMatchObject({ game: 'party' });
});

test('a name is required without a default game', () => {
  const { check, matchmaker } = setup();
  matchmaker.find = () => undefined;
  expect(check({ game: undefined, version: undefined })).toBe('404 no default game is configured');
});

test('an invalid client_ip is refused', () => {
  const { requests } = setup();
  const caller = { ...CALLER, clientAddress: undefined };
  expect(() => requests.check(WANTED, caller, 0)).toThrow('client_ip is no IP address');
});

test('requests are limited per address, and refusals are logged', () => {
  const { check, logged } = setup();
  for (let count = 0; count < 256; count++) expect(check()).toMatchObject({ game: 'g' });
  expect(check({ game: 'other' })).toContain('404');
  expect(check()).toBe('429 too many attempts');
  expect(check({}, { address: '192.0.2.2' })).toMatchObject({ game: 'g' });
  expect(logged).toEqual([
    [CLOSE_REASONS.tooManyAttempts, '192.0.2.1', 'https://a.example', 'bevygap'],
  ]);
});

test('servers that are started count as rooms of an address', () => {
  const { requests, logged, load } = setup();
  const starts = (address: string) =>
    requests.check(WANTED, { ...CALLER, address }, 0).mayStart()?.status;
  const all = [1, 2, 3].map(() => starts('192.0.2.1'));
  expect([...all, starts('192.0.2.2')]).toEqual([undefined, undefined, 429, undefined]);
  expect(logged).toHaveLength(1);
  const { mayStart } = requests.check(WANTED, { ...CALLER, address: '192.0.2.3' }, 0);
  load.overload = 'late';
  expect(mayStart()?.status).toBe(503);
});

test('overload and drain refuse requests', () => {
  const { check, load, rooms } = setup();
  load.overload = 'heap';
  expect(check()).toBe('503 relay full');
  rooms.draining = true;
  expect(check()).toBe('503 relay restarting');
});

test('close ends open requests, and refuses further ones', async () => {
  const { requests, matchmaker, check } = setup();
  const sent: Progress[] = [];
  const request = requests.check(WANTED, CALLER, 0);
  requests.begin(request, (progress) => void sent.push(progress));
  const pending = await matchmaker.requests.next();
  expect(requests.size).toBe(1);
  requests.close(CLOSE_REASONS.restarting);
  expect(pending.isCancelled).toBe(true);
  expect(sent.at(-1)).toEqual({ is: 'failed', status: 503, reason: 'relay restarting' });
  expect(requests.size).toBe(0);
  expect(check()).toBe('503 relay restarting');
});
