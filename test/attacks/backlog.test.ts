import { expect } from 'vitest';
import { frame, OPCODE } from '../support/raw-client.js';
import { arena, WAIT_FAILS } from './arena.js';
import { eventually, freshAddress, KIB, MIB } from './attackers.js';
import { allLeave, quietPlayers, quietRoom } from './crowd.js';

/* A host's backlog is looked at before each message for it, however many come in one turn. */

const attack = arena(['--memory', '256MiB'], { mostToWait: WAIT_FAILS, oldSpace: 256 });

attack(
  '40 messages of 4 MiB become whole at once, for a host that does not read',
  async (arena) => {
    const { relay } = arena;
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, 40, { from });
    host.raw.socket.pause();
    const size = 4 * MIB;
    const whole = frame(OPCODE.binary, Buffer.alloc(size, 200));
    await Promise.all(players.map((player) => player.write(whole.subarray(0, -1))));
    await eventually(
      () => relay.metric('lobby_relay_backlog_bytes'),
      (bytes) => bytes >= 40 * (size - 64 * KIB),
    );
    await Promise.all(players.map((player) => player.write(whole.subarray(-1))));
    await eventually(
      () => relay.metric('lobby_relay_paused_connections'),
      (paused) => paused >= 40,
    );
    // The message that filled the backlog, and possibly one that was forwarded before.
    expect(await relay.metric('lobby_relay_messages_total', 'to_host')).toBeGreaterThan(0);
    const carried = await relay.metric('lobby_relay_bytes_total', 'to_host');
    const before = carried % size;
    expect(carried - before).toBeLessThanOrEqual(2 * size);
    // When the host reads, all messages arrive.
    host.raw.socket.resume();
    await host.receives(39 * size);
    await allLeave(host, ...players);
  },
);
