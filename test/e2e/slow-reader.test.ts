import { expect, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { freshMetrics, metricsOf } from '../support/metrics.js';
import { nobodyCanJoin, startRelay } from '../support/relay.js';

/** Longer than any test, in seconds. */
const LONG = 300;

test('a player who does not read is closed, and all others get every message', async () => {
  const { url, relay } = await startRelay({ playerBacklog: 4 << 20, stall: LONG });
  const host = await Host.open(url);
  const [slow, other] = [await joined(url, host), await joined(url, host)];
  slow.socket.pause();
  // More than the kernel buffers for a socket that is not read.
  const COUNT = 40;
  for (let i = 0; i < COUNT; i++) {
    host.command({ cmd: 'to', to: [], data: Buffer.alloc(1 << 20, i) });
    // One by one, because a burst beyond the limit would close any player.
    expect((await other.next()).data[0]).toBe(i);
  }
  expect(await host.until('player_left')).toEqual({ cmd: 'player_left', player: slow.id });
  slow.socket.resume();
  await slow.closed;
  expect(relay.players).toBe(1);
  host.command({ cmd: 'to_str', to: [], data: 'the party goes on' });
  expect(await other.nextText()).toBe('the party goes on');
});

test('a host that does not read loses nothing: reading from its players pauses and resumes', async () => {
  const { url, http } = await startRelay({ hostBacklog: 64 * 1024, playerBytes: 0 });
  const host = await Host.open(url, { query: '?bytes=1' });
  const player = await joined(url, host);
  host.socket.pause();
  const COUNT = 40;
  for (let i = 0; i < COUNT; i++) player.send(Buffer.alloc(1 << 20, i));
  // When the host's backlog is full, reading from its players pauses, and joins are refused.
  await nobodyCanJoin(http, host.code);
  const late = Player.connect(url, host.code);
  expect(await late.closed).toEqual({ code: 4012, reason: 'host busy' });
  host.socket.resume();
  for (let i = 0; i < COUNT; i++) {
    const { cmd, data } = await host.next();
    expect([cmd, data.length, data[0]]).toEqual(['from', 1 << 20, i]);
  }
});

test('a player who is kicked with a large backlog is closed as kicked, not as too slow', async () => {
  const { url, http } = await startRelay({ playerBacklog: 64 * 1024 });
  const host = await Host.open(url);
  const player = await joined(url, host);
  player.socket.pause();
  for (let i = 0; i < 2; i++) host.command({ cmd: 'to', to: [], data: new Uint8Array(4_000_000) });
  host.command({ cmd: 'kick', player: player.id });
  await host.until('player_left');
  player.socket.resume();
  await player.closed;
  const closes = (await freshMetrics(http)).match(/^lobby_relay_closes.* [^0]\d*$/gm);
  expect(closes).toHaveLength(1);
});

test('reading from a host pauses if it sends commands but does not read the answers', async () => {
  const { url, http } = await startRelay({ hostBacklog: 64 * 1024 });
  const host = await Host.open(url, { name: 'x'.repeat(1000) });
  host.socket.pause();
  const backlog = async (read = metricsOf): Promise<number> =>
    Number(/^lobby_relay_backlog_bytes (\d+)$/m.exec(await read(http))?.[1]);
  // Until its own socket has to buffer what it sends.
  while (host.socket.bufferedAmount === 0 || (await backlog()) === 0) {
    for (let i = 0; i < 10_000; i++) host.command({ cmd: 'start' });
    await backlog();
  }
  expect(await backlog(freshMetrics)).toBeLessThan(8 * 1024 * 1024);
});

test('a room that ends with large backlogs still sends its players everything, then the reason', async () => {
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
