import { expect, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { freshMetrics } from '../support/metrics.js';
import { roomInfo, startRelay } from '../support/relay.js';

/** A host whose room has an audience. */
async function watched(url: string, audience = 100, more: object = {}): Promise<Host> {
  const host = await Host.connect(url);
  host.command({ cmd: 'prepare', max_players: 2, name: 'Quiz', audience, ...more });
  const { key, resume = '' } = await host.until('prepare_reply');
  return Object.assign(host, { code: key, token: resume });
}

const viewer = (url: string, { code }: Host): Promise<Player> =>
  Player.join(url, `${code}?as=audience`);

test('a viewer gets what is sent to the audience, and is no player', async () => {
  const { url, http, relay } = await startRelay();
  const host = await watched(url);
  const player = await joined(url, host);
  const viewers = [await viewer(url, host), await viewer(url, host)];
  expect(await host.next()).toEqual({ cmd: 'audience', count: 1 });
  host.command({ cmd: 'to', to: [], data: Uint8Array.of(1) });
  host.command({ cmd: 'to', to: [], data: Uint8Array.of(2), audience: true });
  host.command({ cmd: 'to_str', to: [], data: 'only', audience: 'only' });
  expect(await player.inbox.take(2)).toMatchObject([
    { data: Buffer.of(1) },
    { data: Buffer.of(2) },
  ]);
  for (const each of viewers) {
    expect((await each.next()).data).toEqual(Buffer.of(2));
    expect(await each.nextText()).toBe('only');
  }
  expect(await host.next()).toEqual({ cmd: 'audience', count: 2 });
  expect(relay.players).toBe(1);
  expect(await roomInfo(http, host.code)).toMatchObject({ players: 1, audience: 2 });
  const metrics = await freshMetrics(http);
  expect(metrics).toContain('lobby_relay_connections{role="viewer"} 2\n');
  expect(metrics).toContain('lobby_relay_joins_total{result="joined"} 1\n');
});

test('what a viewer sends reaches nobody, and more than a vote needs closes it', async () => {
  const { url } = await startRelay();
  const host = await watched(url);
  const quiet = await viewer(url, host);
  await host.until('audience');
  quiet.send('hello?');
  quiet.send(Buffer.from('hello?'));
  quiet.send('x'.repeat(1024));
  const loud = await viewer(url, host);
  loud.send('x'.repeat(1025));
  expect(await loud.closed).toEqual({ code: 1009, reason: 'message too big' });
  host.command({ cmd: 'to_str', to: [], data: 'still there', audience: true });
  expect(await quiet.nextText()).toBe('still there');
  const events = await host.settled();
  expect(events.filter(({ cmd }) => cmd !== 'audience')).toEqual([]);
});

test('a viewer may send as much as a page does that sends in every frame', async () => {
  const { url } = await startRelay();
  const host = await watched(url);
  const eager = await viewer(url, host);
  for (let i = 0; i < 1000; i++) eager.send('A');
  host.command({ cmd: 'poll', choices: ['A'] });
  expect(await host.until('tally')).toEqual({ cmd: 'tally', counts: [0] });
  eager.send('A');
  expect(await host.until('tally')).toEqual({ cmd: 'tally', counts: [1] });
});

test('the audience is full with 4007, and ends with the room', async () => {
  const { url } = await startRelay();
  const host = await watched(url, 2);
  const viewers = [await viewer(url, host), await viewer(url, host)];
  const third = Player.connect(url, `${host.code}?as=audience`);
  expect(await third.closed).toEqual({ code: 4007, reason: 'room full' });
  const player = await joined(url, host);
  host.command({ cmd: 'stop' });
  for (const each of [...viewers, player]) expect((await each.closed).code).toBe(4000);
});

test('viewers count as connections of their address, and leave a quarter of all to others', async () => {
  const perAddress = await startRelay({ connectionsPerAddress: 3, limitLoopback: true });
  const host = await watched(perAddress.url);
  for (let i = 0; i < 2; i++) await viewer(perAddress.url, host);
  const fourth = Player.connect(perAddress.url, `${host.code}?as=audience`);
  expect(await fourth.closed).toEqual({ code: 1013, reason: 'relay full' });

  const inTotal = await startRelay({ maxConnections: 8 });
  const other = await watched(inTotal.url);
  for (let i = 0; i < 5; i++) await viewer(inTotal.url, other);
  const sixth = Player.connect(inTotal.url, `${other.code}?as=audience`);
  expect(await sixth.closed).toEqual({ code: 1013, reason: 'relay full' });
  await joined(inTotal.url, other);
  const metrics = await freshMetrics(inTotal.http);
  expect(metrics).toContain('lobby_relay_joins_total{result="joined"} 1\n');
  expect(metrics).toContain('lobby_relay_joins_total{result="relay_full"} 0\n');
});

test('in a room without an audience, who wants to watch is a player', async () => {
  const [one, other] = [await startRelay(), await startRelay({ maxAudience: 0 })];
  const rooms = [
    { url: one.url, host: await Host.open(one.url) },
    { url: other.url, host: await watched(other.url) },
  ];
  for (const { url, host } of rooms) {
    const player = await viewer(url, host);
    expect(await host.until('player_joined')).toEqual({ cmd: 'player_joined', player: 1 });
    await player.leave();
  }
});

test('viewers stay while the host reconnects, and the host gets their number', async () => {
  const { url } = await startRelay();
  const host = await watched(url, 100, { hold: 60 });
  const watching = await viewer(url, host);
  await host.until('audience');
  host.cut();
  const again = await Host.resume(url, host);
  expect(await again.until('audience')).toEqual({ cmd: 'audience', count: 1 });
  again.command({ cmd: 'to_str', to: [], data: 'back', audience: true });
  expect(await watching.nextText()).toBe('back');
});

test('a JSON host reads and sends all of it as JSON', async () => {
  const { url } = await startRelay();
  const host = await Host.connect(url, '?format=json');
  const say = (command: object) => host.send(JSON.stringify(command));
  say({ cmd: 'prepare', max_players: 2, audience: 5 });
  const { key, with: features } = await host.until('prepare_reply');
  expect(features).toContain('audience');
  const watching = await Player.join(url, `${key}?as=audience`);
  say({ cmd: 'poll', choices: ['Käse', 'B'] });
  expect(await host.until('tally')).toEqual({ cmd: 'tally', counts: [0, 0] });
  watching.send('Käse');
  expect(await host.until('tally')).toEqual({ cmd: 'tally', counts: [1, 0] });
  say({ cmd: 'to_str', to: [], data: 'hi', audience: 'only' });
  expect(await watching.nextText()).toBe('hi');
  say({ cmd: 'poll', choices: ['A', 'A'] });
  expect(await host.until('error')).toMatchObject({ code: 'bad_field' });
});

test('a viewer needs the password of the room, and guessing one is a miss', async () => {
  const { url } = await startRelay({ missesPerMinute: 2, limitLoopback: true });
  const host = await watched(url, 100, { password: 'sesame' });
  const guess = (password: string) =>
    Player.connect(url, `${host.code}?as=audience&password=${password}`).closed;
  expect(await guess('open')).toEqual({ code: 4011, reason: 'wrong password' });
  await Player.join(url, `${host.code}?as=audience&password=sesame`);
  expect(await host.until('audience')).toEqual({ cmd: 'audience', count: 1 });
  await guess('up');
  expect(await guess('sesame')).toEqual({ code: 4029, reason: 'too many attempts' });
});

test('a viewer who floods is closed with 4029', async () => {
  const { url } = await startRelay();
  const host = await watched(url);
  const flooding = await viewer(url, host);
  for (let i = 0; i < 10_000; i++) flooding.send('A');
  expect(await flooding.closed).toEqual({ code: 4029, reason: 'too many attempts' });
});
