import { expect } from 'vitest';
import type { Host, Player } from '../support/clients.js';
import { hex } from '../support/hex.js';
import { type Arena, arena } from './arena.js';
import { joinRoom, MIB, openRoom } from './attackers.js';

/** The largest message that a host may send. */
const LARGEST = 16 * MIB;

/** How often a small message is sent, so that its cost can be measured. */
const TIMES = 20;

const attack = arena(['--command-errors', '0']);

type ErrorCode = 'bad_cbor' | 'bad_field' | 'bad_json';

/** Attacks with messages that are refused: each gets an error, and the game continues. */
function refused(name: string, code: ErrorCode, ...messages: (Buffer | string)[]) {
  attack(`${name}: answered with an error, and the room continues`, async ({ relay }) => {
    await answered(relay, { cmd: 'error', code }, messages);
  });
}

/** Attacks with items whose tags no command uses, so that they are never decoded. */
function neverDecoded(name: string, ...items: Buffer[]) {
  refused(`${name} in place of a command`, 'bad_cbor', ...items);
  refused(`${name} in place of data`, 'bad_field', ...items.map(inData));
  attack(`${name} under an unknown key: skipped`, async ({ relay }) => {
    await answered(relay, { cmd: 'state', accept_conns: false }, items.map(inUnknownKey));
  });
}

/** Sends each message, the small ones many times, and expects the same answer to all of them. */
async function answered(
  relay: Arena['relay'],
  answer: object,
  messages: readonly (Buffer | string)[],
): Promise<void> {
  const { host, player } = await room(relay);
  const all = messages.flatMap((message) =>
    Array.from({ length: message.length > MIB ? 1 : TIMES }, () => message),
  );
  for (const message of all) host.send(message);
  for (const _ of all) expect(await host.next()).toMatchObject(answer);
  await partyGoesOn(host, player);
}

async function room(relay: Arena['relay']): Promise<{ host: Host; player: Player }> {
  const host = await openRoom(relay, { query: '?bytes=1' });
  const player = await joinRoom(relay, host);
  await host.until('state');
  return { host, player };
}

async function partyGoesOn(host: Host, player: Player): Promise<void> {
  host.command({ cmd: 'to_str', to: [], data: 'the party goes on' });
  expect(await player.nextText()).toBe('the party goes on');
  player.send('so it does');
  expect(await host.next()).toMatchObject({ cmd: 'from_str', data: 'so it does' });
}

/** A message to all players with another item as its data. */
function inData(item: Buffer): Buffer {
  return Buffer.concat([hex('a3 "cmd" "to" "to" 80 "data"'), item]);
}

/** The same item under a key that no command has. */
function inUnknownKey(item: Buffer): Buffer {
  return Buffer.concat([hex('a2 "junk"'), item, hex('"cmd" "start"')]);
}

function everywhere(...items: Buffer[]): Buffer[] {
  return items.flatMap((item) => [item, inData(item), inUnknownKey(item)]);
}

/** As many of these bytes as fit into the largest message, between a head and an end. */
function filled(head: Buffer, piece: Buffer, end: Buffer = Buffer.alloc(0)): Buffer {
  const room = LARGEST - head.length - end.length;
  const pieces = Buffer.alloc(room - (room % piece.length), piece);
  return Buffer.concat([head, pieces, end]);
}

/** cbor-x unpacks tag 51 with a table. Each entry refers twice to the next one, 30 levels deep. */
function packed(): Buffer {
  const entries = Array.from({ length: 15 }, (_, at) => {
    const next = Buffer.of(0xe0 | Math.min(at + 1, 15));
    return Buffer.concat([hex('82'), next, next]);
  });
  return Buffer.concat([hex('d833 82 90'), ...entries, hex('82 6161 6162'), hex('e0')]);
}

neverDecoded('messages that pack themselves, doubling', packed());

neverDecoded(
  'references to themselves (tags 28 and 29)',
  hex('d81c 81 d81d 00'),
  hex('d81c a1 6161 d81d 00'),
);

neverDecoded(
  'bignums (tags 2 and 3)',
  Buffer.concat([hex('c2 5a 00100000'), Buffer.alloc(MIB, 0xff)]),
  Buffer.concat([hex('c3 5a 00100000'), Buffer.alloc(MIB, 0xff)]),
);

refused(
  'typed arrays that claim to be huge',
  'bad_cbor',
  ...Array.from({ length: 24 }, (_, at) => 64 + at).flatMap((tag) =>
    everywhere(
      Buffer.concat([hex('d8'), Buffer.of(tag), hex('5a ffffffff')]),
      Buffer.concat([hex('d8'), Buffer.of(tag), hex('5b ffffffffffffffff')]),
    ),
  ),
);

refused(
  'nesting 100,000 deep',
  'bad_cbor',
  ...everywhere(
    ...['81', '9f', 'a16161', 'bf6161', 'c1', 'd840', 'd9dfff83'].map((head) =>
      Buffer.alloc(100_000 * (head.length / 2), hex(head)),
    ),
  ),
);

refused(
  'lengths of 2^32 and 2^64-1 without the data',
  'bad_cbor',
  ...['5', '7', '9', 'b'].flatMap((major) =>
    everywhere(
      hex(`${major}a ffffffff`),
      hex(`${major}b 0000000100000000`),
      hex(`${major}b ffffffffffffffff`),
    ),
  ),
);

refused(
  'records with 10,000 keys, and records that another message defined',
  'bad_cbor',
  Buffer.concat([hex('d9dfff 83 19e000 99 2710'), Buffer.alloc(20_000, 'ak')]),
  Buffer.concat([hex('d9dfff 83 19e000 9f'), Buffer.alloc(20_000, 'ak'), hex('ff')]),
  ...[0xe000, 0xe001, 0xefff, 0xffff].map((tag) =>
    Buffer.concat([hex('d9'), Buffer.of(tag >>> 8, tag & 255), hex('81 01')]),
  ),
);

refused(
  'maps whose keys are not text or are duplicated',
  'bad_cbor',
  ...['01', '20', '41ff', '80', 'a0', 'f6', 'f7', 'f97e00', 'fb7ff0000000000000', 'c001'].map(
    (key) => Buffer.concat([hex('a2'), hex(key), hex('01 "cmd" "start"')]),
  ),
  hex('a2 "cmd" "start" "cmd" "stop"'),
  hex('a4 "cmd" "to" "to" 80 "data" 4101 "data" 4102'),
);

refused(
  '16 MiB of tiny things',
  'bad_cbor',
  filled(hex('a2 "cmd" "to" "to" 9f'), hex('01')),
  filled(hex('a2 "cmd" "to" "to" 9a 00f00000'), hex('20')),
  filled(hex('a2 "cmd" "to" "to" 9f'), hex('80')),
  filled(hex('a2 "cmd" "to" "to" 9f'), hex('60')),
  filled(hex('a2 "cmd" "start" "junk" 9f'), hex('f6')),
  filled(hex('a2 "cmd" "start" "junk" 9f'), hex('80')),
  filled(hex('bf'), hex('6161 01')),
  filled(hex('bf'), hex('60 60')),
);

refused(
  '16 MiB of text and bytes in tiny chunks',
  'bad_cbor',
  filled(hex('a3 "cmd" "to" "to" 80 "data" 5f'), hex('40'), hex('ff')),
  filled(hex('a3 "cmd" "to" "to" 80 "data" 5f'), hex('4101'), hex('ff')),
  filled(hex('a3 "cmd" "to_str" "to" 80 "data" 7f'), hex('6161'), hex('ff')),
  filled(hex('a1 7f'), hex('6161'), hex('ff 01')),
);

attack('a valid message of 16 MiB in every encoding arrives', async ({ relay }) => {
  const { host, player } = await room(relay);
  const head = hex('a3 "cmd" "to" "to" 80 "data"');
  const size = LARGEST - 64;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(size);
  const messages = [
    Buffer.concat([head, hex('5a'), length, Buffer.alloc(size, 7)]),
    Buffer.concat([head, hex('9a'), length, Buffer.alloc(size, 7)]),
    Buffer.concat([head, hex('9f'), Buffer.alloc(size, 7), hex('ff')]),
    Buffer.concat([head, hex('9a'), halved(length), Buffer.alloc(size, hex('18ff'))]),
  ];
  for (const message of messages) {
    host.send(message);
    const { data } = await player.next();
    expect(data.length).toBe(message.includes(hex('18ff')) ? size / 2 : size);
  }
  await partyGoesOn(host, player);
});

function halved(length: Buffer): Buffer {
  const half = Buffer.alloc(4);
  half.writeUInt32BE(length.readUInt32BE() / 2);
  return half;
}

attack('a message to 65,536 unknown players, fifty times', async ({ relay }) => {
  const { host, player } = await room(relay);
  const ids = Buffer.alloc(65_536 * 5, hex('1a 7fffffff'));
  const message = Buffer.concat([hex('a3 "cmd" "to" "to" 9a 00010000'), ids, hex('"data" 4101')]);
  for (let left = 50; left > 0; left--) host.send(message);
  await partyGoesOn(host, player);
});

refused(
  'JSON that is nested or has many keys',
  'bad_json',
  '['.repeat(100_000),
  `${'['.repeat(MIB)}${']'.repeat(MIB - 1)}`,
  '{"a":'.repeat(400_000),
  `{${'"k":1,'.repeat(340_000)}"cmd":"start"}`,
  `{"cmd":"start","junk":[${'{},'.repeat(600_000)}0]}`,
  `{"cmd":"start","junk":"${'\\u0000'.repeat(340_000)}`,
);

refused(
  'JSON of 16 MiB',
  'bad_json',
  `{"cmd":"to_str","to":[],"data":"${'x'.repeat(LARGEST - 64)}"}`,
  `{"cmd":"to","to":[],"data":[${'1,'.repeat(LARGEST / 2 - 32)}1]}`,
  ' '.repeat(LARGEST),
);

attack('JSON of the largest size, twenty times, arrives', async ({ relay }) => {
  const { host, player } = await room(relay);
  const integers = `{"cmd":"to","to":[],"data":[${'1,'.repeat(MIB / 2 - 32)}1]}`;
  const escapes = `{"cmd":"to_str","to":[],"data":"${'\\u00e9'.repeat(340_000)}"}`;
  for (let left = 10; left > 0; left--) {
    host.send(integers);
    host.send(escapes);
    expect((await player.next()).data.length).toBe(MIB / 2 - 31);
    expect((await player.next()).data.length).toBe(680_000);
  }
  await partyGoesOn(host, player);
});

attack('JSON with __proto__ and similar keys: treated as unknown keys', async ({ relay }) => {
  const { host, player } = await room(relay);
  host.send('{"cmd":"start","__proto__":{"cmd":"stop"},"constructor":{"prototype":{"to":[]}}}');
  expect(await host.next()).toMatchObject({ cmd: 'state', accept_conns: false });
  host.send('{"__proto__":{"cmd":"stop"}}');
  expect(await host.next()).toMatchObject({ cmd: 'error', code: 'unknown_command' });
  await partyGoesOn(host, player);
});
