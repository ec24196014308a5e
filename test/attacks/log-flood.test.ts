import { describe, expect } from 'vitest';
import { Host } from '../support/clients.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena } from './arena.js';
import { eventually, freshAddress, gone, KIB, openRoom, outcome, upgrade } from './attackers.js';

/** How often each attack causes a log line. */
const TIMES = 3000;

/** The size of a burst of a hundred lines, and of ten per second during an attack. */
const MOST_LOGGED = 64 * KIB;

/** Resumes a room and disconnects, repeatedly. */
async function resumeInALoop(relay: RelayProcess, host: Host, from: string): Promise<void> {
  const path = `/CREATE?room=${host.code}&resume=${host.token}`;
  for (let n = 0; n < TIMES / 10; n++) {
    const { socket } = await upgrade(relay, path, { from });
    socket.resetAndDestroy();
    await gone(socket);
  }
}

describe('lines that clients cause', () => {
  const attack = arena(['--rooms-per-minute', '0', '--misses-per-minute', '0']);

  /** Checks that little is logged, and that suppressed lines are counted. */
  async function expectBounded(relay: RelayProcess, flood: () => Promise<unknown>): Promise<void> {
    const [before, counted] = [relay.log.length, await suppressed(relay)];
    await flood();
    await eventually(
      () => suppressed(relay),
      (count) => count > counted + TIMES / 4,
    );
    expect(relay.log.length - before).toBeLessThan(MOST_LOGGED);
  }

  attack('ten rooms that are resumed 3,000 times do not fill the log', async ({ relay }) => {
    const from = freshAddress();
    const hosts = await Promise.all(
      Array.from({ length: 10 }, () => openRoom(relay, { from, hold: 300 })),
    );
    await expectBounded(relay, () =>
      Promise.all(hosts.map((host) => resumeInALoop(relay, host, from))),
    );
  });

  attack('3,000 rooms that are opened and left do not fill the log', async ({ relay }) => {
    const from = freshAddress();
    const open = async (): Promise<void> => {
      for (let n = 0; n < TIMES / 10; n++) {
        const host = await Host.connect(relay.url, '', { localAddress: from });
        host.command({ cmd: 'prepare', max_players: 1 });
        await host.until('prepare_reply');
        host.socket.close();
        await host.closed;
      }
    };
    await expectBounded(relay, () => Promise.all(Array.from({ length: 10 }, open)));
  });

  attack('3,000 refused players do not fill the log', async ({ relay }) => {
    const from = freshAddress();
    const refuse = async (): Promise<void> => {
      for (let n = 0; n < TIMES / 10; n++) await outcome(relay, '/BBBB', { from });
    };
    await expectBounded(relay, () => Promise.all(Array.from({ length: 10 }, refuse)));
  });
});

function suppressed(relay: RelayProcess): Promise<number> {
  return relay.metric('lobby_relay_log_lines_dropped_total', 'why="suppressed"');
}
