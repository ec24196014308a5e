import { decode } from 'cborg';
import { expect, test, vi } from 'vitest';
import { type Player, type Room, takeRoom } from '../../../../src/client/index.js';
import {
  type Greeting,
  readFrame,
  readGreeting,
  writeAck,
  writeGreeting,
  writeMessage,
} from '../../../../src/client/session/envelope.js';
import { EMPTY_GREETING, type FakeClock, FakeSocket, settle, stillEnvironment } from '../fakes.js';
import { openRoom, REPLY, receive, state } from './open-room.js';

const fromPlayer = (data: Uint8Array): void => receive({ cmd: 'from', from: 1, data });

/** The commands that were sent on the latest connection, with the frames in them. */
function sent(): readonly { readonly cmd: string; readonly data?: Uint8Array }[] {
  return FakeSocket.last.sent.map((frame) => decode(frame as Uint8Array));
}

function greetPlayer(fields: Partial<Greeting>): void {
  fromPlayer(writeGreeting({ from: 7, to: 0, ...EMPTY_GREETING, ...fields }));
}

/** A room with one player, with whom the host has agreed where to continue. */
async function openGame(): Promise<{ room: Room; player: Player; clock: FakeClock }> {
  const { room, clock } = await openRoom();
  receive({ cmd: 'player_joined', player: 1 });
  greetPlayer({ question: 1 });
  const question = sent().flatMap(({ data }) => (data && readGreeting(data)) ?? [])[0];
  greetPlayer({ to: question?.from ?? 0, answer: question?.question ?? 0, next: 1 });
  const [player] = room.players;
  if (player === undefined) throw new Error('nobody has joined');
  return { room, player, clock };
}

/** The connection is lost, and the first attempt to reconnect fails. */
function reconnect(clock: FakeClock): void {
  for (let attempt = 0; attempt < 2; attempt++) {
    FakeSocket.last.lose();
    clock.pass(clock.next);
  }
  FakeSocket.last.open();
}

test('the host leaves when the player has received the room, and all messages are acknowledged', async () => {
  const { room, player } = await openGame();
  const handedOver = room.handOver(player);
  await settle();
  fromPlayer(writeMessage({ kind: 'bytes', body: Uint8Array.of(5) }));
  const before = sent().length;
  expect(sent().some(({ cmd }) => cmd === 'leave')).toBe(false);
  fromPlayer(writeAck(1));
  expect(await handedOver).toBe(true);
  const [ack, leave] = sent().slice(-2);
  expect(ack?.data && readFrame(ack.data)).toEqual({ is: 'ack', ack: 1 });
  expect(leave).toEqual({ cmd: 'leave' });
  expect(sent().length).toBe(before + 2);
});

test('the host does not reconnect after that, and does not stop the room of the next host', async () => {
  const { room, player, clock } = await openGame();
  const handedOver = room.handOver(player);
  await settle();
  fromPlayer(writeAck(1));
  await handedOver;
  room.stop();
  expect(sent().at(-1)).toEqual({ cmd: 'leave' });
  const closed = vi.fn();
  room.on('close', closed);
  FakeSocket.last.lose();
  // As if the answer of the relay had arrived.
  expect(closed.mock.calls).toMatchObject([[{ code: 'closed', closeCode: 1000, reason: 'left' }]]);
  clock.pass(60_000);
  expect([room.status, FakeSocket.all.length]).toEqual(['closed', 1]);
});

test('the room is handed over if the player takes it before its acknowledgement arrives', async () => {
  const { room, player } = await openGame();
  const handedOver = room.handOver(player);
  await settle();
  FakeSocket.last.lose(4001, 'replaced by a newer connection');
  expect(await handedOver).toBe(true);
});

test('the room is not handed over if it ends before that', async () => {
  const { room, player } = await openGame();
  const handedOver = room.handOver(player);
  await settle();
  FakeSocket.last.lose(4004, 'no such room');
  expect(await handedOver).toBe(false);
});

test('a room that has ended is not handed over', async () => {
  const { room, player } = await openGame();
  FakeSocket.last.lose(4004, 'no such room');
  expect(room.status).toBe('closed');
  expect(await room.handOver(player)).toBe(false);
});

test.each([true, false])(
  'after an abandoned attempt, a host that may have an heir (%s) leaves to a newer one',
  async (mayHaveHeir) => {
    const { room, player, clock } = await openGame();
    if (mayHaveHeir) room.heir = player;
    reconnect(clock);
    FakeSocket.last.lose(4001, 'replaced by a newer connection');
    expect(room.status).toBe(mayHaveHeir ? 'closed' : 'away');
  },
);

test('after an abandoned attempt, the room is handed over if the player takes it', async () => {
  const { room, player, clock } = await openGame();
  reconnect(clock);
  const handedOver = room.handOver(player);
  FakeSocket.last.lose(4001, 'replaced by a newer connection');
  expect([await handedOver, room.status]).toEqual([true, 'closed']);
});

test('an attempt of the earlier host that arrives late does not end the room of the next host', async () => {
  const { WebSocket, clock } = stillEnvironment();
  const given = { code: 'BCDF', token: REPLY.resume, maxPlayers: 8, hold: 120, marks: [] };
  const taken = takeRoom('ws://relay', given, { WebSocket, clock, storage: null });
  await settle();
  const resume = (): void => {
    FakeSocket.last.open();
    receive({ ...REPLY, resumed: true }, state());
  };
  resume();
  const room = await taken;
  FakeSocket.last.lose(4001, 'replaced by a newer connection');
  expect(room.status).toBe('away');
  clock.pass(clock.next);
  resume();
  expect(room.status).toBe('open');
  FakeSocket.last.lose(4001, 'replaced by a newer connection');
  expect(room.status).toBe('closed');
});
