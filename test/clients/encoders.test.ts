import * as cborx from 'cbor-x';
import * as cborg from 'cborg';
import * as oldCborg from 'cborg-1.9';
import { describe, expect, test } from 'vitest';
import { Host, joined } from '../support/clients.js';
import { startRelay } from '../support/relay.js';

/*
 * Hosts as games write them: encoders with their defaults, and other output of game engines. The
 * protocol's own client uses `cborg` 1.9.
 */

type Encode = (command: object) => Uint8Array;

const ENCODERS: [string, Encode][] = [
  ['cborg', cborg.encode],
  ['cborg 1.9', oldCborg.encode],
  ['cborg 1.9, with the rest of its buffer', (command) => withRest(oldCborg.encode(command))],
  ['cbor-x', new cborx.Encoder().encode],
  ['cbor-x without records', new cborx.Encoder({ useRecords: false }).encode],
  ['cbor-x with maps of variable size', new cborx.Encoder({ variableMapSize: true }).encode],
  ['cbor-x that says that it is CBOR', selfDescribed(new cborx.Encoder().encode)],
  ['cborg that says that it is CBOR', selfDescribed(cborg.encode)],
];

/** In browsers `cborg` has a buffer of 256 bytes, which the protocol's own client sends as a whole. */
function withRest(encoded: Uint8Array): Uint8Array {
  return Buffer.concat([encoded, Buffer.alloc(Math.max(0, 256 - encoded.length), 0xa3)]);
}

/** RFC 8949 section 3.4.6. Neither encoder has an option for it. */
function selfDescribed(encode: Encode): Encode {
  return (command) => Buffer.concat([Buffer.of(0xd9, 0xd9, 0xf7), encode(command)]);
}

/** Encodings that only `cbor-x` has: tags and records. */
const EXTRAS = {
  at: new Date(0),
  set: new Set([1, 'two']),
  map: new Map<unknown, unknown>([[1, 'two']]),
  big: 2n ** 70n,
  pattern: /x/,
  floats: new Float32Array([1, 2]),
  nested: { x: 1 },
};

describe.each(ENCODERS)('a host that encodes by %s', (name, encode) => {
  test('plays a round', async () => {
    const { url, http } = await startRelay();
    const host = await Host.connect(url);
    const say = (command: object): void => host.send(encode(command));
    say({ cmd: 'prepare', max_players: 2, name: 'Zürich' });
    const { key } = await host.until('prepare_reply');
    expect(await (await fetch(`${http}/${key}`)).text()).toBe('Zürich');
    Object.assign(host, { code: key });
    const [ana, ben] = [await joined(url, host), await joined(url, host)];
    // Every length around the sizes of buffers; `cborg` sends its whole buffer for some of them.
    for (const length of [0, 1, 23, 24, 100, 150, 200, 255, 256, 300, 5000]) {
      say({ cmd: 'to_str', to: [], data: 'ü'.repeat(length) });
      for (const player of [ana, ben]) expect(await player.nextText()).toBe('ü'.repeat(length));
      const bytes = Buffer.alloc(length, 200);
      say({ cmd: 'to', to: [ana.id], data: new Uint8Array(bytes) });
      say({ cmd: 'to', to: [ben.id], data: [...bytes] });
      for (const player of [ana, ben]) {
        expect(await player.next()).toEqual({ data: bytes, binary: true });
      }
    }
    // Lists as programs produce them: with holes, and with values that are not ids, or only those.
    const holes = [undefined, null, ben.id, undefined];
    say({ cmd: 'to_str', to: holes, data: 'for Ben' });
    say({ cmd: 'to_str', to: [undefined], data: 'for nobody' });
    say({ cmd: 'to_str', to: [ana.id, 4_294_967_295], data: 'for Ana' });
    say({ cmd: 'to_str', to: [], data: 'for both', extra: name.startsWith('cbor-x') ? EXTRAS : 1 });
    expect(await ben.nextText()).toBe('for Ben');
    expect(await ana.nextText()).toBe('for Ana');
    for (const player of [ana, ben]) expect(await player.nextText()).toBe('for both');
    say({ cmd: 'to_str', to: [String(ana.id)], data: 'for nobody' });
    expect(await host.until('error')).toMatchObject({
      code: 'bad_field',
      reason: 'to: expected numbers as ids, got "1"',
    });
    say({ cmd: 'kick', player: ben.id });
    expect((await ben.closed).code).toBe(4003);
    say({ cmd: 'start' });
    say({ cmd: 'stop' });
    expect((await ana.closed).code).toBe(4000);
    expect((await host.closed).code).toBe(1001);
  });
});

test("a drawing passes in both directions as integers, as WMBP's own client sends it", async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  const drawing = Buffer.from(Array.from({ length: 315_892 }, (_, i) => (i * i) % 251));
  player.send(drawing);
  const { data } = await host.until('from');
  expect(Array.isArray(data)).toBe(true);
  expect(Buffer.from(data).equals(drawing)).toBe(true);
  host.send(withRest(oldCborg.encode({ cmd: 'to', to: [player.id], data: [...drawing] })));
  expect((await player.next()).data.equals(drawing)).toBe(true);
});

test('the error for records by shared structures says what to change', async () => {
  const { url } = await startRelay();
  const host = await Host.connect(url);
  const encoder = new cborx.Encoder({ structures: [] });
  host.send(encoder.encode({ cmd: 'prepare', max_players: 2, name: 'x' }));
  expect(await host.until('error')).toMatchObject({
    code: 'bad_cbor',
    reason: expect.stringContaining('useRecords: false'),
  });
});

test('the error for JSON in a binary frame, as from Godot 3, says to send text', async () => {
  const { url } = await startRelay();
  const host = await Host.connect(url, '?format=json');
  const json = JSON.stringify({ cmd: 'prepare', max_players: 2, name: 'x' });
  host.send(Buffer.from(json));
  expect(await host.until('error')).toMatchObject({
    code: 'bad_cbor',
    reason: 'CBOR: expected a map; send JSON as text, not in a binary frame',
  });
  // As a C string, with a byte order mark in front.
  host.send(`\ufeff${json}\0`);
  await host.until('prepare_reply');
});
