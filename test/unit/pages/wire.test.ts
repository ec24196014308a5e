import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Game, newGame } from '../../../src/pages/sketch/game.js';
import {
  COLOURS,
  decodeInk,
  encodeInk,
  type Ink,
  Sheet,
  splitStroke,
  WIDTHS,
} from '../../../src/pages/sketch/ink.js';
import { viewFor, viewForStranger } from '../../../src/pages/sketch/phone/view.js';
import { enter } from '../../../src/pages/sketch/players.js';
import { secretOf } from '../../../src/pages/sketch/screen/secret-of.js';
import { shareGame } from '../../../src/pages/sketch/shared-game.js';
import { choose, finish, guess, start } from '../../../src/pages/sketch/turns.js';
import {
  decodeFromPhone,
  decodeFromScreen,
  encode,
  MAX_GUESS,
  MAX_NAME,
  readName,
} from '../../../src/pages/sketch/wire.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

describe('ink', () => {
  test.each<[Ink, string]>([
    [{ is: 'stroke', colour: 3, width: 1, points: [0, 65_535] }, '0103010000ffff'],
    [{ is: 'more', points: [1, 2, 256, 3] }, '020001000201000003'],
    [{ is: 'undo' }, '03'],
    [{ is: 'clear' }, '04'],
  ])('%j', (ink, bytes) => {
    expect(hex(encodeInk(ink))).toBe(bytes);
    expect(decodeInk(fromHex(bytes))).toEqual(ink);
  });

  test.each([
    ['nothing', ''],
    ['an unknown kind', '05'],
    ['a stroke without a point', '010000'],
    ['half a point', '01000000010002 00'.replace(' ', '')],
    ['an unknown colour', `01${COLOURS.length.toString(16).padStart(2, '0')}0000000000`],
    ['an unknown width', `0100${WIDTHS.length.toString(16).padStart(2, '0')}00000000`],
    ['an undo with something behind it', '0300'],
    ['more points than a frame has', `02${'00000000'.repeat(1_025)}`],
  ])('%s is refused', (_what, bytes) => {
    expect(decodeInk(fromHex(bytes))).toBeUndefined();
  });

  test('any bytes are ink or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const ink = decodeInk(bytes);
        if (ink !== undefined) expect(encodeInk(ink)).toEqual(bytes);
      }),
    );
  });

  test('a sheet stores strokes, and undoes them', () => {
    const sheet = new Sheet();
    sheet.apply({ is: 'more', points: [9, 9] });
    expect(sheet.strokes).toEqual([]);
    sheet.apply({ is: 'stroke', colour: 0, width: 0, points: [1, 1] });
    sheet.apply({ is: 'more', points: [2, 2] });
    sheet.apply({ is: 'stroke', colour: 1, width: 2, points: [3, 3] });
    expect(sheet.strokes).toEqual([
      { colour: 0, width: 0, points: [1, 1, 2, 2] },
      { colour: 1, width: 2, points: [3, 3] },
    ]);
    sheet.apply({ is: 'undo' });
    expect(sheet.strokes).toHaveLength(1);
    sheet.apply({ is: 'clear' });
    sheet.apply({ is: 'undo' });
    expect(sheet.strokes).toEqual([]);
  });

  test('a sheet is limited, and undoing frees space', () => {
    const sheet = new Sheet();
    const points = Array.from({ length: 2_000 }, () => 7);
    const fill = (): void => sheet.apply({ is: 'stroke', colour: 0, width: 0, points });
    for (let count = 0; count < 40; count++) fill();
    expect(sheet.strokes).toHaveLength(30);
    sheet.apply({ is: 'undo' });
    fill();
    fill();
    expect(sheet.strokes).toHaveLength(30);
  });

  test('a long stroke is sent in parts and joined again', () => {
    const points = Array.from({ length: 5_000 }, (_, index) => index);
    const sheet = new Sheet();
    for (const part of splitStroke({ colour: 2, width: 1, points })) {
      const ink = decodeInk(encodeInk(part));
      if (ink === undefined) throw new Error('refused');
      sheet.apply(ink);
    }
    expect(sheet.strokes).toEqual([{ colour: 2, width: 1, points }]);
  });
});

describe('messages from a phone', () => {
  test.each([
    [{ is: 'choose', index: 2 }],
    [{ is: 'guess', text: 'a cat' }],
    [{ is: 'vote', turn: 3 }],
  ] as const)('%j', (message) => {
    expect(decodeFromPhone(encode(message))).toEqual(message);
  });

  test.each([
    'no JSON',
    'null',
    '7',
    '[]',
    '{}',
    '{"is":"hello","name":"Ada"}',
    '{"is":"guess","text":7}',
    '{"is":"guess","text":"  "}',
    '{"is":"guess","text":"\\u202e\\u0000"}',
    '{"is":"choose","index":"0"}',
    '{"is":"choose","index":0.5}',
    '{"is":"guess","text":["cat"]}',
    '{"is":"vote","turn":"1"}',
    '{"is":"view","view":{}}',
    '{"is":"__proto__"}',
    `{"is":"guess","text":"cat","more":"${'x'.repeat(1_000)}"}`,
  ])('%s is refused', (text) => {
    expect(decodeFromPhone(text)).toBeUndefined();
  });

  test('names and guesses are truncated and cleaned', () => {
    const name = ` \u202eA\u0007d\n\ta${'x'.repeat(99)}`;
    expect(readName({ name })).toBe(`A d a${'x'.repeat(MAX_NAME - 5)}`);
    const text = decodeFromPhone(encode({ is: 'guess', text: '🐱'.repeat(99) }));
    expect(text).toEqual({ is: 'guess', text: '🐱'.repeat(MAX_GUESS) });
  });

  test.each([
    ['👩‍👩‍👧‍👦 home', '👩‍👩‍👧‍👦 home'],
    ['می‌خواهم', 'می‌خواهم'],
    ['🏴󠁧󠁢󠁳󠁣󠁴󠁿 Jo', '🏴󠁧󠁢󠁳󠁣󠁴󠁿 Jo'],
    ['דנה', 'דנה'],
    ['❤️', '❤️'],
    ['👩‍👩‍👧‍👦'.repeat(4), '👩‍👩‍👧‍👦'.repeat(4)],
    [`abcdefghijklm🇩🇪n`, 'abcdefghijklm🇩🇪'],
    [`a${'\u0301'.repeat(900)}b`, ''],
    ['\u200d\u200c\u200b', ''],
    ['\u00ad\ufeff', ''],
    ['\u0301', ''],
    ['\u3164\u2800', ''],
    ['\u202e\u200dA\u2066', '\u200dA'],
  ])('the name %s is %s', (name, expected) => {
    expect(readName({ name })).toBe(expected);
  });

  test('any text is a message or refused', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, text) => {
        for (const each of [json, text]) decodeFromPhone(each);
      }),
    );
  });
});

test('a phone accepts messages from its screen only', () => {
  expect(decodeFromScreen('{"is":"sheet"}')).toEqual({ is: 'sheet' });
  expect(decodeFromScreen('{"is":"secret","turn":1,"word":"x"}')).toMatchObject({ word: 'x' });
  for (const text of ['', 'null', '{"is":"again"}', '{"is":"toString"}']) {
    expect(decodeFromScreen(text)).toBeUndefined();
  }
});

describe('messages to phones', () => {
  const NOW = 1_000;
  const word = 'xylophone';
  let game: Game = ['Ada', 'Ben', 'Cleo'].reduce(
    (before, name, index) => enter(before, index + 1, name),
    newGame(),
  );
  game = start(game, 1, NOW);
  game = { ...game, phase: { ...game.phase, words: [word, 'b', 'c'] } } as Game;
  const sharedBy = (of: Game) => shareGame(of, NOW, NOW);
  const viewOf = (of: Game, id: number) => {
    const secret = secretOf(of);
    return viewFor(sharedBy(of), id, secret?.drawer === id ? secret.message : undefined);
  };
  const told = (id: number): string => JSON.stringify(viewOf(game, id));

  test('the word is sent only to the drawer before the end', () => {
    expect(told(1)).toContain(word);
    for (const id of [2, 3]) expect(told(id)).not.toContain(word);
    expect(JSON.stringify(sharedBy(game))).not.toContain(word);
    game = choose(game, 1, 0, NOW);
    expect(told(1)).toContain(word);
    for (const id of [2, 3]) expect(told(id)).not.toContain(word);
    game = guess(game, 2, word, NOW).game;
    for (const id of [2, 3]) expect(told(id)).not.toContain(word);
    expect(JSON.stringify(sharedBy(game))).not.toContain(word);
    game = guess(game, 3, word, NOW).game;
    for (const id of [1, 2, 3]) expect(told(id)).toContain(word);
  });

  test('nobody wins a game in which nobody has guessed', () => {
    const drawing = choose(start({ ...game, phase: { is: 'lobby' } }, 1, NOW), 1, 0, NOW);
    if (drawing.phase.is !== 'drawing') throw new Error('nobody draws');
    const guessed = guess(drawing, 2, drawing.phase.word, NOW).game;
    const podium = (over: Game) => viewOf(finish(over, NOW), 3)?.scene;
    expect(podium(drawing)).toEqual({ is: 'podium', winners: [], best: [] });
    expect(podium(guessed)).toEqual({ is: 'podium', winners: ['Ben'], best: [] });
  });

  test('players without a name get nothing', () => {
    expect(viewOf(game, 4)).toBeUndefined();
    expect(viewFor(sharedBy(game), undefined, undefined)).toBeUndefined();
  });

  test('a drawer whose page is new, and a phone that the screen does not know, are told so', () => {
    const choosing = start({ ...game, phase: { is: 'lobby' } }, 1, NOW);
    const drawing = choose(choosing, 1, 0, NOW);
    for (const each of [choosing, drawing]) {
      expect(viewFor(sharedBy(each), 1, undefined)?.scene).toEqual({ is: 'awaitingSecret' });
      // A secret of another turn is none.
      const old = { is: 'secret', turn: 0, words: ['x'], word: 'x' } as const;
      expect(viewFor(sharedBy(each), 1, old)?.scene).toEqual({ is: 'awaitingSecret' });
      const { name, scene } = viewForStranger(sharedBy(each), 'Dan');
      expect([name, scene]).toEqual(['Dan', { is: 'unknown', drawer: 'Ada' }]);
    }
  });
});
