import { expect, test } from 'vitest';
import { Host } from '../support/clients.js';
import { greet, letters, outcomes, statuses, tries } from '../support/outcomes.js';
import { WorkersRelay } from '../support/workers.js';

/*
 * Limits per address hold for all workers together, also for attempts that come at the same moment.
 */

const LIMITED = ['--limit-loopback'];

test('of connections', async () => {
  const relay = await WorkersRelay.start([...LIMITED, '--connections-per-address', '12']);
  const hosts = await relay.hostOnEach();
  const before = await openConnections(relay);
  for (const host of hosts) void greet(host);
  const players = tries(
    relay.url,
    hosts.map(({ code }) => code),
    40,
  );
  const counts = await outcomes(players);
  expect(counts).toEqual({ 0: 12 - before, 1013: 40 - (12 - before) });
  for (const player of players) player.cut();
  // The places are free again.
  await expect.poll(() => openConnections(relay)).toBe(before);
  expect(await outcomes(tries(relay.url, [hosts[1]?.code ?? ''], 1))).toEqual({ 0: 1 });
});

test('of new rooms', async () => {
  const relay = await WorkersRelay.start([...LIMITED, '--rooms-per-minute', '10']);
  const hosts = await Promise.all(Array.from({ length: 30 }, () => Host.connect(relay.url)));
  const counts = await outcomes(hosts);
  expect(counts).toEqual({ 0: 10, 4029: 20 });
});

test('of wrong codes', async () => {
  const relay = await WorkersRelay.start([...LIMITED, '--misses-per-minute', '10']);
  const wrong = Array.from({ length: 30 }, (_, index) => `${'BDFZ'[index % 4]}${letters(index)}`);
  expect(await outcomes(tries(relay.url, wrong, 30))).toEqual({ 4004: 10, 4029: 20 });
});

test('of wrong codes that plain requests ask about', async () => {
  const relay = await WorkersRelay.start([...LIMITED, '--misses-per-minute', '10']);
  const wrong = Array.from({ length: 30 }, (_, index) => `${'BDFZ'[index % 4]}${letters(index)}`);
  expect(await statuses(relay.http, wrong)).toEqual({ 404: 10, 429: 20 });
});

test.each(['password', 'resume token'])('of a wrong %s', async (secret) => {
  const relay = await WorkersRelay.start([...LIMITED, '--misses-per-minute', '10']);
  const host = await Host.connect(relay.url);
  host.command({ cmd: 'prepare', max_players: 99, hold: 60, password: 'tea' });
  const { key } = await host.until('prepare_reply');
  const path = (index: number): string =>
    secret === 'password'
      ? `${key}?password=wrong${index}`
      : `CREATE?room=${index % 2 ? key : 'BBBB'}&resume=${letters(index)}`;
  const paths = Array.from({ length: 40 }, (_, index) => path(index));
  const counts = await outcomes(tries(relay.url, paths, 40));
  if (secret === 'password') expect(counts).toEqual({ 4011: 10, 4029: 30 });
  // A wrong token counts once a minute for each code.
  else expect(counts).toEqual({ 4004: 40 });
});

test('of rooms in all', async () => {
  const relay = await WorkersRelay.start(['--max-rooms', '4']);
  for (let count = 0; count < 4; count++) await Host.open(relay.url);
  await expect.poll(async () => (await Host.connect(relay.url)).closed).toBeDefined();
  expect(await (await Host.connect(relay.url)).closed).toMatchObject({ code: 1013 });
});

async function openConnections({ http }: WorkersRelay): Promise<number> {
  const metrics = await (await fetch(`${http}/metrics`)).text();
  const open = metrics.matchAll(/^lobby_relay_connections\{role="(?:host|player)"\} (\d+)$/gm);
  return [...open].reduce((sum, [, count]) => sum + Number(count), 0);
}
