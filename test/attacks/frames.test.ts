import { expect } from 'vitest';
import { hex } from '../support/hex.js';
import { frame, OPCODE, type RawClient } from '../support/raw-client.js';
import { type Arena, arena, HEALTHY_ROOMS } from './arena.js';
import { eventually, joinRoom, MIB, openRoom, upgrade } from './attackers.js';

const { binary, close, continuation, ping, pong, text } = OPCODE;

// Pings count as messages: at the usual rate, 50,000 of them take 40 seconds.
const attack = arena(['--stall', '1', '--player-messages', '0']);

/** One fragment that is not the last. */
const part = { fin: false };

/** Protocol errors and their close codes: RFC 6455 sections 5.2 to 5.5 and 7.4. */
const BROKEN: [what: string, bytes: Buffer, code: number][] = [
  ['unmasked', frame(text, 'x', { masked: false }), 1002],
  ['reserved bit 1', frame(text, 'x', { reserved: 4 }), 1002],
  ['reserved bit 2', frame(text, 'x', { reserved: 2 }), 1002],
  ['reserved bit 3', frame(text, 'x', { reserved: 1 }), 1002],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Buffer, number] => [
    `reserved opcode ${opcode}`,
    frame(opcode, 'x'),
    1002,
  ]),
  ['a ping in fragments', frame(ping, '', part), 1002],
  ['a pong in fragments', frame(pong, '', part), 1002],
  ['a close in fragments', frame(close, '', part), 1002],
  ['a ping that is too long', frame(ping, 'x'.repeat(126)), 1002],
  ['a close that is too long', frame(close, Buffer.alloc(126, 3)), 1002],
  ['half a close code', frame(close, Uint8Array.of(3)), 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map((code): [string, Buffer, number] => [
    `close code ${code}`,
    frame(close, Uint8Array.of(code >>> 8, code & 255)),
    1002,
  ]),
  ['a close reason that is no UTF-8', frame(close, Uint8Array.of(3, 0xe8, 0xc3, 0x28)), 1007],
  ['a continuation of nothing', frame(continuation, 'x'), 1002],
  ['an endless continuation of nothing', frame(continuation, 'x', part), 1002],
  ['a message inside another', concat(frame(text, 'a', part), frame(text, 'b')), 1002],
  [
    'a continuation of a finished message',
    concat(frame(text, 'a', part), frame(continuation, 'b'), frame(continuation, 'c')),
    1002,
  ],
  ...['c328', 'ff', 'c080', 'eda080', 'f4908080', 'e2', 'f09f98'].map(
    (utf8): [string, Buffer, number] => [
      `text that is not UTF-8 (${utf8})`,
      frame(text, Buffer.from(utf8, 'hex')),
      1007,
    ],
  ),
  [
    'text that is not UTF-8 across fragments',
    concat(frame(text, Uint8Array.of(0xe2), part), frame(continuation, Uint8Array.of(0x28))),
    1007,
  ],
  ['2^33 bytes claimed', frame(binary, '', { declared: 2 ** 33 }), 1009],
  ['2^52 bytes claimed', hex('82ff 0010000000000000 00000000'), 1009],
  ['2^63 bytes claimed', hex('82ff 8000000000000000 00000000'), 1009],
];

function concat(...frames: Buffer[]): Buffer {
  return Buffer.concat(frames);
}

attack('invalid frames cost a player its own connection', async ({ relay }) => {
  const host = await openRoom(relay);
  const neighbour = await joinRoom(relay, host);
  for (const [what, bytes, code] of BROKEN) {
    const hostile = await upgrade(relay, `/${host.code}`);
    const { player } = await host.until('player_joined');
    hostile.write(bytes);
    expect([what, await hostile.closeCode()]).toEqual([what, code]);
    expect(await host.until('player_left')).toEqual({ cmd: 'player_left', player });
    hostile.socket.destroy();
  }
  neighbour.send('still here');
  expect(await host.until('from_str')).toMatchObject({ data: 'still here' });
});

attack('invalid frames cost a host its own room', async ({ relay }) => {
  for (const [what, bytes, code] of BROKEN) {
    const hostile = await upgrade(relay, '/CREATE?format=json');
    hostile.write(frame(text, '{"cmd":"prepare","max_players":8}'));
    await hostile.until((received) => received.includes('prepare_reply'));
    hostile.received = Buffer.alloc(0);
    hostile.write(bytes);
    expect([what, await hostile.closeCode()]).toEqual([what, code]);
    hostile.socket.destroy();
  }
  await eventually(
    () => relay.metric('lobby_relay_rooms'),
    (rooms) => rooms === HEALTHY_ROOMS,
  );
});

attack(
  'a message above the limit is closed with 1009 as soon as its length is known',
  async ({ relay }) => {
    const host = await openRoom(relay);
    const claims = await upgrade(relay, `/${host.code}`);
    claims.write(frame(binary, '', { declared: 4 * MIB + 1 }));
    expect(await claims.closeCode()).toBe(1009);

    const grows = await upgrade(relay, `/${host.code}`);
    grows.write(frame(binary, Buffer.alloc(3 * MIB), part));
    grows.write(frame(continuation, Buffer.alloc(MIB), part));
    grows.write(frame(continuation, 'x'));
    expect(await grows.closeCode()).toBe(1009);

    const largest = await upgrade(relay, '/CREATE?format=json');
    await largest.until((received) => received.includes('state'));
    largest.received = Buffer.alloc(0);
    largest.write(frame(binary, '', { declared: 16 * MIB + 1 }));
    expect(await largest.closeCode()).toBe(1009);
  },
);

attack('16,000 fragments of one byte each arrive as one message', async ({ relay }) => {
  const host = await openRoom(relay);
  const player = await upgrade(relay, `/${host.code}`);
  player.write(fragments(16_000));
  player.write(frame(continuation, 'z'));
  expect((await host.until('from_str')).data).toBe(`${'a'.repeat(16_000)}z`);
});

attack('20,000 fragments of one byte each are too many', async ({ relay }) => {
  const host = await openRoom(relay);
  const hostile = await upgrade(relay, `/${host.code}`);
  hostile.write(fragments(20_000));
  expect(await hostile.closeCode()).toBe(1008);
  await host.until('player_left');
});

attack(
  '20,000 fragments of nothing at all, with pings between, are too many',
  async ({ relay }) => {
    const host = await openRoom(relay);
    const hostile = await upgrade(relay, `/${host.code}`);
    const nothing = concat(frame(continuation, '', part), frame(ping, ''));
    hostile.write(frame(text, '', part));
    hostile.write(Buffer.alloc(20_000 * nothing.length, nothing));
    await host.until('player_left');
  },
);

/** A message without an end. */
function fragments(count: number): Buffer {
  const piece = frame(continuation, 'a', part);
  return concat(frame(text, 'a', part), Buffer.alloc((count - 1) * piece.length, piece));
}

attack(
  '50,000 pings by a client that never reads close only its own connection',
  async ({ relay }) => {
    const host = await openRoom(relay);
    const hostile = await upgrade(relay, `/${host.code}`);
    hostile.socket.pause();
    // Some 6 MB of pongs: more than the kernel buffers.
    hostile.write(pings(50_000));
    await host.until('player_left');
  },
);

attack('50,000 pings by a client that reads are each answered', async ({ relay }) => {
  const host = await openRoom(relay);
  const hostile = await upgrade(relay, `/${host.code}`);
  let received = 0;
  const all = new Promise<void>((resolve) => {
    hostile.socket.on('data', (bytes) => {
      received += bytes.length;
      if (received >= 50_000 * 127) resolve();
    });
  });
  ignore(hostile);
  hostile.write(pings(50_000));
  await all;
});

function pings(count: number): Buffer {
  const one = frame(ping, 'p'.repeat(125));
  return Buffer.alloc(count * one.length, one);
}

/** Stores nothing of what it receives. */
function ignore(client: RawClient): void {
  for (const listener of client.socket.listeners('data').slice(0, 1)) {
    client.socket.off('data', listener as () => void);
  }
}

attack('a million empty frames', async ({ relay }) => {
  const host = await openRoom(relay);
  const hostile = await upgrade(relay, `/${host.code}`);
  const unasked = frame(pong, '');
  hostile.write(Buffer.alloc(1_000_000 * unasked.length, unasked));
  hostile.write(frame(text, 'after all of them'));
  expect(await host.until('from_str')).toMatchObject({ data: 'after all of them' });
});

attack('one byte at a time, a frame by 200 clients at once', async ({ relay }) => {
  const host = await openRoom(relay, { maxPlayers: 200 });
  const clients: RawClient[] = [];
  while (clients.length < 200) clients.push(await upgrade(relay, `/${host.code}`));
  const whole = frame(text, 'x'.repeat(50));
  for (const client of clients) client.socket.setNoDelay(true);
  for (const byte of whole) {
    await Promise.all(clients.map((client) => writeAll(client, Uint8Array.of(byte))));
  }
  for (const _ of clients) await host.until('from_str');
});

function writeAll({ socket }: RawClient, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

attack(
  'half a frame, then nothing, occupies no more memory than its bytes',
  async ({ relay }: Arena) => {
    const host = await openRoom(relay);
    const hostile = await upgrade(relay, `/${host.code}`);
    hostile.write(frame(binary, Buffer.alloc(MIB), { declared: 4 * MIB }));
    const backlog = await eventually(
      () => relay.metric('lobby_relay_backlog_bytes'),
      (bytes) => bytes >= MIB,
    );
    expect(backlog).toBeLessThan(1.5 * MIB);
    hostile.socket.destroy();
    await host.until('player_left');
  },
);
