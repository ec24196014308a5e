import { encode } from 'cborg';
import { createRoom, type Room, type RoomOptions } from '../../../../src/client/index.js';
import { type FakeClock, FakeSocket, stillEnvironment } from '../fakes.js';

export const REPLY = { cmd: 'prepare_reply', key: 'BCDF', resume: 'x'.repeat(24) };

/** The `state` of a room with these players, who are connected. */
export function state(...players: number[]): object {
  return { cmd: 'state', name: '', players, max_players: 8, accept_conns: true, away: [] };
}

/** The host receives these events on its latest connection. */
export function receive(...events: object[]): void {
  for (const event of events) FakeSocket.last.receive(encode(event));
}

/** Opens a room at a relay that sends these events. */
export async function openRoom(
  options: RoomOptions = {},
  events: readonly object[] = [state(), REPLY],
): Promise<{ readonly room: Room; readonly clock: FakeClock }> {
  const { WebSocket, clock } = stillEnvironment();
  const opened = createRoom('ws://relay', { WebSocket, clock, storage: null, ...options });
  await Promise.resolve();
  FakeSocket.last.open();
  receive(...events);
  return { room: await opened, clock };
}
