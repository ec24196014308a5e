import { expect, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { nobodyCanJoin, startRelay } from '../support/relay.js';

/** Longer than any test, in seconds. */
const LONG = 300;

test('a player who does not read is cut, and everybody else hears everything', async () => {
  const { url, relay } = await startRelay({ playerBacklog: 4 << 20, stall: LONG });
  const host = await Host.open(url);
  const [slow, other] = [await joined(url, host), await joined(url, host)];
  slow.socket.pause();
  // More than the kernel takes for a socket that nobody reads.
  const COUNT = 40;
  for (let i = 0; i < COUNT; i++) {
    host.command({ cmd: 'to', to: [], data: Buffer.alloc(1 << 20, i) });
    // One by one: who is sent more at once than may wait is slow as well.
    expect((await other.next()).data[0]).toBe(i);
  }
  expect(await host.until('player_left')).toEqual({ cmd: 'player_left', player: slow.id });
  slow.socket.resume();
  await slow.closed;
  expect(relay.players).toBe(1);
  host.command({ cmd: 'to_str', to: [], data: 'the party goes on' });
  expect(await other.nextText()).toBe('the party goes on');
});

test('a host that does not read loses nothing: its players are read again when it does', async () => {
  const { url, http } = await startRelay({ hostBacklog: 64 * 1024, playerBytes: 0 });
  const host = await Host.open(url, { query: '?bytes=1' });
  const player = await joined(url, host);
  host.socket.pause();
  const COUNT = 40;
  for (let i = 0; i < COUNT; i++) player.send(Buffer.alloc(1 << 20, i));
  // Once more waits for the host than may, its players are not read, and nobody can join.
  await nobodyCanJoin(http, host.code);
  const late = Player.connect(url, host.code);
  expect(await late.closed).toEqual({ code: 1013, reason: 'relay full' });
  host.socket.resume();
  for (let i = 0; i < COUNT; i++) {
    const { cmd, data } = await host.next();
    expect([cmd, data.length, data[0]]).toEqual(['from', 1 << 20, i]);
  }
});

test('a player who is kicked while much waits is kicked, and not too slow as well', async () => {
  const { url, http } = await startRelay({ playerBacklog: 64 * 1024 });
  const host = await Host.open(url);
  const player = await joined(url, host);
  player.socket.pause();
  for (let i = 0; i < 2; i++) host.command({ cmd: 'to', to: [], data: new Uint8Array(4_000_000) });
  host.command({ cmd: 'kick', player: player.id });
  await host.until('player_left');
  player.socket.resume();
  await player.closed;
  const closes = (await (await fetch(`${http}/metrics`)).text()).match(/^lobby_relay_closes.*$/gm);
  expect(closes).toHaveLength(1);
});

test('a host that asks on and on and does not read is not read either', async () => {
  const { url, http } = await startRelay({ hostBacklog: 64 * 1024 });
  const host = await Host.open(url, { name: 'x'.repeat(1000) });
  host.socket.pause();
  const backlog = async (): Promise<number> => {
    const text = await (await fetch(`${http}/metrics`)).text();
    return Number(/^lobby_relay_backlog_bytes (\d+)$/m.exec(text)?.[1]);
  };
  // Until nothing more is taken from it: its own socket has to keep what it sends.
  while (host.socket.bufferedAmount === 0 || (await backlog()) === 0) {
    for (let i = 0; i < 10_000; i++) host.command({ cmd: 'start' });
    await backlog();
  }
  expect(await backlog()).toBeLessThan(8 * 1024 * 1024);
});

test('a room that ends while much waits still tells its players everything, and then why', async () => {
  const { url } = await startRelay({ playerBacklog: 64 << 20 });
  const host = await Host.open(url);
  const player = await joined(url, host);
  player.socket.pause();
  const COUNT = 12;
  for (let i = 0; i < COUNT; i++)
    host.command({ cmd: 'to', to: [], data: Buffer.alloc(1 << 20, i) });
  host.command({ cmd: 'stop' });
  await host.closed;
  player.socket.resume();
  for (let i = 0; i < COUNT; i++) {
    const { data } = await player.next();
    expect([data.length, data[0]]).toEqual([1 << 20, i]);
  }
  expect(await player.closed).toEqual({ code: 4000, reason: 'game over' });
});
