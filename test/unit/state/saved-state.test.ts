import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SavedRoom } from '../../../src/rooms/saved-room.js';
import { hashSecret } from '../../../src/rooms/secret.js';
import {
  firstLine,
  lastLine,
  parseState as parseLines,
  roomLine,
  SKIPPED_IDS,
  StateError,
} from '../../../src/state/saved-state.js';
import { savedRooms } from '../../support/arbitraries.js';

const parseState = (text: string): SavedRoom[] => parseLines(text.split('\n'));

const HASH = hashSecret('somebody');
const OTHER = hashSecret('somebody else');

function written(...rooms: object[]): string {
  return (
    firstLine() +
    rooms.map((room) => roomLine(room as SavedRoom)).join('') +
    lastLine(rooms.length, true)
  );
}

/** The reason why a state cannot be used. Any exception other than a StateError fails the test. */
function refusal(state: string): string {
  try {
    parseState(state);
  } catch (error) {
    if (error instanceof StateError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

const room = {
  code: 'BCDF',
  name: 'Größe 🎉',
  maxPlayers: 8,
  started: true,
  hold: 60,
  resume: HASH,
  lastId: 7,
  seats: [
    { id: 3, key: HASH, away: false },
    { id: 7, key: null, away: false },
  ],
  banned: [OTHER],
};

test('rooms are read as they were written', () => {
  fc.assert(
    fc.property(savedRooms(), (rooms) => {
      expect(parseState(written(...rooms))).toEqual(rooms);
    }),
  );
});

test('after a crash, ids continue with a gap', () => {
  const state = (fields: object) =>
    firstLine() + roomLine({ ...room, ...fields } as unknown as SavedRoom) + lastLine(1, false);
  expect(parseState(state({}))).toEqual([{ ...room, lastId: 7 + SKIPPED_IDS }]);
  expect(parseState(state({ lastId: null, seats: [] }))[0]?.lastId).toBe(SKIPPED_IDS);
});

test('features are read as they were written', () => {
  const seats = [{ id: 3, key: HASH, away: false, about: 'Ana 🦊' }];
  const saved = {
    ...room,
    seats,
    features: {
      about: true,
      ask: true,
      password: HASH,
      code: true,
      times: 10,
      audience: 10_000,
      list: 'my-game',
      listing: '🎉',
    },
    asking: [1, 2],
    poll: ['A', 'Größe'],
  };
  expect(parseState(written(saved as unknown as SavedRoom))).toEqual([saved]);
  expect(parseState(written({ ...room, features: {} } as unknown as SavedRoom))).toEqual([
    { ...room, features: {} },
  ]);
});

test('values are read as they were written', () => {
  const values = [
    { key: 'ä', version: 2, text: '🎉' },
    { key: 'ä', player: 3, version: 5, bytes: 'AP8=' },
    { key: 'b', version: 7, text: '' },
    { key: 'c', version: 8, bytes: '' },
    { key: 'd', later: true, version: 9, text: '' },
  ];
  const seats = [{ id: 3, key: HASH, away: true, seen: 9 }];
  const saved = { ...room, seats, values, bannedAddresses: [HASH] };
  expect(parseState(written(saved as unknown as SavedRoom))).toEqual([saved]);
});

test('unknown keys are ignored', () => {
  const later = JSON.parse('{"__proto__":{"name":"polluted"},"constructor":1,"extra":[1]}');
  const [read] = parseState(written({ ...later, ...room, ['__proto__' as string]: { hold: 1 } }));
  expect(read).toEqual(room);
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
});

test('a truncated file is not used', () => {
  const state = Buffer.from(written(room, { ...room, code: 'GHJK' }));
  for (let length = 0; length < state.length; length++) {
    expect(refusal(state.subarray(0, length).toString())).toBeTypeOf('string');
  }
});

test('a file with random bytes is either valid or not used', () => {
  const state = Buffer.from(written(room, { ...room, code: 'GHJK' }));
  fc.assert(
    fc.property(fc.nat(state.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(state);
      damaged[at] = byte;
      try {
        const rooms = parseState(damaged.toString());
        // Rooms that can be read can be written and read again.
        expect(parseState(written(...rooms))).toEqual(rooms);
      } catch (error) {
        expect(error).toBeInstanceOf(StateError);
      }
    }),
    { numRuns: 2000 },
  );
});

describe('is not used, with a reason, if it is', () => {
  const foreign = 'it is not a state file of lobby-relay';
  const truncated = 'its last line is missing';

  test.each([
    ['empty', '', foreign],
    ['only an end of line', '\n', foreign],
    ['text', 'hello\n', foreign],
    ['bytes', '\0\ufffd\0\n', foreign],
    ['another JSON', '{"rooms":[]}\n', foreign],
    ['a JSON list', '[]\n', foreign],
    ['null', 'null\n', foreign],
    ['deep', `${'['.repeat(100_000)}\n`, foreign],
    ["somebody else's", '{"format":"other","version":1}\n{"rooms":0}\n', foreign],
    ['without a version', '{"format":"lobby-relay state"}\n{"rooms":0}\n', foreign],
    [
      'with a version that cannot be printed',
      '{"format":"lobby-relay state","version":{"toString":1}}\n{"rooms":0}\n',
      foreign,
    ],
    [
      'newer, whatever is in it',
      '{"format":"lobby-relay state","version":2}\nsomething new',
      'it has version 2, but this relay reads version 1',
    ],
    ['without a last line', firstLine(), truncated],
    ['without its last line', firstLine() + roomLine(room as unknown as SavedRoom), truncated],
    [
      'short of a room',
      firstLine() + roomLine(room as unknown as SavedRoom) + lastLine(2, true),
      truncated,
    ],
    ['with more behind it', `${written(room)}x`, truncated],
    ['twice in one file', written(room) + written(room), truncated],
    ['with a line that is no JSON', `${firstLine()}{\n${lastLine(1, true)}`, 'line 2 is damaged'],
    ['with an empty line', `${firstLine()}\n${lastLine(1, true)}`, 'line 2 is damaged'],
    ['with an empty line inside', `${firstLine()}\n${lastLine(1, true)}`, 'line 2 is damaged'],
    ['with a line that is no object', `${firstLine()}7\n${lastLine(1, true)}`, 'line 2 is damaged'],
  ])('%s', (_, state, reason) => {
    expect(refusal(state)).toBe(reason);
  });
});

describe('a room is damaged', () => {
  const seat = { id: 3, key: HASH, away: false };

  test.each<[string, object]>([
    ['no code', { code: undefined }],
    ['a code that is none', { code: 'AB1D' }],
    ['a list as its code', { code: ['BCDF'] }],
    ['a code that cannot be printed', { code: { toString: 1 } }],
    ['no name', { name: null }],
    ['a name that is too long', { name: 'x'.repeat(1025) }],
    ['a name that has no UTF-8', { name: '\ud800' }],
    ['no room for anybody', { maxPlayers: 0 }],
    ['a fraction of players', { maxPlayers: 1.5 }],
    ['more players than can be counted', { maxPlayers: 1e300 }],
    ['nothing certain about its start', { started: 1 }],
    ['no time to wait', { hold: 0 }],
    ['less than no time to wait', { hold: -1 }],
    ['a time that is text', { hold: '60' }],
    ['no token', { resume: null }],
    ['a token that is no hash', { resume: 'x'.repeat(42) }],
    ['a last id that is none', { lastId: 'seven' }],
    ['no last id', { lastId: undefined }],
    ['a last id of 0', { lastId: 0 }],
    ['a last id behind which there is none', { lastId: Number.MAX_SAFE_INTEGER }],
    ['a last id of more than four bytes', { lastId: 2 ** 32 }],
    ['seats but no last id', { lastId: null }],
    ['an id above the last', { lastId: 2, seats: [seat] }],
    ['no list of seats', { seats: { 0: seat, length: 1 } }],
    ['nothing as a seat', { seats: [null] }],
    ['text as a seat', { seats: ['seat'] }],
    ['an id of 0', { seats: [{ ...seat, id: 0 }] }],
    ['a connection 0', { seats: [{ ...seat, connection: 0 }] }],
    ['a connection that is half one', { seats: [{ ...seat, connection: 1.5 }] }],
    ['more connections than a seat has', { seats: [{ ...seat, connection: 2 ** 31 }] }],
    ['an id that is text', { seats: [{ ...seat, id: '3' }] }],
    ['a seat without a key', { seats: [{ id: 3, away: true }] }],
    ['a key that is no hash', { seats: [{ ...seat, key: '__proto__' }] }],
    ['nobody knows whether away', { seats: [{ id: 3, key: HASH }] }],
    ['two with one id', { seats: [seat, { ...seat, key: null }] }],
    ['two with one key', { seats: [seat, { ...seat, id: 4 }] }],
    ['somebody in a seat who was kicked', { seats: [seat], banned: [HASH] }],
    ['a kicked one that is no hash', { banned: [1] }],
    ['no list of kicked ones', { banned: null }],
    ['features that are no object', { features: 'about' }],
    ['a feature that is neither on nor missing', { features: { about: 1 } }],
    ['somebody who asks in a room that all can join', { asking: [1] }],
    ['nobody who asks', { features: { ask: true }, asking: [] }],
    ['somebody who asks and has a seat', { features: { ask: true }, asking: [3] }],
    ['somebody who asks twice', { features: { ask: true }, asking: [1, 1] }],
    ['somebody who asks with a later id', { features: { ask: true }, asking: [8] }],
    ['somebody who asks without an id', { features: { ask: true }, asking: ['1'] }],
    ['more who ask than may', { features: { ask: true }, asking: Array(17).fill(1) }],
    ['a time between measurements that is too short', { features: { times: 0.5 } }],
    ['a time between measurements that is text', { features: { times: '10' } }],
    ['a code that is a text', { features: { code: 'FUNX' } }],
    ['a password that is no hash', { features: { password: 'sesame' } }],
    ['a list without a name', { features: { list: '' } }],
    ['a text in a list that is too long', { features: { list: 'a', listing: 'x'.repeat(1025) } }],
    ['an audience of nobody', { features: { audience: 0 } }],
    ['an audience that is no number', { features: { audience: true } }],
    ['a poll without choices', { poll: [] }],
    ['a poll with equal choices', { poll: ['A', 'A'] }],
    ['a poll that is no list', { poll: 'A' }],
    ['a text about a player that is too long', { seats: [{ ...seat, about: 'x'.repeat(1025) }] }],
    ['a banned address that is no hash', { bannedAddresses: ['192.0.2.1'] }],
    ['a banned address twice', { bannedAddresses: [HASH, HASH] }],
    ['banned addresses that are no list', { bannedAddresses: null }],
    [
      'too many banned addresses',
      { bannedAddresses: Array.from({ length: 257 }, (_, i) => `${i}`.padStart(43, '-')) },
    ],
    ['values that are no list', { values: {} }],
    ['a value that is nothing', { values: [null] }],
    ['a value without a key', { values: [{ version: 1, text: '' }] }],
    ['a value with a long key', { values: [{ key: 'k'.repeat(33), version: 1, text: '' }] }],
    ['a value with a key that has no UTF-8', { values: [{ key: '\ud800', version: 1, text: '' }] }],
    ['a value without a version', { values: [{ key: 'k', text: '' }] }],
    ['a value without content', { values: [{ key: 'k', version: 1 }] }],
    ['a value that is text and bytes', { values: [{ key: 'k', version: 1, text: '', bytes: '' }] }],
    ['a value that has no UTF-8', { values: [{ key: 'k', version: 1, text: '\ud800' }] }],
    ['a value that is no base64', { values: [{ key: 'k', version: 1, bytes: 'AP8' }] }],
    ['a value in base64url', { values: [{ key: 'k', version: 1, bytes: '_-8=' }] }],
    ['a value for another time', { values: [{ key: 'k', later: 1, version: 1, text: '' }] }],
    ['a value for nobody', { values: [{ key: 'k', player: 4, version: 1, text: '' }] }],
    ['a value for something else', { values: [{ key: 'k', player: '3', version: 1, text: '' }] }],
    [
      'values in another order',
      { values: [2, 1].map((version) => ({ key: `${version}`, version, text: '' })) },
    ],
    ['a key twice', { values: [1, 2].map((version) => ({ key: 'k', version, text: '' })) }],
    [
      'too many values',
      { values: Array.from({ length: 65 }, (_, i) => ({ key: `${i}`, version: i + 1, text: '' })) },
    ],
    ['a seat that has seen half a value', { seats: [{ ...seat, away: true, seen: 0.5 }] }],
    ['a connected seat that has seen values', { seats: [{ ...seat, seen: 1 }] }],
    ['a number about a player', { seats: [{ ...seat, about: 1 }] }],
  ])('with %s', (_, fields) => {
    expect(refusal(written({ ...room, ...fields }))).toBe('line 2 is damaged');
  });

  test('with the code of another one', () => {
    expect(refusal(written(room, { ...room, code: 'bcdf' }))).toBe('line 3 is damaged');
  });
});
