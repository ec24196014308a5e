import { once } from 'node:events';
import { connect } from 'node:net';
import { decode, encode } from 'cborg';
import { describe, expect, test, vi } from 'vitest';
import { Room } from '../../src/rooms/room.js';
import { type Event, Host, joined, Player } from '../support/clients.js';
import { frame, OPCODE, RawClient, upgradeRequest } from '../support/raw-client.js';
import { startRelay } from '../support/relay.js';

describe('an invalid command is answered with an error and has no effect', () => {
  const cases: [string, unknown, Event][] = [
    ['no map', [1], { code: 'bad_cbor' }],
    ['no cmd', {}, { code: 'unknown_command' }],
    ['an unknown cmd', { cmd: 'dance' }, { code: 'unknown_command' }],
    ['an event', { cmd: 'from', from: 1, data: [1] }, { code: 'wrong_direction' }],
    ['no to', { cmd: 'to', data: [1] }, { code: 'bad_field', reason: /^to: .*list.*nothing/ }],
    [
      'to as a number',
      { cmd: 'to', to: 1, data: [1] },
      { code: 'bad_field', reason: /^to: .*got 1/ },
    ],
    ['no data', { cmd: 'to', to: [] }, { code: 'bad_field', reason: /^data: / }],
    [
      'text as bytes',
      { cmd: 'to', to: [], data: 'x' },
      { code: 'bad_field', reason: /^data: .*got text/ },
    ],
    [
      'bytes as text',
      { cmd: 'to_str', to: [], data: [1] },
      { code: 'bad_field', reason: /^data: / },
    ],
    ['256 as a byte', { cmd: 'to', to: [], data: [256] }, { code: 'bad_field', reason: /^data: / }],
    ['no player', { cmd: 'kick' }, { code: 'bad_field', reason: /^player: / }],
    [
      'no players',
      { cmd: 'prepare', max_players: 0 },
      { code: 'bad_field', reason: /^max_players: .*got 0/ },
    ],
    [
      'half a player',
      { cmd: 'prepare', max_players: 1.5 },
      { code: 'bad_field', reason: /got 1.5/ },
    ],
    [
      'a number as name',
      { cmd: 'prepare', max_players: 1, name: 5 },
      { code: 'bad_field', reason: /^name: / },
    ],
  ];

  test.each(cases)('%s', async (_, command, { code, reason = /./ }) => {
    const { url, relay } = await startRelay();
    for (const write of [encode, JSON.stringify]) {
      const unprepared = await Host.connect(url);
      await unprepared.next();
      unprepared.send(write(command) as Uint8Array);
      expect(await unprepared.next()).toEqual({
        cmd: 'error',
        code: code === 'bad_cbor' && write === JSON.stringify ? 'bad_json' : code,
        reason: expect.stringMatching(reason),
      });
      expect(relay.rooms).toBe(0);
      await unprepared.leave();

      const host = await Host.open(url);
      const player = await joined(url, host);
      host.send(write(command) as Uint8Array);
      expect(await host.next()).toMatchObject({ cmd: 'error' });
      host.command({ cmd: 'to_str', to: [], data: 'the party goes on' });
      expect(await player.nextText()).toBe('the party goes on');
      await host.leave();
    }
  });
});

test('a message with compressed references is not expanded', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  // Tag 51 of cbor-x, records, shared references and similar: refused because of their tags.
  for (const hex of ['d833', 'd81c', 'd81d01', 'd9e00081', 'd9dff0', 'c2', 'd84e']) {
    host.send(Buffer.from(`${hex}a0`, 'hex'));
    expect(await host.next()).toMatchObject({ cmd: 'error', code: 'bad_cbor' });
  }
  host.send(Buffer.from('d9e0008101', 'hex'));
  expect((await host.next()).reason).toContain('useRecords: false');
});

describe('an invalid frame closes the connection of its sender and no other', () => {
  const cases: [string, Buffer, number][] = [
    ['unmasked', frame(OPCODE.text, 'x', { masked: false }), 1002],
    ['a reserved bit', frame(OPCODE.text, 'x', { reserved: 4 }), 1002],
    ['a reserved opcode', frame(3, 'x'), 1002],
    ['a continuation of nothing', frame(OPCODE.continuation, 'x'), 1002],
    ['a fragmented ping', frame(OPCODE.ping, '', { fin: false }), 1002],
    ['a ping that is too long', frame(OPCODE.ping, 'x'.repeat(126)), 1002],
    ['a close code that may not be sent', frame(OPCODE.close, Uint8Array.of(0x03, 0xed)), 1002],
    ['half a close code', frame(OPCODE.close, Uint8Array.of(3)), 1002],
    ['text that is no UTF-8', frame(OPCODE.text, Uint8Array.of(0xc3, 0x28)), 1007],
    ['a declared length above the bound', frame(OPCODE.binary, '', { declared: 2 ** 33 }), 1009],
  ];

  test.each(cases)('%s', async (_, bytes, code) => {
    const { url, port } = await startRelay();
    const host = await Host.open(url);
    const neighbour = await joined(url, host);
    const hostile = await RawClient.connect(port, `/${host.code}`);
    await host.until('player_joined');
    await host.next();
    hostile.write(bytes);
    expect(await hostile.closeCode()).toBe(code);
    expect(await host.next()).toEqual({ cmd: 'player_left', player: 2 });
    neighbour.send('still here');
    expect(await host.until('from_str')).toMatchObject({ from: 1, data: 'still here' });
  });
});

test('a message in many fragments, with pings between, arrives whole', async () => {
  const { url, port } = await startRelay();
  const host = await Host.open(url);
  const player = await RawClient.connect(port, `/${host.code}`);
  await host.until('state');
  player.write(frame(OPCODE.text, 'a', { fin: false }));
  for (let i = 0; i < 100; i++) {
    player.write(frame(OPCODE.continuation, 'b', { fin: false }));
    player.write(frame(OPCODE.ping, 'p'));
  }
  player.write(frame(OPCODE.continuation, 'c'));
  expect((await host.next()).data).toBe(`a${'b'.repeat(100)}c`);
  await player.until((bytes) => bytes.length >= 300);
  expect(player.received.subarray(0, 6).toString('hex')).toBe('8a01708a0170');
});

test('a frame in the same packet as the upgrade request is not lost', async () => {
  const { url, port } = await startRelay();
  const host = await Host.open(url);
  const socket = connect(port, '127.0.0.1');
  socket.write(
    Buffer.concat([Buffer.from(upgradeRequest(`/${host.code}`)), frame(OPCODE.text, 'early')]),
  );
  expect(await host.until('from_str')).toMatchObject({ from: 1, data: 'early' });
  socket.destroy();
});

test.each([
  [
    'no key',
    'GET /CREATE HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
  ],
  ['a target that is no URL', upgradeRequest('//[').replace('13', '12')],
])('an upgrade with %s is answered in HTTP', async (_, request) => {
  const { port, http } = await startRelay();
  const socket = connect(port, '127.0.0.1');
  socket.write(request);
  const [answer] = await once(socket, 'data');
  expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 4\d\d /);
  expect((await fetch(`${http}/health`)).status).toBe(200);
  socket.destroy();
});

test('a request that offers another protocol is answered normally', async () => {
  const { port } = await startRelay();
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n',
  );
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  const answer = Buffer.concat(chunks).toString('latin1');
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toContain('{"status":"ok"}');
});

test('a connection that breaks during the handshake affects no other', async () => {
  const { url, port } = await startRelay();
  for (let length = 1; length < upgradeRequest('/CREATE').length; length += 20) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(upgradeRequest('/CREATE').slice(0, length));
    socket.resetAndDestroy();
  }
  await Host.open(url);
});

test('an exception in the relay ends one room with 1011 and a log line, and the others continue', async () => {
  const faults: unknown[] = [];
  const logger = {
    error: (fields: object) => faults.push(fields),
    info() {},
    warn() {},
    debug() {},
  };
  const { url } = await startRelay({ logger } as never);
  const host = await Host.open(url);
  const player = await joined(url, host);
  const other = await Host.open(url);
  const spy = vi.spyOn(Room.prototype, 'send').mockImplementationOnce(() => {
    throw new Error('a bug');
  });
  host.command({ cmd: 'to_str', to: [], data: 'boom' });
  expect(await host.closed).toEqual({ code: 1011, reason: 'internal error' });
  expect(await player.closed).toMatchObject({ code: 1011 });
  expect(faults).toEqual([{ err: new Error('a bug') }]);
  spy.mockRestore();
  expect(await other.settled()).toEqual([]);
});

test('the relay speaks CBOR that a strict decoder accepts', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const raw = new Promise<Buffer>((resolve) => host.socket.once('message', resolve));
  host.command({ cmd: 'start' });
  const strict = decode(await raw, {
    strict: true,
    allowIndefinite: false,
    rejectDuplicateMapKeys: true,
  });
  expect(strict).toMatchObject({ cmd: 'state', accept_conns: false });
});

test('players get nothing that the host did not send', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await Player.join(url, host.code);
  await host.until('state');
  host.command({ cmd: 'start' });
  host.command({ cmd: 'nonsense' });
  host.command({ cmd: 'to', to: [], data: [0] });
  expect(await player.next()).toEqual({ data: Buffer.from([0]), binary: true });
});
