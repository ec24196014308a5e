import { frame, OPCODE } from '../support/raw-client.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress } from './attackers.js';
import { type CountingClient, type CountingHost, quietPlayers, quietRoom } from './crowd.js';

/* As many players as one address may have, which all leave or are closed at the same moment. */

const attack = arena([], { oldSpace: 64, mostToWait: WAIT_FAILS });

const PLAYERS = 250;

const STOP = frame(OPCODE.text, '{"cmd":"stop"}');
const GOING_AWAY = Buffer.from([3, 233]);

type Leave = (players: readonly CountingClient[], host: CountingHost) => void;

const each =
  (leave: (player: CountingClient) => unknown): Leave =>
  (players) => {
    for (const player of players) leave(player);
  };

const WAYS: Record<string, Leave> = {
  'end their sockets': each(({ raw }) => raw.socket.end()),
  'reset their sockets': each(({ raw }) => raw.socket.resetAndDestroy()),
  'send close frames': each(({ raw }) => raw.write(frame(OPCODE.close, GOING_AWAY))),
  'break the protocol': each(({ raw }) => raw.write(frame(OPCODE.text, '', { reserved: 7 }))),
  'send close frames in a row': each(({ raw }) =>
    raw.write(Buffer.concat(new Array(1000).fill(frame(OPCODE.close, GOING_AWAY)))),
  ),
  'are closed with their room': (_, { raw }) => raw.write(STOP),
  'are left by their host': (_, { raw }) => raw.socket.resetAndDestroy(),
  'are kicked': (players, { raw }) => {
    const kick = (_: unknown, at: number) =>
      frame(OPCODE.text, JSON.stringify({ cmd: 'kick', player: at + 1 }));
    raw.write(Buffer.concat(players.map(kick)));
  },
};

for (const [what, leave] of Object.entries(WAYS)) {
  for (const hold of [0, 60]) {
    const seats = hold === 0 ? '' : ', with a reconnect window';
    attack(`${PLAYERS} players of one address ${what} at once${seats}`, async ({ relay }) => {
      const from = freshAddress();
      const host = await quietRoom(relay, { from, hold });
      const players = await quietPlayers(relay, host, PLAYERS, { from, hasKeys: hold > 0 });
      leave(players, host);
      // Each client confirms the close.
      const left = players.map(async (player) => {
        if (player.bytes === 0) await player.receives(1);
        await player.leave();
      });
      await Promise.all(left);
      if (host.raw.socket.writable) await host.write(STOP);
      if (!host.isGone) await host.leave();
    });
  }
}
