import fc from 'fast-check';
import { COMMANDS } from '../../../../src/protocol/wmbp/commands.js';
import { text, type WireCommand, wireCommand } from '../../../support/arbitraries.js';
import { encodeOddly, replay } from './odd-cbor.js';

export interface OddFrame {
  readonly wire: WireCommand;
  readonly frame: Buffer;
}

/** A command with unknown keys in an unusual encoding, followed by other bytes. */
export function oddFrame(): fc.Arbitrary<OddFrame> {
  return fc
    .record({
      wire: wireCommand(),
      extras: fc.dictionary(unknownKey(), nested(3), { maxKeys: 4 }),
      choices: choices(),
      garbage: fc.uint8Array({ maxLength: 16 }),
    })
    .map(({ wire, extras, choices, garbage }) => ({
      wire,
      frame: Buffer.concat([encodeOddly({ ...extras, ...wire }, replay(choices)), garbage]),
    }));
}

/** A map with the keys of commands and any values. */
function oddFields(): fc.Arbitrary<Buffer> {
  const scalar = fc.oneof(fc.constantFrom(...COMMANDS), leaf());
  return fc
    .record(
      {
        cmd: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...COMMANDS) }, scalar),
        to: fc.oneof({ weight: 3, arbitrary: fc.array(leaf()) }, nested(2)),
        data: fc.oneof(fc.uint8Array(), fc.array(fc.integer({ min: -1, max: 256 })), nested(2)),
        name: scalar,
        player: scalar,
        max_players: scalar,
        keep: scalar,
        reason: scalar,
        ban: scalar,
        later: scalar,
        except: fc.oneof({ weight: 3, arbitrary: fc.array(leaf()) }, nested(2)),
      },
      { requiredKeys: [] },
    )
    .chain((fields) => choices().map((choices) => encodeOddly(fields, replay(choices))));
}

const KNOWN_KEYS = new Set([
  'cmd',
  'to',
  'data',
  'name',
  'player',
  'max_players',
  'keep',
  'later',
  'except',
  'reason',
  'ban',
]);

function unknownKey(): fc.Arbitrary<string> {
  return text(30).filter((key) => !KNOWN_KEYS.has(key));
}

function leaf(): fc.Arbitrary<unknown> {
  return fc.oneof(
    text(40),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(true, false, null, undefined, 0, 1, 1.5),
  );
}

/** A value with at most this many levels of lists and maps. */
function nested(levels: number): fc.Arbitrary<unknown> {
  if (levels === 0) return leaf();
  const inner = nested(levels - 1);
  return fc.oneof(
    { weight: 3, arbitrary: leaf() },
    // As a list of integers, it is another level.
    fc.uint8Array({ maxLength: 20 }),
    fc.array(inner, { maxLength: 4 }),
    fc.dictionary(text(10), inner, { maxKeys: 4 }),
  );
}

function choices(): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: 0xffff }), { maxLength: 50 });
}

/** Bytes: some are a command, many are almost one, and a few are random. */
export function anyFrame(): fc.Arbitrary<Uint8Array> {
  const written = fc.oneof(
    oddFrame().map(({ frame }) => frame),
    oddFields(),
  );
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    { weight: 4, arbitrary: oddFields() },
    {
      weight: 9,
      arbitrary: fc.tuple(written, edits()).map(([frame, edits]) => edit(frame, edits)),
    },
  );
}

type Edit = { how: 'set' | 'insert' | 'delete' | 'cut' | 'repeat'; at: number; byte: number };

function edits(): fc.Arbitrary<Edit[]> {
  return fc.array(
    fc.record({
      how: fc.constantFrom('set', 'set', 'insert', 'delete', 'cut', 'repeat'),
      at: fc.nat({ max: 0xffff }),
      byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0x1b, 0x5f, 0x7f, 0x9f, 0xbf, 0xff)),
    }),
    { minLength: 1, maxLength: 3 },
  );
}

function edit(frame: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const bytes = [...frame];
  for (const { how, at: anywhere, byte } of edits) {
    const at = anywhere % (bytes.length + 1);
    if (how === 'set') bytes[at] = byte;
    else if (how === 'insert') bytes.splice(at, 0, byte);
    else if (how === 'delete') bytes.splice(at, 1);
    else if (how === 'cut') bytes.length = at;
    else bytes.splice(at, 0, ...bytes.slice(at, at + (byte % 16)));
  }
  return Uint8Array.from(bytes);
}
