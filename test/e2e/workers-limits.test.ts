import { expect, test } from 'vitest';
import { Host, Player } from '../support/clients.js';
import { WorkersRelay } from '../support/workers.js';

/*
 * Limits per address hold for all workers together, also for attempts that come at the same moment.
 */

const LIMITED = ['--limit-loopback'];

/** How many connections were closed with each code; 0 for those that stay open. */
async function outcomes(clients: readonly (Host | Player)[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { closed, inbox } of clients) {
    const code = await Promise.race([
      closed.then(({ code: each }) => each),
      inbox.next().then(() => 0),
    ]);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

/** `count` players who try these codes in turn. A host greets those who get in. */
function tries(url: string, paths: readonly string[], count: number): Player[] {
  return Array.from({ length: count }, (_, index) =>
    Player.connect(url, paths[index % paths.length] ?? ''),
  );
}

/** Greets players, so that one who gets in can be told from one who is refused later. */
async function greet(host: Host): Promise<void> {
  for (;;) {
    const { player } = await host.until('player_joined');
    host.command({ cmd: 'to_str', to: [player], data: 'welcome' });
  }
}

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

/** Three letters that differ for each number. */
function letters(number: number): string {
  const alphabet = 'BCDFGHJKLM';
  return [...String(number).padStart(3, '0')].map((digit) => alphabet[Number(digit)]).join('');
}
