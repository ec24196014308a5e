import { describe, expect, it } from 'vitest';
import { Payload } from '../../../../src/protocol/payload.js';
import { MAX_NAME_BYTES } from '../../../../src/protocol/room-name.js';
import { COMMANDS } from '../../../../src/protocol/wmbp/commands.js';
import { EVENTS } from '../../../../src/protocol/wmbp/events.js';
import {
  type Fields,
  noFields,
  UNUSABLE,
  type Value,
} from '../../../../src/protocol/wmbp/fields.js';
import { toCommand } from '../../../../src/protocol/wmbp/read-command.js';
import { refusal } from '../../../support/hex.js';

const read = (fields: Partial<Fields>) => toCommand({ ...noFields(), ...fields });
const refused = (fields: Partial<Fields>) => refusal(() => read(fields));

/** The value of a field, and its name in the reason. */
type Misfit = [value: Value, called: string];
type NamedMisfit = [name: string, ...Misfit];

const bytes = new Payload(Buffer.of(1, 2), false);
const text = new Payload(Buffer.from('hello'), true);

describe('cmd', () => {
  it.each(['start', 'open', 'stop'])('"%s" needs no other field', (cmd) => {
    expect(read({ cmd })).toEqual({ cmd });
  });

  it('"start" has no other fields, even if the frame had some', () => {
    expect(read({ cmd: 'start', name: 'Quiz', to: [], player: 1, data: bytes })).toEqual({
      cmd: 'start',
    });
  });

  it.each(EVENTS)('"%s" is an event, which only the relay sends', (cmd) => {
    expect(refused({ cmd })).toEqual({
      code: 'wrong_direction',
      reason: `cmd: "${cmd}" is sent by the relay, not to it`,
    });
  });

  it.each(['', 'Start', 'start ', 'join', 'send', 'toString', '__proto__'])(
    '"%s" is unknown, and the reason lists what is known',
    (cmd) => {
      expect(refused({ cmd })).toEqual({
        code: 'unknown_command',
        reason: `cmd: expected one of ${COMMANDS.join(', ')}`,
      });
    },
  );

  it.each<NamedMisfit>([
    ['missing', undefined, 'nothing'],
    ['null', null, 'null'],
    ['a number', 1, '1'],
    ['a boolean', true, 'a boolean'],
    ['something else', UNUSABLE, 'something else'],
  ])('that is %s is not a command', (_, cmd, got) => {
    expect(refused({ cmd })).toEqual({
      code: 'unknown_command',
      reason: `cmd: expected text, got ${got}`,
    });
  });
});

describe('prepare', () => {
  const prepare = { cmd: 'prepare', max_players: 8 };

  it('requires only max_players', () => {
    expect(read(prepare)).toEqual({ cmd: 'prepare', maxPlayers: 8, name: '' });
  });

  it.each([1, 2.0, 65_536, 2 ** 53])(
    'takes %d for max_players, clamping nothing',
    (max_players) => {
      expect(read({ ...prepare, max_players })).toMatchObject({ maxPlayers: max_players });
    },
  );

  it.each<Misfit>([
    [0, '0'],
    [-1, '-1'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['8', 'text'],
    [true, 'a boolean'],
    [null, 'null'],
    [undefined, 'nothing'],
    [UNUSABLE, 'something else'],
  ])('refuses %s as max_players', (max_players, got) => {
    expect(refused({ ...prepare, max_players })).toEqual({
      code: 'bad_field',
      reason: `max_players: expected an integer of at least 1, got ${got}`,
    });
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['empty', ''],
  ])('treats a name that is %s as no name', (_, name) => {
    expect(read({ ...prepare, name })).toMatchObject({ name: '' });
  });

  it.each(['Quiz', ' Quiz\n', 'Größe 🎉', '\0', '<script>'])(
    'keeps the name %j as it is',
    (name) => {
      expect(read({ ...prepare, name })).toMatchObject({ name });
    },
  );

  it.each<Misfit>([
    [0, '0'],
    [false, 'a boolean'],
    [UNUSABLE, 'something else'],
  ])('refuses %s as a name', (name, got) => {
    expect(refused({ ...prepare, name })).toEqual({
      code: 'bad_field',
      reason: `name: expected text, got ${got}`,
    });
  });

  it.each([0, 1, 0.5, 5e-324, 86_400, 2 ** 53, 1e300, Number.POSITIVE_INFINITY])(
    'takes %d seconds to hold, clamping nothing',
    (hold) => {
      expect(read({ ...prepare, hold })).toMatchObject({ hold });
    },
  );

  it.each([
    ['missing', undefined],
    ['null', null],
  ])('requests no reconnect window if hold is %s', (_, hold) => {
    expect(read({ ...prepare, hold })).not.toHaveProperty('hold');
  });

  it.each<Misfit>([
    [-1, '-1'],
    [-5e-324, '-5e-324'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    ['60', 'text'],
    [true, 'a boolean'],
    [UNUSABLE, 'something else'],
  ])('refuses %s as hold', (hold, got) => {
    expect(refused({ ...prepare, hold })).toEqual({
      code: 'bad_field',
      reason: `hold: expected seconds, a number of at least 0, got ${got}`,
    });
  });

  it.each([
    [{ about: true }, { about: true }],
    [{ with: true }, {}],
    [{ with: true, about: false }, {}],
    [{ about: null, with: false }, undefined],
    [{ password: 'sesame' }, { password: 'sesame' }],
    [{ password: null }, undefined],
    [{ ask: true }, { ask: true }],
    [{ code: '' }, { code: '' }],
    [{ code: null }, undefined],
    [{ times: 0.5 }, { times: 0.5 }],
    [{ times: 0 }, undefined],
    [{ times: null }, undefined],
  ])('requests features by %o', (fields, features) => {
    expect(read({ ...prepare, ...fields })).toEqual({
      ...read(prepare),
      ...(features && { features }),
    });
  });

  it.each<Misfit>([
    [1, '1'],
    ['yes', 'text'],
    [UNUSABLE, 'something else'],
  ])('refuses %s as a feature that is on or off', (about, got) => {
    expect(refused({ ...prepare, about })).toEqual({
      code: 'bad_field',
      reason: `about: expected true or false, got ${got}`,
    });
  });

  it.each<Misfit>([
    ['', 'text'],
    ['é'.repeat(129), 'text'],
    [1234, '1234'],
  ])('refuses %s as a password', (password, got) => {
    expect(refused({ ...prepare, password })).toEqual({
      code: 'bad_field',
      reason: `password: expected text of 1 to 256 bytes, got ${got}`,
    });
  });

  it.each<Misfit>([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    ['10', 'text'],
  ])('refuses %s as the time between measurements', (times, got) => {
    expect(refused({ ...prepare, times })).toEqual({
      code: 'bad_field',
      reason: `times: expected seconds, a number of at least 0, got ${got}`,
    });
  });

  it('refuses a code that is not text', () => {
    expect(refused({ ...prepare, code: 1234 })).toEqual({
      code: 'bad_field',
      reason: 'code: expected text, got 1234',
    });
  });

  it('measures the name in bytes of UTF-8', () => {
    expect(MAX_NAME_BYTES).toBe(1024);
    for (const longest of ['x'.repeat(1024), 'ü'.repeat(512), '🎉'.repeat(256)]) {
      expect(read({ ...prepare, name: longest })).toMatchObject({ name: longest });
      expect(refused({ ...prepare, name: `${longest}x` })).toEqual({
        code: 'bad_field',
        reason: 'name: expected at most 1024 bytes',
      });
    }
  });
});

describe('kick', () => {
  it.each([1, 0, -1, 4_000_000_000, 2 ** 53])('accepts any integer, such as %d', (player) => {
    expect(read({ cmd: 'kick', player })).toEqual({ cmd: 'kick', player });
  });

  it.each<Misfit>([
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    ['1', 'text'],
    [true, 'a boolean'],
    [null, 'null'],
    [undefined, 'nothing'],
    [UNUSABLE, 'something else'],
  ])('refuses %s', (player, got) => {
    expect(refused({ cmd: 'kick', player })).toEqual({
      code: 'bad_field',
      reason: `player: expected a player id, got ${got}`,
    });
  });
});

describe.each([
  { cmd: 'to', data: bytes },
  { cmd: 'to_str', data: text },
])('$cmd', ({ cmd, data }) => {
  it('sends its payload unchanged to the listed players', () => {
    const command = read({ cmd, to: [1, 2], data });
    expect(command).toEqual({ cmd: 'send', to: [1, 2], payload: data });
    expect(command).toHaveProperty('payload', data);
  });

  it('treats an empty list as all players', () => {
    expect(read({ cmd, to: [], data })).toMatchObject({ to: 'everybody' });
  });

  it.each<NamedMisfit>([
    ['is missing', undefined, 'nothing'],
    ['is null', null, 'null'],
    ['is a number', 1, '1'],
    ['is text', '', 'text'],
    ['is a boolean', false, 'a boolean'],
    ['is something else', UNUSABLE, 'something else'],
  ])('never treats `to` as all players if it %s', (_, to, got) => {
    expect(refused({ cmd, to, data })).toEqual({
      code: 'bad_field',
      reason: `to: expected a list of player ids, got ${got}`,
    });
  });

  it.each<[string, Value[]]>([
    ['undefined', [undefined]],
    ['null', [null]],
    ['a fraction', [1.5]],
    ['NaN', [Number.NaN]],
    ['something else', [UNUSABLE]],
    ['many things', [undefined, null, 1.5, true, UNUSABLE]],
  ])('treats a list of only %s as nobody', (_, to) => {
    expect(read({ cmd, to, data })).toMatchObject({ to: [] });
  });

  it('skips values that are not integers, and keeps the order of the others', () => {
    const to: Value[] = [3, undefined, 1, null, 2.5, 2, 1, UNUSABLE, -1];
    expect(read({ cmd, to, data })).toMatchObject({ to: [3, 1, 2, 1, -1] });
  });

  it('refuses text among ids rather than skipping it', () => {
    expect(refused({ cmd, to: [1, '2', null, 'x'.repeat(50)], data })).toEqual({
      code: 'bad_field',
      reason: `to: expected numbers as ids, got "2", "${'x'.repeat(20)}"`,
    });
  });

  it('reads 65,536 ids and refuses one more', () => {
    const ids = new Array<number>(65_536).fill(7);
    expect(read({ cmd, to: ids, data })).toMatchObject({ to: ids });
    expect(refused({ cmd, to: [...ids, 7], data })).toEqual({
      code: 'bad_field',
      reason: 'to: expected at most 65536 ids',
    });
  });

  it('also counts skipped values', () => {
    const nothings = new Array<undefined>(65_537).fill(undefined);
    expect(refused({ cmd, to: nothings, data }).code).toBe('bad_field');
  });

  it.each<[string, Value]>([
    ['nothing', undefined],
    ['null', null],
    ['1', 1],
    ['a boolean', true],
    ['something else', UNUSABLE],
  ])('refuses %s as its data', (got, unusable) => {
    const { code, reason } = refused({ cmd, to: [], data: unusable });
    expect(code).toBe('bad_field');
    expect(reason).toMatch(/^data: expected /);
    expect(reason).toMatch(new RegExp(`, got ${got}$`));
  });
});

describe('data', () => {
  it('of "to" must not be text', () => {
    expect(refused({ cmd: 'to', to: [1], data: text })).toEqual({
      code: 'bad_field',
      reason: 'data: expected a byte string or a list of integers 0 to 255, got text',
    });
  });

  it('of "to_str" must not be bytes', () => {
    expect(refused({ cmd: 'to_str', to: [1], data: bytes })).toEqual({
      code: 'bad_field',
      reason: 'data: expected text, got bytes',
    });
  });

  it('of "to_str" must be UTF-8, but of "to" may be anything', () => {
    const notUtf8 = Buffer.of(0x61, 0xff);
    expect(refused({ cmd: 'to_str', to: [], data: new Payload(notUtf8, true) })).toEqual({
      code: 'bad_field',
      reason: 'data: expected valid UTF-8',
    });
    const payload = new Payload(notUtf8, false);
    expect(read({ cmd: 'to', to: [], data: payload })).toMatchObject({ payload });
  });

  it('may be empty', () => {
    const noBytes = new Payload(Buffer.alloc(0), false);
    const noText = new Payload(Buffer.alloc(0), true);
    expect(read({ cmd: 'to', to: [], data: noBytes })).toMatchObject({ payload: noBytes });
    expect(read({ cmd: 'to_str', to: [], data: noText })).toMatchObject({ payload: noText });
  });
});

describe.each(['to', 'to_str'])('"%s" with keep', (cmd) => {
  const data = cmd === 'to' ? bytes : text;

  it('is a value for everybody or for one player', () => {
    const command = { cmd: 'keep', to: 'everybody', key: 'phase', payload: data };
    expect(read({ cmd, to: [], data, keep: 'phase' })).toEqual(command);
    expect(read({ cmd, to: [7], data, keep: 'phase' })).toEqual({ ...command, to: 7 });
    expect(read({ cmd, to: [7, null], data, keep: 'phase' })).toEqual({ ...command, to: 7 });
  });

  it.each([[undefined], [null]])('forgets the value if data is %s', (data) => {
    expect(read({ cmd, to: [], data, keep: 'phase' })).toMatchObject({ payload: undefined });
  });

  it.each<[readonly Value[]]>([[[1, 2]], [[1, 1]], [[null]], [[1.5]]])('refuses %o as to', (to) => {
    expect(refused({ cmd, to, data, keep: 'phase' })).toEqual({
      code: 'bad_field',
      reason: 'to: expected no id or one id, because of keep',
    });
  });

  it('reads that nobody gets the value now', () => {
    const keep = (later: boolean | null | undefined) =>
      read({ cmd, to: [], data, keep: 'k', later });
    expect(keep(true)).toMatchObject({ later: true });
    for (const no of [false, null, undefined]) expect(keep(no)).not.toHaveProperty('later');
    expect(refused({ cmd, to: [], data, keep: 'k', later: 'x' }).reason).toBe(
      'later: expected true or false, got text',
    );
    expect(read({ cmd, to: [], data, later: true })).toMatchObject({ cmd: 'send' });
  });

  it.each(['k', 'k'.repeat(32), '🎉'.repeat(32), ' ', '\0'])('accepts %o as a key', (keep) => {
    expect(read({ cmd, to: [], data, keep })).toMatchObject({ key: keep });
  });

  it.each(['', 'k'.repeat(33), '🎉'.repeat(33), 'k'.repeat(10_000)])('refuses %o', (keep) => {
    expect(refused({ cmd, to: [], data, keep })).toEqual({
      code: 'bad_field',
      reason: 'keep: expected 1 to 32 characters',
    });
  });

  it.each<Misfit>([
    [1, '1'],
    [true, 'a boolean'],
    [UNUSABLE, 'something else'],
  ])('refuses %s as a key', (keep, got) => {
    expect(refused({ cmd, to: [], data, keep })).toEqual({
      code: 'bad_field',
      reason: `keep: expected text of 1 to 32 characters, got ${got}`,
    });
  });

  it('refuses a value that is no content, and except', () => {
    expect(refused({ cmd, to: [], data: 7, keep: 'k' }).reason).toMatch(/^data: .+, got 7$/);
    expect(refused({ cmd, to: [], data, keep: 'k', except: [] }).reason).toBe(
      'except: expected only without keep',
    );
  });
});

describe.each(['to', 'to_str'])('"%s" with except', (cmd) => {
  const data = cmd === 'to' ? bytes : text;

  it('goes to all players but some, and skips what is no id', () => {
    const except: Value[] = [3, undefined, 1, null, 2.5, UNUSABLE];
    const command = { cmd: 'sendExcept', except: [3, 1], payload: data };
    expect(read({ cmd, to: [], except, data })).toEqual(command);
    expect(read({ cmd, to: [], except: [], data })).toMatchObject({ except: [] });
  });

  it.each([[undefined], [null]])('is any other message if except is %s', (except) => {
    const command = { cmd: 'send', to: 'everybody', payload: data };
    expect(read({ cmd, to: [], except, keep: null, data })).toEqual(command);
  });

  it.each<[string, Partial<Fields>, string]>([
    ['text as an id', { except: ['1'] }, 'except: expected numbers as ids, got "1"'],
    ['no list', { except: 1 }, 'except: expected a list of player ids, got 1'],
    ['receivers', { to: [1], except: [2] }, 'except: expected only with an empty to'],
    [
      'receivers who are none',
      { to: [null], except: [] },
      'except: expected only with an empty to',
    ],
    ['too many', { except: Array(65_537).fill(1) }, 'except: expected at most 65536 ids'],
    ['no data', { except: [1], data: undefined }, ''],
  ])('refuses %s', (_, fields, reason) => {
    const refusal = refused({ cmd, to: [], data, ...fields });
    expect(refusal).toMatchObject({ code: 'bad_field' });
    expect(refusal.reason).toContain(reason);
  });
});

describe('an audience', () => {
  it('is requested in prepare', () => {
    const command = { cmd: 'prepare', maxPlayers: 1, name: '' };
    const features = { audience: 10_000 };
    const read10k = read({ cmd: 'prepare', max_players: 1, audience: 10_000 });
    expect(read10k).toEqual({ ...command, features });
  });

  it.each(['to', 'to_str'])('is named in "%s"', (cmd) => {
    const data = cmd === 'to' ? bytes : text;
    const send = { cmd, to: [], data };
    const message = { to: 'everybody', payload: data };
    const sent = (audience: string) => ({ cmd: 'sendToAudience', ...message, audience });
    expect(read({ ...send, audience: true })).toEqual(sent('too'));
    expect(read({ ...send, audience: 'only' })).toEqual(sent('only'));
    expect(read({ ...send, to: [7], audience: true })).toEqual({ ...sent('too'), to: [7] });
    for (const audience of [false, null]) {
      expect(read({ ...send, audience })).toEqual({ cmd: 'send', ...message });
    }
    expect(read({ ...send, except: [1], audience: true })).toMatchObject({ audience: 'too' });
    expect(read({ ...send, keep: 'k', audience: 'only' })).toMatchObject({ audience: 'only' });
    expect(refused({ ...send, to: [7], keep: 'k', audience: true }).reason).toBe(
      'to: expected no id, because of keep and audience',
    );
  });
});

describe('"kick"', () => {
  const kick = { cmd: 'kick', player: 7 };

  it('may have a reason and may ban', () => {
    const longest = { ...kick, reason: 'é'.repeat(50) };
    expect(read(longest)).toEqual(longest);
    expect(read({ ...kick, reason: '', ban: true })).toEqual({ ...kick, reason: '', ban: true });
    expect(read({ ...kick, reason: null, ban: null })).toEqual(kick);
    expect(read({ ...kick, ban: false })).toEqual(kick);
  });

  it.each<[Partial<Fields>, string]>([
    [{ reason: `${'é'.repeat(50)}x` }, 'reason: expected at most 100 bytes'],
    [{ reason: 1 }, 'reason: expected text, got 1'],
    [{ ban: 1 }, 'ban: expected true or false, got 1'],
  ])('refuses %o', (fields, reason) => {
    expect(refused({ ...kick, ...fields })).toEqual({ code: 'bad_field', reason });
  });
});

describe('"set"', () => {
  it('has what changes', () => {
    expect(read({ cmd: 'set' })).toEqual({ cmd: 'set' });
    expect(read({ cmd: 'set', name: null, max_players: null })).toEqual({ cmd: 'set' });
    expect(read({ cmd: 'set', name: '' })).toEqual({ cmd: 'set', name: '' });
    expect(read({ cmd: 'set', max_players: 2 })).toEqual({ cmd: 'set', maxPlayers: 2 });
    expect(read({ cmd: 'set', list: 'my-game' })).toEqual({ cmd: 'set', list: 'my-game' });
    expect(read({ cmd: 'set', list: '' })).toEqual({ cmd: 'set', list: '' });
    expect(read({ cmd: 'set', listing: 'x' })).toEqual({ cmd: 'set', listing: 'x' });
  });

  it.each<Partial<Fields>>([
    { name: 1 },
    { name: 'x'.repeat(1025) },
    { max_players: 0 },
    { list: 'no spaces' },
    { listing: 'x'.repeat(1025) },
  ])('refuses %o', (fields) => expect(refused({ cmd: 'set', ...fields }).code).toBe('bad_field'));
});

it('a list is requested in prepare, with or without a text', () => {
  const command = { cmd: 'prepare', maxPlayers: 1, name: '' };
  const prepare = { cmd: 'prepare', max_players: 1 };
  expect(read({ ...prepare, list: 'my-game' })).toEqual({
    ...command,
    features: { list: 'my-game' },
  });
  expect(read({ ...prepare, list: 'a', listing: '🎉' })).toEqual({
    ...command,
    features: { list: 'a', listing: '🎉' },
  });
  expect(read({ ...prepare, listing: 'nowhere' })).toEqual(command);
});
