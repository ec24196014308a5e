import { describe, expect } from 'vitest';
import { frame, OPCODE } from '../support/raw-client.js';
import { arena, WAIT_FAILS } from './arena.js';
import { eventually, freshAddress, KIB, MIB } from './attackers.js';
import { allLeave, quietPlayers, quietRoom, repeated } from './crowd.js';

/*
 * Input that must not be handled yet is buffered as bytes, counted, and handled in its turn.
 */

/** As many players as one address may have, besides their host. */
const PLAYERS = 250;

const empty = frame(OPCODE.binary);
/** The burst of a player at the default rate. */
const burst = repeated(empty, 10_000);
const more = repeated(empty, Math.floor((64 * KIB) / empty.length));

describe.each([256, 64])('with an old space of %d MiB', (oldSpace) => {
  const attack = arena([], { oldSpace, mostToWait: WAIT_FAILS });

  attack(
    '250 players go on sending empty frames when their rate has run out',
    async ({ relay }) => {
      const from = freshAddress();
      const host = await quietRoom(relay, { from });
      const players = await quietPlayers(relay, host, PLAYERS, { from });
      const bursts = host.receives(PLAYERS * 10_000 * 20);
      await Promise.all(players.map((player) => player.write(burst)));
      await bursts;
      for (const player of players) void player.write(more);
      for (const player of players) void player.write(more);
      const backlog = await eventually(
        () => relay.metric('lobby_relay_backlog_bytes'),
        (bytes) => bytes > PLAYERS * 10 * KIB,
      );
      // A chunk for each player, and the send buffer of the host.
      expect(backlog).toBeLessThan(PLAYERS * 128 * KIB + 2 * MIB);
      // They are handled at their rate.
      await host.receives(2 * MIB);
      // Input is handled or dropped when they disconnect without a close frame.
      await allLeave(...players);
      await eventually(
        () => relay.metric('lobby_relay_backlog_bytes'),
        (bytes) => bytes < 256 * KIB,
      );
      await allLeave(host);
    },
  );

  attack('250 players who are paused send single bytes', async ({ relay }) => {
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, PLAYERS, { from });
    const bursts = host.receives(PLAYERS * 10_000 * 20);
    await Promise.all(players.map((player) => player.write(burst)));
    await bursts;
    for (const byte of repeated(empty, 20)) {
      await Promise.all(players.map((player) => player.write(Uint8Array.of(byte))));
    }
    await host.receives(KIB);
    await allLeave(host, ...players);
  });

  attack(
    'a host that does not read, and 250 players who close or leave meanwhile',
    async (arena) => {
      const { relay } = arena;
      const from = freshAddress();
      const host = await quietRoom(relay, { from });
      const players = await quietPlayers(relay, host, PLAYERS, { from });
      host.raw.socket.pause();
      const closing = frame(OPCODE.close, Uint8Array.of(0x03, 0xe8));
      for (const [at, player] of players.entries()) {
        void player.write(repeated(frame(OPCODE.binary, Buffer.alloc(100)), 500));
        if (at % 2 === 0) void player.write(closing);
      }
      await eventually(
        () => relay.metric('lobby_relay_paused_connections'),
        (paused) => paused > PLAYERS / 4,
      );
      await allLeave(...players.filter((_, at) => at % 2 === 1));
      host.raw.socket.resume();
      // Every second one has sent a close after all its messages.
      await Promise.all(
        players.map((player) => (player.isGone ? undefined : player.receives(Number.MAX_VALUE))),
      );
      await allLeave(host);
    },
  );
});
