import { describe, expect, test } from 'vitest';
import {
  checkGame,
  readParty,
  readRequest,
} from '../../../../src/protocol/bevygap/read-request.js';

const read = (message: string | object) =>
  readRequest(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));

test('a request has a game and a version', () => {
  expect(read({ game: 'bevygap-spaceships', version: '1', client_ip: null })).toEqual({
    game: 'bevygap-spaceships',
    version: '1',
    party: undefined,
  });
});

test.each([
  { client_ip: null },
  { client_ip: '192.0.2.1' },
  { client_ip: { nonsense: [] } },
  { room: { mode: 'auto' }, player_limit: 4 },
  { room: { mode: 'code', value: 'ABCD' }, x: 1 },
  { party: null },
])('other keys are ignored: %j (4)', (more) => {
  expect(read({ game: 'g', version: 'v0.0.1', ...more })).toEqual({
    game: 'g',
    version: 'v0.0.1',
    party: undefined,
  });
});

const NOT_REQUEST = /^expected a text message with a JSON object/;

test.each([
  ['{', NOT_REQUEST],
  ['', NOT_REQUEST],
  ['[]', NOT_REQUEST],
  ['null', NOT_REQUEST],
  ['"game"', NOT_REQUEST],
  ['{"game":"g"}', NOT_REQUEST],
  ['{"version":"1"}', NOT_REQUEST],
  ['{"game":1,"version":"1"}', NOT_REQUEST],
  ['{"game":"g","version":null}', NOT_REQUEST],
])('%s is no request (5)', (message, words) => {
  expect(() => read(message)).toThrow(words);
});

const LONG = 'x'.repeat(31);

describe('names (5)', () => {
  test.each([
    ['a b', '1', 'Game name invalid'],
    ['', '1', 'Game name invalid'],
    ['a.b', '1', 'Game name invalid'],
    ['a\n', '1', 'Game name invalid'],
    ['é', '1', 'Game name invalid'],
    ['>', '*', 'Game name invalid'],
    [`${LONG}.`, '1', 'Game name invalid'],
    [LONG, '*', 'Game name too long (max 30 chars)'],
    ['g', '', 'Game version invalid'],
    ['g', '1 0', 'Game version invalid'],
    ['g', '1/0', 'Game version invalid'],
    ['g', LONG, 'Game version too long (max 30 chars)'],
  ])('%j, version %j', (game, version, words) => {
    expect(() => checkGame({ game, version })).toThrow(words);
    expect(() => read({ game, version })).toThrow(words);
  });

  test.each([
    ['a', '1'],
    ['A-z_0', 'v1.0.0-rc_1'],
    [LONG.slice(1), LONG.slice(1)],
  ])('%j, version %j', (game, version) => {
    expect(() => checkGame({ game, version })).not.toThrow();
  });
});

const TICKET = 'a_ticket-0';

test('a party has a ticket and a size', () => {
  const party = { ticket: TICKET, size: 3 };
  expect(read({ game: 'g', version: '1', party })).toMatchObject({ party });
});

test.each([
  [TICKET, 1],
  [TICKET, 1001],
  [TICKET, 2.5],
  [TICKET, '2'],
  [TICKET, Number.NaN],
  ['short', 2],
  ['x'.repeat(65), 2],
  ['with space', 2],
  [undefined, 2],
  [TICKET, undefined],
  [null, null],
])('%j for %j players is no party', (ticket, size) => {
  expect(() => readParty(ticket, size)).toThrow('expected a party with a ticket of 8 to 64');
  const party = { ticket, size };
  expect(() => read({ game: 'g', version: '1', party })).toThrow('expected a party');
});

test.each([[[]], ['x'], [5], [false]])('%j is not a party', (party) => {
  expect(() => read({ game: 'g', version: '1', party })).toThrow('expected a party');
});
