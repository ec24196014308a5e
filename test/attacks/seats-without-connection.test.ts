import { describe } from 'vitest';
import { type Host, seatKey } from '../support/clients.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { eventually, freshAddress, openRoom, upgrade } from './attackers.js';

/** The most disconnected players and hosts of one address by default. */
const PLAYERS_OF_ONE = 1024;
const HOSTS_OF_ONE = 64;

/** A room for all players of a test, with a reconnect window. */
const ROOM = { maxPlayers: 1000, hold: 600 };

const OPTIONS = ['--rooms-per-minute', '0', '--trust-proxy', 'loopback'];

describe.each([256, 64])('with an old space of %d MiB', (oldSpace) => {
  const attack = arena(OPTIONS, { oldSpace, mostToWait: WAIT_FAILS });

  attack('10,000 disconnected players of one address', async ({ relay }) => {
    const from = freshAddress();
    const hosts: Host[] = [];
    for (let room = 0; room < 10; room++) {
      const host = await openRoom(relay, { ...ROOM, from });
      await leaveSeats(relay, host, 1000, () => ({ from }));
      hosts.push(host);
    }
    await eventually(
      () => relay.metric('lobby_relay_away', 'role="player"'),
      (away) => away === PLAYERS_OF_ONE,
    );
    // Players of other addresses can disconnect and reconnect.
    const host = await openRoom(relay, ROOM);
    await leaveSeats(relay, host, 10, () => ({ from: freshAddress() }));
    await eventually(
      () => relay.metric('lobby_relay_away', 'role="player"'),
      (away) => away === PLAYERS_OF_ONE + 10,
    );
    for (const each of [host, ...hosts]) {
      each.command({ cmd: 'stop' });
      await each.closed;
    }
    await openRoom(relay);
  });

  attack('10,000 disconnected players of one IPv6 /48', async ({ relay }) => {
    const proxy = freshAddress();
    const hosts: Host[] = [];
    let n = 0;
    for (let room = 0; room < 10; room++) {
      const host = await openRoom(relay, ROOM);
      await leaveSeats(relay, host, 1000, () => {
        n += 7;
        const client = `2001:db8:7:${(n & 0xffff).toString(16)}::1`;
        return { from: proxy, headers: { 'X-Forwarded-For': client } };
      });
      hosts.push(host);
    }
    await eventually(
      () => relay.metric('lobby_relay_away', 'role="player"'),
      (away) => away > PLAYERS_OF_ONE && away <= 4 * PLAYERS_OF_ONE,
    );
    for (const host of hosts) {
      host.command({ cmd: 'stop' });
      await host.closed;
    }
  });

  attack('300 rooms of one address with a disconnected host', async ({ relay }) => {
    const from = freshAddress();
    for (let room = 0; room < 300; room++) {
      const host = await openRoom(relay, { ...ROOM, from });
      host.cut();
    }
    await eventually(
      () => relay.metric('lobby_relay_away', 'role="host"'),
      (away) => away === HOSTS_OF_ONE,
    );
    const other = await openRoom(relay, ROOM);
    other.cut();
    await eventually(
      () => relay.metric('lobby_relay_away', 'role="host"'),
      (away) => away === HOSTS_OF_ONE + 1,
    );
  });

  attack('3,000 kicked players who are recognized again', async ({ relay }) => {
    const from = freshAddress();
    const host = await openRoom(relay, { ...ROOM, from });
    let kicked = 0;
    const kickAll = (async () => {
      while (kicked < 3_000) {
        const { player } = await host.until('player_joined');
        host.command({ cmd: 'kick', player });
        kicked++;
      }
    })();
    await inParallel(3_000, async () => {
      const player = await upgrade(relay, `/${host.code}?seat=${seatKey()}`, { from });
      player.socket.destroy();
    });
    await kickAll;
  });
});

/** A host whose room has a reconnect window. */
/** Connects players, each with its own key, and disconnects them. */
function leaveSeats(
  relay: RelayProcess,
  host: Host,
  count: number,
  whence: () => { from: string; headers?: Record<string, string> },
): Promise<void> {
  return inParallel(count, async () => {
    const player = await upgrade(relay, `/${host.code}?seat=${seatKey()}`, whence());
    player.socket.resetAndDestroy();
    await new Promise((resolve) => player.socket.once('close', resolve));
  });
}

/** Repeats an operation, 40 at a time. */
async function inParallel(count: number, act: () => Promise<void>): Promise<void> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) await act();
  };
  await Promise.all(Array.from({ length: 40 }, work));
}
