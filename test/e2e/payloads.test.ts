import { Encoder } from 'cbor-x';
import { decode, encode } from 'cborg';
import { expect, test } from 'vitest';
import { Host, joined } from '../support/clients.js';
import { frame, OPCODE, RawClient } from '../support/raw-client.js';
import { startRelay } from '../support/relay.js';

// Sizes around the limits of WebSocket length fields, CBOR heads, and chunks.
const SIZES = [0, 1, 23, 24, 125, 126, 127, 255, 256, 16_383, 16_384, 65_535, 65_536, 300_000];

function bytesOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) % 256);
}

function textOf(size: number): string {
  return Array.from({ length: size }, (_, i) => String.fromCharCode(97 + ((i + size) % 26))).join(
    '',
  );
}

test.each([
  ['an array of integers', ''],
  ['a byte string', '?bytes=1'],
  ['JSON', '?format=json'],
])('messages of all sizes reach the host unchanged, bytes as %s', async (_, query) => {
  const { url } = await startRelay();
  const host = await Host.open(url, { query });
  const player = await joined(url, host);
  for (const size of SIZES) {
    player.send(bytesOf(size));
    player.send(textOf(size));
  }
  for (const size of SIZES) {
    const binary = await host.next();
    expect(binary).toMatchObject({ cmd: 'from', from: 1 });
    if (query === '?bytes=1') expect(binary.data).toBeInstanceOf(Uint8Array);
    else expect(Array.isArray(binary.data)).toBe(true);
    expect(Buffer.from(binary.data).equals(bytesOf(size))).toBe(true);
    expect(await host.next()).toEqual({ cmd: 'from_str', from: 1, data: textOf(size) });
  }
});

test.each([
  ['a byte string', (data: Uint8Array) => encode({ cmd: 'to', to: [1], data })],
  ['an array of integers', (data: Uint8Array) => encode({ cmd: 'to', to: [1], data: [...data] })],
  [
    'a byte string in tag 64',
    (data: Uint8Array) => new Encoder({ useRecords: false }).encode({ cmd: 'to', to: [1], data }),
  ],
  [
    "cbor-x's inline record",
    (data: Uint8Array) => new Encoder().encode({ cmd: 'to', to: [1], data }),
  ],
  ['JSON', (data: Uint8Array) => JSON.stringify({ cmd: 'to', to: [1], data: [...data] })],
])('messages of all sizes reach a player unchanged, bytes as %s', async (_, write) => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  for (const size of SIZES) {
    host.send(write(bytesOf(size)));
    host.command({ cmd: 'to_str', to: [1], data: textOf(size) });
  }
  for (const size of SIZES) {
    const message = await player.next();
    expect(message.binary).toBe(true);
    expect(message.data.equals(bytesOf(size))).toBe(true);
    expect(await player.nextText()).toBe(textOf(size));
  }
});

test('text arrives unchanged in both directions', async () => {
  const { url } = await startRelay();
  const text = 'zwölf Boxkämpfer 🥊 \u0000 ￿ \u{10ffff}';
  for (const query of ['', '?format=json']) {
    const host = await Host.open(url, { query, name: text });
    const player = await joined(url, host);
    player.send(text);
    expect((await host.until('from_str')).data).toBe(text);
    host.command({ cmd: 'to_str', to: [], data: text });
    expect(await player.nextText()).toBe(text);
  }
});

test('a message reaches each listed player once, and nobody else', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const players = [await joined(url, host), await joined(url, host), await joined(url, host)];
  host.command({ cmd: 'to_str', to: [3, 1, 3, 99, -1], data: 'some' });
  host.command({ cmd: 'to_str', to: [99], data: 'nobody' });
  host.command({ cmd: 'to_str', to: [null, undefined, 'x', 1.5], data: 'nobody either' });
  host.command({ cmd: 'to_str', to: [], data: 'all' });
  const received = [];
  for (const player of players) {
    const texts = [await player.nextText()];
    while (texts.at(-1) !== 'all') texts.push(await player.nextText());
    received.push(texts);
  }
  expect(received).toEqual([['some', 'all'], ['all'], ['some', 'all']]);
});

test('ids may be written in any width and as floats', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  const prefix = 'a363636d6466746f5f73747262746f81';
  for (const id of [
    '01',
    '1801',
    '190001',
    '1a00000001',
    '1b0000000000000001',
    'f93c00',
    'fa3f800000',
    'fb3ff0000000000000',
  ]) {
    host.send(Buffer.from(`${prefix}${id}64646174616161`, 'hex'));
    expect(await player.nextText()).toBe('a');
  }
});

test('bytes after the first item of a frame are ignored', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  const chunk = Buffer.alloc(256, 0xff);
  chunk.set(encode({ cmd: 'to_str', to: [1], data: 'whole buffer' }));
  host.send(chunk);
  expect(await player.nextText()).toBe('whole buffer');
});

test('a thousand mixed messages in each direction keep their order', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url, { query: '?bytes=1' });
  const players = [await joined(url, host), await joined(url, host), await joined(url, host)];
  const COUNT = 1000;
  for (let i = 0; i < COUNT; i++) {
    for (const player of players) player.send(i % 2 ? `${i}` : encode(i));
    host.command(
      i % 3
        ? { cmd: 'to_str', to: i % 5 ? [] : [1, 2, 3], data: `${i}` }
        : { cmd: 'to', to: [], data: encode(i) },
    );
  }
  for (const player of players) {
    const got = (await player.inbox.take(COUNT)).map(({ data, binary }) =>
      binary ? decode(data) : Number(data),
    );
    expect(got).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  }
  const expected = new Map(players.map(({ id }) => [id, 0]));
  for (const { cmd, from, data } of await host.inbox.take(COUNT * players.length)) {
    const number = expected.get(from) ?? Number.NaN;
    expect(cmd === 'from' ? decode(data) : Number(data)).toBe(number);
    expected.set(from, number + 1);
  }
});

test('pongs and closes are sent after all earlier messages', async () => {
  const { url, port } = await startRelay();
  const host = await Host.open(url);
  const player = await RawClient.connect(port, `/${host.code}`);
  await host.until('player_joined');
  // The relay reads all of it in one turn, so texts of that turn precede the pongs.
  for (let i = 0; i < 10; i++) host.command({ cmd: 'to_str', to: [1], data: `${i}` });
  host.command({ cmd: 'kick', player: 1 });
  for (let i = 0; i < 10; i++) player.write(frame(OPCODE.ping, `${i}`));
  await player.until((bytes) => bytes.includes(0x88));
  const opcodes = readFrames(player.received);
  expect(opcodes.filter((opcode) => opcode === OPCODE.text)).toHaveLength(10);
  expect(opcodes.at(-1)).toBe(OPCODE.close);
  expect(opcodes.indexOf(OPCODE.close)).toBe(opcodes.length - 1);
});

test('a message of the largest size passes in both directions, and one more byte closes with 1009', async () => {
  const maxPlayerMessage = 4096;
  const maxHostMessage = 8192;
  const { url } = await startRelay({ maxPlayerMessage, maxHostMessage });
  const host = await Host.open(url, { query: '?bytes=1' });
  const player = await joined(url, host);
  const other = await joined(url, host);
  player.send(new Uint8Array(maxPlayerMessage));
  expect((await host.next()).data).toHaveLength(maxPlayerMessage);
  player.send(new Uint8Array(maxPlayerMessage + 1));
  expect(await player.closed).toEqual({ code: 1009, reason: 'message too big' });
  expect(await host.next()).toEqual({ cmd: 'player_left', player: 1 });

  const envelope = encode({ cmd: 'to', to: [], data: new Uint8Array(5000) }).length - 5000;
  const data = new Uint8Array(maxHostMessage - envelope);
  host.command({ cmd: 'to', to: [], data });
  expect((await other.next()).data).toHaveLength(data.length);
  host.command({ cmd: 'to', to: [], data: new Uint8Array(data.length + 1) });
  expect(await host.closed).toMatchObject({ code: 1009 });
  expect(await other.closed).toMatchObject({ code: 4010 });
});

test('a photo and a full-screen drawing pass with the default limits', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  player.send(new Uint8Array(3 * 1024 * 1024));
  expect((await host.next()).data).toHaveLength(3 * 1024 * 1024);
  host.command({ cmd: 'to', to: [], data: new Uint8Array(12 * 1024 * 1024) });
  expect((await player.next()).data).toHaveLength(12 * 1024 * 1024);
});

test('WebRTC signalling passes unchanged', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  const offer = JSON.stringify({ type: 'offer', sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n' });
  player.send(offer);
  expect((await host.next()).data).toBe(offer);
  const candidate = JSON.stringify({ candidate: 'candidate:1 1 UDP 1 192.0.2.1 9 typ host' });
  host.command({ cmd: 'to_str', to: [1], data: candidate });
  expect(await player.nextText()).toBe(candidate);
});

/** The opcodes of the unmasked frames in these bytes. */
function readFrames(bytes: Buffer): number[] {
  const opcodes = [];
  for (let at = 0; at < bytes.length; ) {
    opcodes.push((bytes[at] ?? 0) & 15);
    const length = bytes[at + 1] ?? 0;
    at += length < 126 ? 2 + length : 4 + bytes.readUInt16BE(at + 2);
  }
  return opcodes;
}
