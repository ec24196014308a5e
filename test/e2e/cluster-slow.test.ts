import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Host, joined, talk } from '../support/clients.js';
import { type ClusterRelay, TestCluster } from '../support/cluster.js';
import { NATS } from '../support/nats.js';
import { needs } from '../support/tools.js';

async function pair(args: readonly string[] = []) {
  const cluster = await TestCluster.start(['one', 'two'], args);
  const [home, edge] = cluster.relays as [ClusterRelay, ClusterRelay];
  return { cluster, home, edge };
}

const MIB = 1 << 20;

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('over a link', needs(NATS), () => {
  test('a player who does not read is closed, and nobody else waits', async () => {
    const { home, edge } = await pair(['--player-backlog', '1MiB']);
    const host = await Host.open(home.url);
    const slow = await joined(edge.url, host);
    const far = await joined(edge.url, host);
    slow.socket.pause();
    const chunk = new Uint8Array(64 << 10);
    const count = 400;
    for (let number = 0; number < count; number++) {
      host.command({ cmd: 'to', to: [], data: chunk });
      host.command({ cmd: 'to_str', to: [far.id], data: `${number}` });
      await far.next();
      expect(await far.nextText()).toBe(`${number}`);
    }
    expect(await host.until('player_left')).toMatchObject({ player: slow.id });
    slow.socket.resume();
    expect([1006, 4008]).toContain((await slow.closed).code);
    await talk(host, far);
  });

  test('a relay that stands still pauses only rooms with clients there', async () => {
    const { home, edge } = await pair(['--stall', '60']);
    const host = await Host.open(home.url);
    const far = await joined(edge.url, host);
    const other = await Host.open(home.url);
    const near = await joined(home.url, other);
    process.kill(edge.cli.pid, 'SIGSTOP');
    const chunk = new Uint8Array(MIB).fill(7);
    const count = 40;
    for (let number = 0; number < count; number++) {
      host.command({ cmd: 'to', to: [], data: chunk });
    }
    for (let number = 0; number < 200; number++) await talk(other, near);
    await home.cli.says('another relay is silent');
    await talk(other, near);
    process.kill(edge.cli.pid, 'SIGCONT');
    for (let number = 0; number < count; number++) {
      expect((await far.next()).data.length).toBe(MIB);
    }
    await talk(host, far);
  });

  test('messages of 16 MiB arrive whole, and small ones do not wait for them', async () => {
    const { home, edge } = await pair(['--max-player-message', '16MiB', '--stall', '60']);
    const host = await Host.open(home.url);
    const far = await joined(edge.url, host);
    const other = await Host.open(home.url);
    const small = await joined(edge.url, other);
    const down = randomBytes(16 * MIB - 100);
    const up = randomBytes(16 * MIB);
    host.command({ cmd: 'to', to: [far.id], data: down });
    far.send(up);
    for (let number = 0; number < 50; number++) await talk(other, small);
    expect(hashOf((await far.next()).data)).toBe(hashOf(down));
    const { from, data } = await host.until('from');
    expect([from, hashOf(Buffer.from(data))]).toEqual([far.id, hashOf(up)]);
  });
});
