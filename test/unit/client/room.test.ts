import { decode, encode } from 'cborg';
import { expect, test } from 'vitest';
import { readFrame, writeGreeting } from '../../../src/client/exactly-once/envelope.js';
import { createRoom, type Room } from '../../../src/client/index.js';
import { type FakeClock, FakeSocket, newTab, stillEnvironment } from './fakes.js';

const CODE = 'BCDF';
const REPLY = { cmd: 'prepare_reply', key: CODE, resume: 'x'.repeat(24) };

/** The first of a player with the SDK: a question, by a page that the host does not know. */
const GREETING = { from: 7, to: 0, ask: 1, had: 0, answer: 0, origin: 0, next: 0, player: 0 };

function say(...events: object[]): void {
  for (const event of events) FakeSocket.last.receive(encode(event));
}

function state(...players: number[]): object {
  return { cmd: 'state', name: '', players, max_players: 8, accept_conns: true, away: [] };
}

/** What the relay has been sent on the latest line. */
function commands(): { readonly cmd: string; readonly to?: number[]; readonly data?: unknown }[] {
  return FakeSocket.last.sent.map((frame) => decode(frame as Uint8Array));
}

async function openRoom(): Promise<{ readonly room: Room; readonly clock: FakeClock }> {
  const { WebSocket, clock } = stillEnvironment();
  const opened = createRoom('ws://relay', { WebSocket, clock, storage: null });
  await Promise.resolve();
  FakeSocket.last.open();
  say(state(), REPLY);
  return { room: await opened, clock };
}

/** The line breaks, and the room is taken back on a new one. */
function comeBack(clock: FakeClock, ...players: number[]): void {
  FakeSocket.last.lose();
  clock.pass(1_000);
  FakeSocket.last.open();
  say({ ...REPLY, resumed: true }, state(...players));
}

test('what the game wants of its room is said again on every new line, while it holds', async () => {
  const { room, clock } = await openRoom();
  say({ cmd: 'player_joined', player: 1 }, { cmd: 'player_joined', player: 2 });
  room.start();
  room.players[1]?.kick();
  comeBack(clock, 1, 2);
  expect(commands()).toEqual([{ cmd: 'start' }, { cmd: 'kick', player: 2 }]);
  say({ cmd: 'player_left', player: 2 });
  room.open();
  comeBack(clock, 1);
  expect(commands()).toEqual([{ cmd: 'open' }]);
  room.stop();
  comeBack(clock, 1);
  expect(commands()).toEqual([{ cmd: 'stop' }]);
});

test('who has left is not kicked, however often there is a new line', async () => {
  const { room, clock } = await openRoom();
  room.on('leave', (player) => player.kick());
  await Promise.resolve();
  say({ cmd: 'player_joined', player: 1 });
  const [player] = room.players;
  say({ cmd: 'player_left', player: 1 });
  player?.kick();
  comeBack(clock);
  expect(commands()).toEqual([]);
});

test('who has greeted stays in envelopes, though a clock calls what was called off', async () => {
  const { WebSocket, clock } = stillEnvironment();
  const deaf = {
    now: () => clock.now(),
    random: () => clock.random(),
    after(milliseconds: number, run: () => void) {
      clock.after(milliseconds, run);
      return () => {};
    },
  };
  const opened = createRoom('ws://relay', { WebSocket, clock: deaf, storage: null });
  await Promise.resolve();
  FakeSocket.last.open();
  say(state(), REPLY, { cmd: 'player_joined', player: 1 });
  say({ cmd: 'from', from: 1, data: writeGreeting(GREETING) });
  clock.pass(1_000);
  (await opened).send('hello');
  expect(commands().at(-1)).toMatchObject({ cmd: 'to', to: [1] });
});

test('plain players get in order what is sent while the room catches up', async () => {
  const { room, clock } = await openRoom();
  room.on('leave', () => room.send('sent at the leave'));
  await Promise.resolve();
  for (const player of [1, 2]) say({ cmd: 'player_joined', player });
  for (const from of [1, 2]) say({ cmd: 'from_str', from, data: 'I am plain' });
  room.on('status', (status) => {
    if (status === 'away') room.send('sent before', { to: [1] });
  });
  comeBack(clock, 1);
  expect(commands()).toEqual([
    { cmd: 'to_str', to: [1], data: 'sent before' },
    { cmd: 'to_str', to: [1], data: 'sent at the leave' },
  ]);
});

test('what waits for a player who turns out to have the SDK goes in envelopes', async () => {
  const { room, clock } = await openRoom();
  say({ cmd: 'player_joined', player: 1 }, { cmd: 'player_joined', player: 2 });
  room.on('status', (status) => status === 'away' && room.send('welcome'));
  await Promise.resolve();
  FakeSocket.last.lose();
  clock.pass(1_000);
  FakeSocket.last.open();
  say({ ...REPLY, resumed: true }, { cmd: 'from', from: 1, data: writeGreeting(GREETING) });
  say(state(1, 2));
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
  ['said by the relay', { cmd: 'player_left', player: 2 }],
  ['seen from who is there', state(1)],
])('who left while the page was reloaded, %s, is not remembered', async (_name, event) => {
  const tab = newTab();
  const page = async (...events: object[]): Promise<void> => {
    const { WebSocket, clock } = stillEnvironment();
    void createRoom('ws://relay', { WebSocket, clock, storage: tab });
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    FakeSocket.last.open();
    say(...events);
  };
  /** Whom a page greets that finds both in the room: those whom the page before has known. */
  const greeted = async (): Promise<unknown> => {
    await page({ ...REPLY, resumed: true }, state(1, 2));
    return commands().map(({ to }) => to);
  };
  await page(state(), REPLY);
  say({ cmd: 'player_joined', player: 1 }, { cmd: 'player_joined', player: 2 });
  for (const from of [1, 2]) say({ cmd: 'from', from, data: writeGreeting(GREETING) });
  expect(await greeted()).toEqual([[1], [2]]);
  await page({ ...REPLY, resumed: true }, event);
  expect(await greeted()).toEqual([[1]]);
});
