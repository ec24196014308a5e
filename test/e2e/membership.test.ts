import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Host, joined, Player } from '../support/clients.js';
import { frame, OPCODE, RawClient } from '../support/raw-client.js';
import { startRelay } from '../support/relay.js';

test('a host gets an empty state first, then the room it prepared', async () => {
  const { url } = await startRelay();
  const host = await Host.connect(url);
  const nobody = { cmd: 'state', players: [] };
  expect(await host.next()).toEqual({
    ...nobody,
    name: '',
    max_players: 0,
    accept_conns: false,
  });
  host.command({ cmd: 'prepare', max_players: 3, name: 'Trivia' });
  expect(await host.next()).toEqual({
    ...nobody,
    name: 'Trivia',
    max_players: 3,
    accept_conns: true,
  });
  const reply = await host.next();
  expect(reply).toEqual({
    cmd: 'prepare_reply',
    key: expect.stringMatching(/^[B-DF-HJ-NP-TV-XZ]{4}$/),
  });
  host.command({ cmd: 'prepare', max_players: 7, name: 'again' });
  expect(await host.next()).toEqual(reply);
  host.command({ cmd: 'open' });
  expect(await host.next()).toMatchObject({ name: 'Trivia', max_players: 3 });
});

test('a host gets player_joined, the message and player_left in order, with a state after each change', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await Player.join(url, host.code.toLowerCase());
  player.send('hello');
  await player.leave();
  const events = await host.inbox.take(5);
  expect(events.map(({ cmd }) => cmd)).toEqual([
    'player_joined',
    'state',
    'from_str',
    'player_left',
    'state',
  ]);
  expect(events).toMatchObject([
    { player: 1 },
    { players: [1] },
    { from: 1, data: 'hello' },
    { player: 1 },
    { players: [] },
  ]);
});

test('ids start at 1 in every room and are never reused', async () => {
  const { url } = await startRelay();
  for (let room = 0; room < 2; room++) {
    const host = await Host.open(url);
    const first = await joined(url, host);
    const second = await joined(url, host);
    await first.leave();
    const third = await joined(url, host);
    expect([first.id, second.id, third.id]).toEqual([1, 2, 3]);
  }
});

test('a full room refuses a player with 4007 without notifying the host, and accepts one after a leave', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url, { maxPlayers: 1 });
  const player = await Player.join(url, host.code);
  await host.until('player_joined');
  expect(await host.next()).toMatchObject({ players: [1], accept_conns: false });
  const refused = Player.connect(url, host.code);
  expect(await refused.closed).toEqual({ code: 4007, reason: 'room full' });
  expect(await host.settled()).toEqual([]);
  await player.leave();
  expect(await host.until('state')).toMatchObject({ players: [], accept_conns: true });
  expect((await joined(url, host)).id).toBe(2);
});

test('start refuses players with 4009, and open accepts them again', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  host.command({ cmd: 'start' });
  expect(await host.next()).toMatchObject({ cmd: 'state', accept_conns: false });
  const refused = Player.connect(url, host.code);
  expect(await refused.closed).toEqual({ code: 4009, reason: 'already started' });
  host.command({ cmd: 'open' });
  expect(await host.next()).toMatchObject({ cmd: 'state', accept_conns: true });
  await joined(url, host);
});

test('a kick closes with 4003 and drops later messages of the player', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  player.send('before');
  await host.until('from_str');
  host.command({ cmd: 'kick', player: player.id });
  // The client has not read the close frame yet when it sends these.
  for (let i = 0; i < 20; i++) player.send(`late ${i}`);
  expect(await host.next()).toEqual({ cmd: 'player_left', player: 1 });
  expect(await host.next()).toMatchObject({ cmd: 'state', players: [] });
  expect(await player.closed).toEqual({ code: 4003, reason: 'kicked' });
  expect(await host.settled()).toEqual([]);
});

test('kicking an unknown player is answered with the state', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  host.command({ cmd: 'kick', player: 99 });
  expect(await host.next()).toMatchObject({ cmd: 'state', players: [] });
});

test('before prepare, start, open and kick are answered with the state, and messages reach nobody', async () => {
  const { url } = await startRelay();
  const host = await Host.connect(url);
  const state = await host.next();
  host.command({ cmd: 'to_str', to: [], data: 'anybody?' });
  host.command({ cmd: 'to', to: [1], data: new Uint8Array([1]) });
  for (const command of [{ cmd: 'start' }, { cmd: 'open' }, { cmd: 'kick', player: 1 }]) {
    host.command(command);
    expect(await host.next()).toEqual(state);
  }
  host.command({ cmd: 'stop' });
  expect(await host.closed).toEqual({ code: 1001, reason: 'The game is done.' });
});

test('stop closes players with 4000 and the host with 1001, and frees the code', async () => {
  const { url, relay } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  expect([relay.rooms, relay.players]).toEqual([1, 1]);
  host.command({ cmd: 'to_str', to: [], data: 'bye' });
  host.command({ cmd: 'stop' });
  expect(await player.nextText()).toBe('bye');
  expect(await player.closed).toEqual({ code: 4000, reason: 'game over' });
  expect(await host.closed).toEqual({ code: 1001, reason: 'The game is done.' });
  expect([relay.rooms, relay.players]).toEqual([0, 0]);
  const late = Player.connect(url, host.code);
  expect(await late.closed).toEqual({ code: 4004, reason: 'no such room' });
});

test.each([
  ['closes', (host: Host) => host.leave()],
  ['is cut off', (host: Host) => host.cut()],
])('a host that %s ends its room: players get 4010', async (_, end) => {
  const { url, relay } = await startRelay();
  const host = await Host.open(url);
  const players = [await joined(url, host), await joined(url, host)];
  await end(host);
  for (const player of players) {
    expect(await player.closed).toEqual({ code: 4010, reason: 'host gone' });
  }
  expect(relay.rooms).toBe(0);
  expect(await Player.connect(url, host.code).closed).toMatchObject({ code: 4004 });
});

test('a host that sends a close frame but keeps its socket open has left', async () => {
  const { url, port } = await startRelay();
  const host = await RawClient.connect(port, '/CREATE?format=json');
  host.write(frame(OPCODE.text, '{"cmd":"prepare","max_players":2}'));
  const said = await host.until((bytes) => bytes.includes('prepare_reply'));
  const player = await Player.join(url, /"key":"(....)"/.exec(said.toString('latin1'))?.[1] ?? '');
  host.write(frame(OPCODE.close));
  expect(await player.closed).toMatchObject({ code: 4010 });
});

test('a player who loses the connection has left', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url);
  const player = await joined(url, host);
  player.cut();
  expect(await host.next()).toEqual({ cmd: 'player_left', player: 1 });
  expect(await host.next()).toMatchObject({ cmd: 'state', players: [] });
});

test('a player can join as soon as the host receives the first byte of the code', async () => {
  const { url } = await startRelay();
  const host = await Host.connect(url);
  const [player] = await new Promise<[Player]>((resolve) => {
    host.socket.on('message', () => {
      const last = host.inbox.rest.at(-1);
      if (last?.cmd === 'prepare_reply') resolve([Player.connect(url, last.key)]);
    });
    host.command({ cmd: 'prepare', max_players: 1, name: '' });
  });
  await once(player.socket, 'open');
  expect(await host.until('player_joined')).toMatchObject({ player: 1 });
});

test('max_players is limited by the relay, and state shows the result', async () => {
  const { url } = await startRelay({ maxPlayers: 5 });
  const host = await Host.connect(url);
  await host.next();
  host.command({ cmd: 'prepare', max_players: 4_000_000_000 });
  expect(await host.next()).toMatchObject({ max_players: 5, name: '' });
});

test('a full relay refuses hosts with 1013, and accepts one after another leaves', async () => {
  const { url } = await startRelay({ maxRooms: 1 });
  const unprepared = await Host.connect(url);
  const host = await Host.open(url);
  expect(await (await Host.connect(url)).closed).toEqual({ code: 1013, reason: 'relay full' });
  unprepared.command({ cmd: 'prepare', max_players: 1 });
  expect(await unprepared.closed).toEqual({ code: 1013, reason: 'relay full' });
  await host.leave();
  await Host.open(url);
});

test('two rooms are isolated from each other', async () => {
  const { url } = await startRelay();
  const [one, two] = [await Host.open(url), await Host.open(url)];
  const [first, second] = [await joined(url, one), await joined(url, two)];
  one.command({ cmd: 'to_str', to: [], data: 'one' });
  two.command({ cmd: 'to_str', to: [1], data: 'two' });
  expect(await first.nextText()).toBe('one');
  expect(await second.nextText()).toBe('two');
  first.send('from one');
  expect(await one.next()).toMatchObject({ cmd: 'from_str', from: 1, data: 'from one' });
  expect(await two.settled()).toEqual([]);
  expect([first.inbox.rest, second.inbox.rest]).toEqual([[], []]);
});

test('players who join in the same instant share one state, which precedes other events', async () => {
  const { url } = await startRelay();
  const host = await Host.open(url, { maxPlayers: 100 });
  const players = Array.from({ length: 50 }, () => Player.connect(url, host.code));
  for (const { socket } of players) socket.on('open', () => socket.send('here'));
  const events = await host.inbox.take(50 + 50);
  const known = new Set<number>();
  let stated = new Set<number>();
  while (events.length > 0 || stated.size < 50) {
    const { cmd, player, from, players: listed } = events.shift() ?? (await host.next());
    if (cmd === 'player_joined') known.add(player);
    if (cmd === 'state') stated = new Set(listed);
    if (cmd === 'state') expect(stated).toEqual(known);
    if (cmd === 'from_str') expect(stated).toContain(from);
  }
});
