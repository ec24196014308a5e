import { decode } from 'cborg';
import { expect, test } from 'vitest';
import { createRoom } from '../../../../src/client/index.js';
import { readFrame, writeGreeting } from '../../../../src/client/session/envelope.js';
import { MemoryStorage } from '../../../support/memory-storage.js';
import { type FakeClock, FakeSocket, FIRST_GREETING, stillEnvironment } from '../fakes.js';
import { openRoom, REPLY, receive, state } from './open-room.js';

/** The commands that were sent on the latest connection. */
function commands(): { readonly cmd: string; readonly to?: number[]; readonly data?: unknown }[] {
  return FakeSocket.last.sent.map((frame) => decode(frame as Uint8Array));
}

/** Breaks the connection, and resumes the room on a new one. */
function reconnect(clock: FakeClock, ...players: number[]): void {
  FakeSocket.last.lose();
  clock.pass(1_000);
  FakeSocket.last.open();
  receive({ ...REPLY, resumed: true }, state(...players));
}

test('commands are repeated on every new connection until they have taken effect', async () => {
  const { room, clock } = await openRoom();
  receive({ cmd: 'player_joined', player: 1 }, { cmd: 'player_joined', player: 2 });
  room.start();
  room.players[1]?.kick({ reason: 'Bye', ban: true });
  room.set({ name: 'Quiz' });
  room.set({ maxPlayers: 3 });
  reconnect(clock, 1, 2);
  const set = { cmd: 'set', name: 'Quiz', max_players: 3 };
  const kick = { cmd: 'kick', player: 2, reason: 'Bye', ban: true };
  expect(commands()).toEqual([{ cmd: 'start' }, set, kick]);
  receive({ cmd: 'player_left', player: 2 });
  room.open();
  reconnect(clock, 1);
  expect(commands()).toEqual([{ cmd: 'open' }, set]);
  room.stop();
  reconnect(clock, 1);
  expect(commands()).toEqual([{ cmd: 'stop' }]);
});

test('a player who has left is not kicked, however often the host reconnects', async () => {
  const { room, clock } = await openRoom();
  room.on('leave', (player) => player.kick());
  await Promise.resolve();
  receive({ cmd: 'player_joined', player: 1 });
  const [player] = room.players;
  receive({ cmd: 'player_left', player: 1 });
  player?.kick();
  reconnect(clock);
  expect(commands()).toEqual([]);
});

test('a player who has greeted gets wrapped messages, even if a cancelled timer fires', async () => {
  const { WebSocket, clock } = stillEnvironment();
  const clockWithoutCancel = {
    now: () => clock.now(),
    random: () => clock.random(),
    after(milliseconds: number, run: () => void) {
      clock.after(milliseconds, run);
      return () => {};
    },
  };
  const opened = createRoom('ws://relay', { WebSocket, clock: clockWithoutCancel, storage: null });
  await Promise.resolve();
  FakeSocket.last.open();
  receive(state(), REPLY, { cmd: 'player_joined', player: 1 });
  receive({ cmd: 'from', from: 1, data: writeGreeting(FIRST_GREETING) });
  clock.pass(1_000);
  (await opened).send('hello');
  expect(commands().at(-1)).toMatchObject({ cmd: 'to', to: [1] });
});

test.each<[string, unknown]>([
  ['null', null],
  ['a player', { id: 1 }],
  ['an id', 1],
  ['a string', '1'],
  ['the string of an id', ['1']],
  ['a player that was not found', [undefined]],
  ['NaN', [Number.NaN]],
  ['a fraction', [1.5]],
])('a message to %s throws an error, and is not sent', async (_name, to) => {
  const { room } = await openRoom();
  receive({ cmd: 'player_joined', player: 1 }, { cmd: 'from_str', from: 1, data: 'plain' });
  expect(() => room.send('secret', { to: to as number[] })).toThrow(/^send: to: expected /);
  room.send('to nobody', { to: [] });
  room.send('to a player who is not in the room', { to: [2] });
  room.send('to all');
  expect(commands().slice(1)).toEqual([{ cmd: 'to_str', to: [1], data: 'to all' }]);
});

test('messages to plain players that are sent while the room is resumed arrive in order', async () => {
  const { room, clock } = await openRoom();
  room.on('leave', () => room.send('sent at the leave'));
  await Promise.resolve();
  for (const player of [1, 2]) receive({ cmd: 'player_joined', player });
  for (const from of [1, 2]) receive({ cmd: 'from_str', from, data: 'plain' });
  room.on('status', (status) => {
    if (status === 'away') room.send('sent before', { to: [1] });
  });
  reconnect(clock, 1);
  expect(commands()).toEqual([
    { cmd: 'to_str', to: [1], data: 'sent before' },
    { cmd: 'to_str', to: [1], data: 'sent at the leave' },
  ]);
});

test('messages that were buffered for a player who turns out to use the SDK are wrapped', async () => {
  const { room, clock } = await openRoom();
  receive({ cmd: 'player_joined', player: 1 }, { cmd: 'player_joined', player: 2 });
  room.on('status', (status) => status === 'away' && room.send('welcome'));
  await Promise.resolve();
  FakeSocket.last.lose();
  clock.pass(1_000);
  FakeSocket.last.open();
  receive(
    { ...REPLY, resumed: true },
    { cmd: 'from', from: 1, data: writeGreeting(FIRST_GREETING) },
  );
  receive(state(1, 2));
  const frames = commands().map(({ cmd, to, data }) =>
    data instanceof Uint8Array ? [to, readFrame(data)?.is] : [to, cmd, data],
  );
  expect(frames).toEqual([
    [[1], 'greeting'],
    [[1], 'message'],
    [[2], 'to_str', 'welcome'],
  ]);
});

test.each([
  ['reported by the relay', { cmd: 'player_left', player: 2 }],
  ['missing in the state', state(1)],
])('a player who left during a reload, %s, is not stored', async (_name, event) => {
  const tab = new MemoryStorage();
  const page = async (...events: object[]): Promise<void> => {
    const { WebSocket, clock } = stillEnvironment();
    void createRoom('ws://relay', { WebSocket, clock, storage: tab });
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    FakeSocket.last.open();
    receive(...events);
  };
  /** The players that a new page greets: those that the previous page has stored. */
  const greeted = async (): Promise<unknown> => {
    await page({ ...REPLY, resumed: true }, state(1, 2));
    return commands().map(({ to }) => to);
  };
  await page(state(), REPLY);
  receive({ cmd: 'player_joined', player: 1 }, { cmd: 'player_joined', player: 2 });
  for (const from of [1, 2]) receive({ cmd: 'from', from, data: writeGreeting(FIRST_GREETING) });
  expect(await greeted()).toEqual([[1], [2]]);
  await page({ ...REPLY, resumed: true }, event);
  expect(await greeted()).toEqual([[1]]);
});

test('messages are buffered until they have a listener, even if other events have listeners', async () => {
  const { room } = await openRoom();
  receive({ cmd: 'player_joined', player: 1 }, { cmd: 'from_str', from: 1, data: 'first' });
  const received: unknown[] = [];
  for (const name of ['join', 'status', 'channel'] as const) {
    room.on(name, () => received.push(name));
  }
  await Promise.resolve();
  receive({ cmd: 'from_str', from: 1, data: 'second' });
  expect(received).toEqual(['status', 'join']);
  room.on('message', (_player, data) => received.push(data));
  await Promise.resolve();
  expect(received).toEqual(['status', 'join', 'first', 'second']);
});

test('players are in the order of joining, also if buffered messages come before the list', async () => {
  const { room, clock } = await openRoom();
  FakeSocket.last.lose();
  clock.pass(1_000);
  FakeSocket.last.open();
  const message = { cmd: 'from_str', from: 2, data: 'hi' };
  receive({ ...REPLY, resumed: true }, message, state(1, 2, 3));
  expect(room.players.map(({ id }) => id)).toEqual([1, 2, 3]);
});
