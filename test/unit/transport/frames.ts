import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { text } from '../../support/arbitraries.js';
import { hex } from '../../support/hex.js';
import { frame, OPCODE } from '../../support/raw-client.js';

/* Streams of valid and invalid frames, in any chunks. */

const { binary, close, continuation, ping, pong } = OPCODE;

/** The limit on messages in these tests. */
export const MAX_MESSAGE = 100_000;

/** Lengths around all limits: of short messages, of the encoding of lengths, of allowed sizes. */
const length = fc.oneof(
  { weight: 4, arbitrary: fc.nat(80) },
  fc.constantFrom(95, 96, 97, 125, 126, 127, 511, 512, 513, 1000, 2047, 2048, 4099),
  fc.constantFrom(65_535, 65_536, MAX_MESSAGE, MAX_MESSAGE + 1),
);
const key = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
const bytes = length.map((count) => Uint8Array.from({ length: count }, (_, at) => at * 7));
const string = fc.oneof(text(), text(60), length.map('x'.repeat.bind('x')));
const options = fc.record({ key });

const whole = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(string, options).map(([s, o]) => frame(OPCODE.text, s, o)) },
  { weight: 3, arbitrary: fc.tuple(bytes, options).map(([b, o]) => frame(binary, b, o)) },
);
const control = fc
  .tuple(fc.constantFrom(ping, pong), fc.string({ maxLength: 60 }), options)
  .map(([opcode, what, o]) => frame(opcode, what, o));
const piece = fc.oneof(
  bytes,
  string.map((s) => Buffer.from(s)),
);
const fragments = fc
  .tuple(
    fc.constantFrom(OPCODE.text, binary),
    fc.array(fc.tuple(piece, key), { minLength: 2, maxLength: 4 }),
    control,
  )
  .map(([opcode, parts, between]) =>
    Buffer.concat(
      parts.flatMap(([part, k], at) => [
        frame(at === 0 ? opcode : continuation, part, { fin: at === parts.length - 1, key: k }),
        at === 0 ? between : Buffer.alloc(0),
      ]),
    ),
  );

/** Frames that no client sends: mostly errors, and some that are only unusual. */
const odd = fc.oneof(
  fc.tuple(bytes, options).map(([b, o]) => frame(OPCODE.text, b, o)),
  fc
    .tuple(fc.nat(15), fc.boolean(), fc.boolean(), fc.nat(7), fc.nat(200))
    .map(([opcode, fin, masked, reserved, count]) =>
      frame(opcode, 'y'.repeat(count), { fin, masked, reserved }),
    ),
  fc.uint8Array({ maxLength: 20 }).map((noise) => Buffer.from(noise)),
  fc.constantFrom(1000, 1001, 3000, 1006, 99).map((code) => frame(close, word(code))),
  fc.constantFrom(
    frame(close),
    frame(OPCODE.text, 'abc', { masked: false }),
    frame(binary, 'abc', { reserved: 4 }),
    frame(binary, '', { declared: 2 ** 40 }),
    // Lengths in longer encodings than necessary.
    hex('81fe0003 00000000 616263'),
    hex('82ff0000000000000003 00000000 616263'),
    hex('82ffffffffffffffffff 00000000 616263'),
  ),
);

function word(value: number): Buffer {
  const two = Buffer.alloc(2);
  two.writeUInt16BE(value);
  return two;
}

const stream = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: whole },
      { weight: 3, arbitrary: control },
      { weight: 2, arbitrary: fragments },
      { weight: 1, arbitrary: odd },
    ),
    { maxLength: 12 },
  )
  .map((frames) => Buffer.concat(frames));

/** Splits into chunks of these lengths, repeatedly. */
export function cut(all: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < all.length; i++) {
    const end = at + (lengths[i % lengths.length] as number);
    chunks.push(all.subarray(at, end));
    at = end;
  }
  return chunks;
}

/** A stream in chunks. Only short streams have short chunks, because there would be too many. */
export const chunks = stream.chain((all) => {
  const least = Math.max(1, all.length >> 8);
  const some = fc.integer({ min: least, max: least + 90 });
  const most = fc.integer({ min: least, max: Math.max(least, all.length) });
  return fc
    .array(fc.oneof(some, most), { minLength: 1, maxLength: 9 })
    .map((lengths) => cut(all, lengths));
});
