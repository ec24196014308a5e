import { describe, expect } from 'vitest';
import { frame, OPCODE } from '../support/raw-client.js';
import { arena, WAIT_FAILS } from './arena.js';
import { eventually, freshAddress, KIB, MIB } from './attackers.js';
import { allLeave, type CountingClient, quietPlayers, quietRoom, repeated } from './crowd.js';

/* Incomplete messages take as much memory as was sent of them, and no more. */

const part = { fin: false };

describe.each([256, 64])('with an old space of %d MiB', (oldSpace) => {
  const attack = arena([], { oldSpace, mostToWait: WAIT_FAILS });

  attack('62 unfinished messages in pieces of one byte', async ({ relay }) => {
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, 62, { from });
    const { inUse: before } = await relay.memory();
    const whole = frame(OPCODE.binary, Buffer.alloc(65_000, 7));
    await Promise.all(players.map((player) => player.write(whole.subarray(0, 14))));
    for (let at = 0; at < 6000; at++) {
      const open = players.filter((player) => !player.isGone);
      await Promise.all(open.map((player) => player.write(Uint8Array.of(7))));
    }
    expect((await relay.memory()).inUse - before).toBeLessThan(4 * MIB);
    await allLeave(host, ...players);
  });

  attack('250 unfinished messages of empty fragments, with pings between', async ({ relay }) => {
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, 250, { from });
    const { inUse: before } = await relay.memory();
    const nothing = Buffer.concat([
      frame(OPCODE.continuation, '', part),
      frame(OPCODE.ping),
      frame(OPCODE.continuation, 'x', part),
    ]);
    await Promise.all(players.map((player) => player.write(frame(OPCODE.binary, '', part))));
    const flood = repeated(nothing, 4000);
    await Promise.all(players.map((player) => player.write(flood)));
    await everybodyWasPonged(players);
    // Input that is not parsed yet is buffered as bytes, not as messages.
    expect((await relay.memory()).inUse - before).toBeLessThan(2 * players.length * flood.length);
    await allLeave(host, ...players);
  });

  attack('250 frame headers that announce 4 MiB each, then nothing', async ({ relay }) => {
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, 250, { from });
    const { inUse: before } = await relay.memory();
    const begun = frame(OPCODE.binary, 'x', { declared: 4 * MIB });
    await Promise.all(players.map((player) => player.write(begun)));
    await eventually(
      () => relay.metric('lobby_relay_backlog_bytes'),
      (bytes) => bytes >= 250,
    );
    expect((await relay.memory()).inUse - before).toBeLessThan(4 * MIB);
    await allLeave(host, ...players);
  });

  attack('64 messages of 1 MiB whose last byte arrives late', async ({ relay }) => {
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, 64, { from });
    const whole = frame(OPCODE.binary, Buffer.alloc(MIB, 200));
    await Promise.all(players.map((player) => player.write(whole.subarray(0, -1))));
    await eventually(
      () => relay.metric('lobby_relay_backlog_bytes'),
      (bytes) => bytes >= 64 * (MIB - 64 * KIB),
    );
    const all = host.receives(64 * MIB);
    await Promise.all(players.map((player) => player.write(whole.subarray(-1))));
    await all;
    await allLeave(host, ...players);
  });
});

/** Waits until each client has received the pong for its last ping, or was closed. */
async function everybodyWasPonged(players: readonly CountingClient[]): Promise<void> {
  await Promise.all(
    players.map((player) => {
      const received = player.bytes;
      return received >= 2 * 2000 ? undefined : player.receives(2 * 2000 - received);
    }),
  );
}
