import { decode, encode } from 'cborg';
import { expect, test } from 'vitest';
import { createRoom, type Room } from '../../../src/client/index.js';
import { type FakeClock, FakeSocket, stillEnvironment } from './fakes.js';

const CODE = 'BCDF';
const REPLY = { cmd: 'prepare_reply', key: CODE, resume: 'x'.repeat(24) };

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

test('plain players get in order what is sent while the room catches up', async () => {
  const { room, clock } = await openRoom();
  room.on('leave', () => room.send('sent at the leave'));
  await Promise.resolve();
  for (const player of [1, 2]) say({ cmd: 'player_joined', player });
  for (const from of [1, 2]) say({ cmd: 'from_str', from, data: 'I am plain' });
  FakeSocket.last.lose();
  room.send('sent before', { to: [1] });
  clock.pass(1_000);
  FakeSocket.last.open();
  say({ ...REPLY, resumed: true }, state(1));
  expect(commands()).toEqual([
    { cmd: 'to_str', to: [1], data: 'sent before' },
    { cmd: 'to_str', to: [1], data: 'sent at the leave' },
  ]);
});
