import { describe, expect, test } from 'vitest';
import { Host, joined, Player, seatKey, seatOf, talk } from '../support/clients.js';
import { type ClusterRelay, resumed, TestCluster } from '../support/cluster.js';
import { NATS } from '../support/nats.js';
import { NatsLine } from '../support/nats-line.js';
import { needs } from '../support/tools.js';

/** Two relays, and one with a line to NATS that can be cut, where the room is. */
async function partitioned() {
  const cluster = await TestCluster.start(['edge', 'other']);
  const [edge, other] = cluster.relays as [ClusterRelay, ClusterRelay];
  const line = await NatsLine.to(cluster.nats);
  const home = await cluster.add('home', ['--cluster', line.url]);
  await cluster.whenAllKnow(3);
  const host = await Host.open(home.url, { hold: 60 });
  return { cluster, line, home, edge, other, host };
}

describe('a relay that is cut off from NATS', needs(NATS), () => {
  test('goes on for those who are connected to it', async () => {
    const { cluster, line, home, edge, host } = await partitioned();
    const near = await joined(home.url, host);
    const key = seatKey();
    const far = await joined(edge.url, host, key);
    await cluster.whenSaved(host, 2);
    line.cut('broken');
    await home.cli.says('connection to NATS lost');
    await talk(host, near);
    expect(await host.until('player_away')).toMatchObject({ player: far.id });
    await talk(host, near);
    await talk(host, await joined(home.url, host));
    const later = await Host.open(home.url);
    await talk(later, await joined(home.url, later));
    // At the other side there is no way to the room.
    expect((await Player.connect(edge.url, seatOf(host, key)).closed).code).toBe(1012);
    const elsewhere = await Host.open(edge.url);
    await talk(elsewhere, await joined(edge.url, elsewhere));
    expect(far.socket.readyState).toBe(far.socket.OPEN);
    line.mend();
    expect(await far.closed).toMatchObject({ code: 1012 });
    const back = await Player.join(edge.url, seatOf(host, key));
    expect(await host.until('player_back')).toMatchObject({ player: far.id });
    await talk(host, Object.assign(back, { id: far.id }));
  });

  test('finds out that its connection is dead, and opens another one', async () => {
    const { line, home, edge, host } = await partitioned();
    const near = await joined(home.url, host);
    line.killConnections();
    await home.cli.says('connected to NATS again');
    await talk(host, near);
    await expect
      .poll(async () => (await fetch(`${edge.http}/${host.code}`)).status, { timeout: 10_000 })
      .toBe(200);
    await talk(host, await joined(edge.url, host));
  });

  test.each(['broken', 'silent'] as const)(
    'gives up a room whose host has resumed it elsewhere, if the line was %s',
    async (how) => {
      const { cluster, line, home, edge, other, host } = await partitioned();
      const far = await joined(edge.url, host);
      const key = seatKey();
      const near = await joined(home.url, host, key);
      await cluster.whenSaved(host, 2);
      line.cut(how);
      host.cut();
      const again = await resumed(other, host);
      expect((await again.until('state')).away).toEqual([near.id]);
      await talk(again, far);
      // They wait for their host, at the relay that cannot know yet.
      expect(near.socket.readyState).toBe(near.socket.OPEN);
      line.mend();
      expect(await near.closed).toMatchObject({ code: 1012 });
      const back = await Player.join(home.url, seatOf(host, key));
      expect(await again.until('player_back')).toMatchObject({ player: near.id });
      await talk(again, Object.assign(back, { id: near.id }));
      await talk(again, far);
    },
  );
});

describe('a relay that is slow to reach by NATS', needs(NATS), () => {
  test('does not give a seat to a connection that its player has given up', async () => {
    const cluster = await TestCluster.start(['edge']);
    const [edge] = cluster.relays as [ClusterRelay];
    const line = await NatsLine.to(cluster.nats);
    // All that its clock is judged by is as slow, from the start.
    line.delay = 700;
    const home = await cluster.add('home', ['--cluster', line.url]);
    await cluster.whenAllKnow(2);
    const host = await Host.open(home.url, { hold: 60 });
    const key = seatKey();
    const near = await joined(home.url, host, key);
    near.cut();
    await host.until('player_away');
    const old = await Player.join(edge.url, seatOf(host, key));
    old.send('old');
    const next = await Player.join(home.url, seatOf(host, key));
    await host.until('player_back');
    next.send('new');
    expect(await host.until('from_str')).toMatchObject({ data: 'new' });
    expect([1012, 4001]).toContain((await old.closed).code);
    await talk(host, Object.assign(next, { id: near.id }));
  });
});
