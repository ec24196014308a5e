import { describe, expect, onTestFinished } from 'vitest';
import { Host, Player } from '../support/clients.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, MIB } from './attackers.js';
import { repeated } from './crowd.js';

/** The slowest commands to read, each of nearly the maximum size. */
const COMMANDS: Record<string, () => Uint8Array | string> = {
  '65,535 unknown ids': () =>
    cbor(
      'to',
      ids(65_535, (n) => [0x1a, ...u32(2 ** 30 + n)]),
      [0x40],
    ),
  '65,535 ids as floats': () =>
    cbor(
      'to',
      ids(65_535, (n) => [0xfb, ...f64(2 ** 40 + n)]),
      [0x40],
    ),
  '65,535 ids that are fractions': () =>
    cbor(
      'to',
      ids(65_535, (n) => [0xfb, ...f64(n + 0.5)]),
      [0x40],
    ),
  '131,000 items in an unknown key': () =>
    cbor(
      'x',
      ids(131_000, () => [0x20]),
      [0x40],
    ),
  '65,536 chunks of one byte': () =>
    cbor(
      'to',
      [0x80],
      Buffer.concat([Buffer.of(0x5f), repeated([0x41, 1], 65_536), Buffer.of(0xff)]),
    ),
  '65,536 chunks of 250 bytes': () => {
    const chunk = [0x58, 250, ...new Array<number>(250).fill(7)];
    const chunks = repeated(chunk, 65_536);
    return cbor('to', [0x80], Buffer.concat([Buffer.of(0x5f), chunks, Buffer.of(0xff)]));
  },
  '16 MiB of short integers': () => cbor('to', [0x80], integers([7], 16 * MIB - 100)),
  '16 MiB of long integers': () => cbor('to', [0x80], integers([0x18, 0xff], 8 * MIB - 50)),
  '16 MiB of integers of changing length': () =>
    cbor('to', [0x80], integers([0x18, 0xff, 7], 5 * MIB, 2)),
  '64 KiB of [': () => '['.repeat(65_536),
  '64 KiB of objects': () => `{"a":[${'{},'.repeat(21_800)}{}]}`,
  '64 KiB of keys': () => `{${Array.from({ length: 7000 }, (_, n) => `"k${n}":1`).join()}}`,
  '4 MiB of numbers with 17 digits': () => json('12345678901234567,'.repeat(233_000)),
  '4 MiB of one number': () => `{"cmd":"kick","player":${'1'.repeat(4 * MIB - 100)}}`,
  '500,000 integers in JSON': () => json('255,'.repeat(520_000)),
  'fractions in JSON': () => json('1.5,'.repeat(58_000)),
  'half a million JSON escapes at random places': () =>
    `{"cmd":"to_str","to":[],"data":"${anyOf(['\\n', '\\"', 'x', 'y', 'x', 'y'], 1_500_000)}"}`,
  'texts in place of ids': () => `{"cmd":"to","to":[${'"é",'.repeat(65_000)}1],"data":[]}`,
  '4 MiB of text in place of a name': () =>
    `{"cmd":"prepare","max_players":4,"name":"${anyOf(['\\n', 'x', 'é', '€', 'y', 'z'], 2_000_000)}"}`,
  '4 MiB of text that is not ASCII, and one escape': () =>
    `{"cmd":"to_str","to":[],"data":"${'é'.repeat(2 * MIB - 50)}\\u20ac"}`,
  '4 MiB of text that is not ASCII': () =>
    `{"cmd":"to_str","to":[],"data":"${'é'.repeat(2 * MIB - 50)}"}`,
};

/** These texts in an order that no processor predicts, which is the same each time. */
function anyOf(texts: readonly string[], count: number): string {
  let random = 1;
  return Array.from({ length: count }, () => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
    return texts[(random >>> 16) % texts.length];
  }).join('');
}

describe('with an old space of 256 MiB', () => {
  const attack = arena([], { oldSpace: 256, mostToWait: WAIT_FAILS });

  for (const [name, make] of Object.entries(COMMANDS)) {
    attack(`six times ${name}`, async ({ relay }) => {
      const { host } = await room(relay, '');
      const command = make();
      for (let left = 6; left > 0; left--) host.send(command);
      await partyGoesOn(host);
    });
  }

  attack('4 MiB of small bytes, three times, to a host that speaks JSON', async ({ relay }) => {
    const { host, player } = await room(relay, '?format=json');
    const bytes = Buffer.alloc(4 * MIB, 1);
    for (let left = 3; left > 0; left--) {
      player.send(bytes);
      expect(Buffer.from((await host.until('from')).data).equals(bytes)).toBe(true);
    }
  });

  attack('4 MiB of NULs, three times, to a host that speaks JSON', async ({ relay }) => {
    const { host, player } = await room(relay, '?format=json');
    const text = '\0'.repeat(4 * MIB);
    for (let left = 3; left > 0; left--) {
      player.send(text);
      expect((await host.until('from_str')).data.length).toBe(text.length);
    }
  });

  attack('4 MiB of noise, three times, to a host that speaks JSON', async ({ relay }) => {
    const { host, player } = await room(relay, '?format=json');
    const bytes = Buffer.from(Array.from({ length: 4 * MIB }, (_, n) => (n * n * 31 + n) & 255));
    for (let left = 3; left > 0; left--) {
      player.send(bytes);
      const { data } = await host.until('from');
      expect(Buffer.from(data).equals(bytes)).toBe(true);
    }
  });
});

async function room(relay: RelayProcess, query: string): Promise<{ host: Host; player: Player }> {
  const from = freshAddress();
  const host = await Host.connect(relay.url, query, { localAddress: from });
  onTestFinished(() => host.cut());
  host.command({ cmd: 'prepare', max_players: 8, name: 'attack' });
  host.code = (await host.until('prepare_reply')).key;
  const player = Player.connect(relay.url, host.code, { localAddress: from });
  onTestFinished(() => player.cut());
  await host.until('player_joined');
  return { host, player };
}

/** Waits until the relay has handled everything that the host has sent. */
async function partyGoesOn(host: Host): Promise<void> {
  host.command({ cmd: 'start' });
  while ((await host.until('state')).accept_conns);
}

function cbor(key: string, value: Iterable<number>, data: Iterable<number>): Buffer {
  const text = (word: string): Buffer =>
    Buffer.from(`${String.fromCharCode(0x60 | word.length)}${word}`);
  const to = key === 'to' ? [] : [text('to'), Buffer.of(0x80)];
  const parts = [text('cmd'), text('to'), ...to, text(key), Buffer.from([...value])];
  const size = key === 'to' ? 3 : 4;
  return Buffer.concat([Buffer.of(0xa0 | size), ...parts, text('data'), toBuffer(data)]);
}

function toBuffer(bytes: Iterable<number>): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from([...bytes]);
}

function ids(count: number, encode: (n: number) => number[]): number[] {
  return [[0x9a], u32(count), ...Array.from({ length: count }, (_, n) => encode(n))].flat();
}

/** A list that repeats these bytes, a number of integers at a time. */
function integers(bytes: number[], count: number, each = 1): Buffer {
  return Buffer.concat([Buffer.of(0x9a, ...u32(count * each)), repeated(bytes, count)]);
}

function json(values: string): string {
  return `{"cmd":"to","to":[],"data":[${values}1]}`;
}

function u32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return [...bytes];
}

function f64(value: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return [...bytes];
}
