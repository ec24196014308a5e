import { describe } from 'vitest';
import { seatKey } from '../support/clients.js';
import { hex } from '../support/hex.js';
import { frame, OPCODE } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, KIB, upgrade } from './attackers.js';
import { allLeave, type CountingHost, quietPlayers, quietRoom, repeated } from './crowd.js';

/* Many connections with much input at the same time share the budget of a turn. */

describe('commands with long answers', () => {
  const more = ['--connections-per-address', '2048', '--rooms-per-minute', '0'];
  const attack = arena(more, { mostToWait: WAIT_FAILS, oldSpace: 256 });

  attack('8 hosts ask 1,000 times for the state of 1,000 seats', async ({ relay }) => {
    const from = freshAddress();
    const hosts: CountingHost[] = [];
    while (hosts.length < 8) {
      const host = await quietRoom(relay, { from, hold: 600 });
      await leaveSeats(relay, host, 1000, from);
      hosts.push(host);
    }
    const open = frame(OPCODE.binary, hex('a1 "cmd" "open"'));
    const answers = hosts.map((host) => host.receives(500 * 8 * KIB));
    for (const host of hosts) void host.write(repeated(open, 1000));
    await Promise.all(answers);
    const stop = frame(OPCODE.binary, hex('a1 "cmd" "stop"'));
    await Promise.all(hosts.map((host) => host.write(stop)));
    await allLeave(...hosts);
  });
});

/** Connects players and disconnects them. */
async function leaveSeats(
  relay: RelayProcess,
  { code }: CountingHost,
  count: number,
  from: string,
): Promise<void> {
  for (let left = count; left > 0; left -= 25) {
    const batch = Array.from({ length: Math.min(25, left) }, async () => {
      const { socket } = await upgrade(relay, `/${code}?seat=${seatKey()}`, { from });
      socket.resetAndDestroy();
    });
    await Promise.all(batch);
  }
}

describe('at the usual limits', () => {
  const attack = arena([], { mostToWait: WAIT_FAILS, oldSpace: 256 });

  attack('30 hosts send 2,000 invalid commands each', async ({ relay }) => {
    const from = freshAddress();
    const hosts: CountingHost[] = [];
    while (hosts.length < 30) hosts.push(await quietRoom(relay, { from }));
    const bad = frame(OPCODE.text, JSON.stringify({ cmd: 'x'.repeat(1000) }));
    const open = frame(OPCODE.text, '{"cmd":"open"}');
    const answers = hosts.map((host) => host.receives(200));
    for (const host of hosts) void host.write(Buffer.concat([repeated(bad, 2000), open]));
    await Promise.all(answers);
    await allLeave(...hosts);
  });

  attack(
    'a host sends 5,000 tiny messages to 240 players, who send 1,000 each',
    async ({ relay }) => {
      const from = freshAddress();
      const host = await quietRoom(relay, { from });
      const players = await quietPlayers(relay, host, 240, { from });
      const tiny = frame(OPCODE.binary, hex('a3 "cmd" "to" "to" 80 "data" 4101'));
      const said = repeated(frame(OPCODE.binary, 'x'), 1000);
      const playersReceived = players.map((player) => player.receives(5000 * 3));
      const hostReceived = host.receives(240 * 1000 * 10);
      void host.write(repeated(tiny, 5000));
      for (const player of players) void player.write(said);
      await Promise.all([...playersReceived, hostReceived]);
      await allLeave(host, ...players);
    },
  );

  attack('250 messages of just under 256 KiB at once', async ({ relay }) => {
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, 250, { from });
    const large = frame(OPCODE.binary, Buffer.alloc(255 * KIB, 7));
    const hostReceived = host.receives(250 * 255 * KIB);
    for (const player of players) void player.write(large);
    await hostReceived;
    await allLeave(host, ...players);
  });
});
