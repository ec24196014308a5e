import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Host, joined, Player, seatKey, seatOf, talk } from '../support/clients.js';
import { type ClusterRelay, resumed, TestCluster } from '../support/cluster.js';
import { NATS } from '../support/nats.js';
import { upgradeRequest } from '../support/raw-client.js';
import { needs } from '../support/tools.js';

async function three(args: readonly string[] = []) {
  const cluster = await TestCluster.start(['one', 'two', 'three'], args);
  const [home, edge, other] = cluster.relays as [ClusterRelay, ClusterRelay, ClusterRelay];
  return { cluster, home, edge, other };
}

/** Metrics may be a second old. */
const SLOW = { timeout: 5000 };

describe('when the relay of a room is killed', needs(NATS), () => {
  test('its host resumes at another one; players elsewhere stay, and others come back', async () => {
    const { cluster, home, edge, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const far = await joined(edge.url, host);
    const there = await joined(other.url, host);
    const key = seatKey();
    const near = await joined(home.url, host, key);
    await cluster.whenSaved(host, 3);
    home.cli.kill('SIGKILL');
    const again = await resumed(other, host);
    expect((await again.until('state')).away).toEqual([near.id]);
    await talk(again, far);
    await talk(again, there);
    await Player.join(edge.url, seatOf(host, key));
    expect(await again.until('player_back')).toMatchObject({ player: near.id });
    await Player.join(edge.url, host.code);
    // Ids of players whom the record does not have are not given again.
    expect((await again.until('player_joined')).player).toBeGreaterThan(10_000);
  });

  test('players wait for the host, who may take its time', async () => {
    const { cluster, home, edge, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const player = await joined(edge.url, host);
    await cluster.whenSaved(host, 1);
    home.cli.kill('SIGKILL');
    await expect.poll(() => edge.metric('cluster_clients{end="waiting"}')).toBe(1);
    player.send('said meanwhile');
    const again = await resumed(other, host);
    expect(await again.until('from_str')).toMatchObject({ data: 'said meanwhile' });
    await talk(again, player);
    await expect.poll(() => edge.metric('cluster_clients{end="waiting"}'), SLOW).toBe(0);
    await expect.poll(() => other.metric('cluster_takeovers_total'), SLOW).toBe(1);
  });

  test('players are closed if the host does not come back', async () => {
    const { cluster, home, edge } = await three();
    const host = await Host.open(home.url, { hold: 2 });
    const player = await joined(edge.url, host);
    await cluster.whenSaved(host, 1);
    home.cli.kill('SIGKILL');
    expect(await player.closed).toEqual({ code: 4010, reason: 'host gone' });
  });

  test('a player who leaves meanwhile has left', async () => {
    const { cluster, home, edge, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const player = await joined(edge.url, host);
    const stays = await joined(edge.url, host);
    await cluster.whenSaved(host, 2);
    home.cli.kill('SIGKILL');
    await expect.poll(() => edge.metric('cluster_clients{end="waiting"}')).toBe(2);
    player.socket.close();
    await expect.poll(() => edge.metric('cluster_clients{end="waiting"}')).toBe(1);
    const again = await resumed(other, host);
    await talk(again, stays);
  });

  test('a wrong token brings the room nowhere', async () => {
    const { cluster, home, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    await cluster.whenSaved(host, 0);
    const wrong = { code: host.code, token: 'x'.repeat(24) };
    expect((await (await Host.resume(other.url, wrong)).closed).code).toBe(4004);
    expect(host.socket.readyState).toBe(WebSocket.OPEN);
    home.cli.kill('SIGKILL');
    expect((await (await Host.resume(other.url, wrong)).closed).code).toBe(4004);
    await resumed(other, host);
  });

  test('it can move again, and again, and end', async () => {
    const { cluster, home, edge, other } = await three();
    let host = await Host.open(home.url, { hold: 60 });
    const player = await joined(edge.url, host);
    await cluster.whenSaved(host, 1);
    home.cli.kill('SIGKILL');
    host = await resumed(other, host);
    await talk(host, player);
    // Its player is at the same relay then, and stays.
    host = await resumed(edge, host);
    await talk(host, player);
    // From there on, the player would be at another relay, and reconnects.
    host = await resumed(other, host);
    expect(await player.closed).toMatchObject({ code: 1012 });
    await talk(host, await joined(edge.url, host));
    host.command({ cmd: 'stop' });
    expect(await host.closed).toMatchObject({ code: 1001 });
    const gone = (relay: ClusterRelay) => async () =>
      (await fetch(`${relay.http}/${host.code}`)).status;
    await expect.poll(gone(other), SLOW).toBe(404);
    await expect.poll(gone(edge), SLOW).toBe(404);
    expect((await Player.connect(edge.url, host.code).closed).code).toBe(4004);
  });
});

describe('when the relay of a room stands still', needs(NATS), () => {
  test('its host resumes elsewhere, and the old one gives up its copy when it wakes', async () => {
    const { cluster, home, edge, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const far = await joined(edge.url, host);
    const near = await joined(home.url, host, seatKey());
    await cluster.whenSaved(host, 2);
    process.kill(home.cli.pid, 'SIGSTOP');
    const again = await resumed(other, host);
    await talk(again, far);
    process.kill(home.cli.pid, 'SIGCONT');
    // It may be the only host: the other one may be an attempt that its page has given up.
    expect(await host.closed).toMatchObject({ code: 1012 });
    expect(await near.closed).toMatchObject({ code: 1012 });
    await talk(again, far);
  });

  test('it keeps its host, who has given up an attempt elsewhere', async () => {
    const { cluster, home, edge, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const far = await joined(edge.url, host);
    await cluster.whenSaved(host, 1);
    process.kill(home.cli.pid, 'SIGSTOP');
    const attempt = connect(Number(new URL(other.url).port), '127.0.0.1');
    attempt.end(upgradeRequest(`/CREATE?room=${host.code}&resume=${host.token}`));
    const closed = once(attempt.resume(), 'close');
    // Then the other relay stops waiting for an answer of this one.
    await other.cli.says('another relay is silent');
    await closed;
    process.kill(home.cli.pid, 'SIGCONT');
    await talk(host, far);
    expect((await Player.join(other.url, host.code)).socket.readyState).toBe(WebSocket.OPEN);
    await talk(host, far);
  });
});

describe('when the relay of a room lives', needs(NATS), () => {
  test('its host can resume at another one all the same', async () => {
    const { home, edge, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const far = await joined(edge.url, host);
    const near = await joined(home.url, host, seatKey());
    const again = await resumed(other, host);
    expect(await host.closed).toMatchObject({ code: 4001 });
    expect(await near.closed).toMatchObject({ code: 1012 });
    await talk(again, far);
    // Nothing was skipped: the record was exact.
    await Player.join(home.url, host.code);
    expect(await again.until('player_joined')).toMatchObject({ player: near.id + 1 });
  });

  test('two hosts that bring one token at once do not both have the room', async () => {
    const { home, edge, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const [a, b] = await Promise.all([resumed(other, host), resumed(edge, host)]);
    const replaced = await Promise.race([a.closed.then(() => a), b.closed.then(() => b)]);
    const winner = replaced === a ? b : a;
    await talk(winner, await joined(edge.url, winner));
    expect(winner.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('two hosts that bring one token to one other relay at once are there one after the other', async () => {
    const { home, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const [a, b] = await Promise.all([resumed(other, host), resumed(other, host)]);
    const replaced = await Promise.race([a.closed.then(() => a), b.closed.then(() => b)]);
    expect(await replaced.closed).toMatchObject({ code: 4001 });
    const winner = replaced === a ? b : a;
    await talk(winner, await joined(other.url, winner));
  });

  test('and ends by SIGTERM, its rooms that wait go on; players elsewhere stay', async () => {
    const { home, edge, other } = await three();
    const host = await Host.open(home.url, { hold: 60 });
    const far = await joined(edge.url, host);
    const near = await joined(home.url, host, seatKey());
    home.cli.kill('SIGTERM');
    expect(await host.closed).toMatchObject({ code: 1012 });
    expect(await near.closed).toMatchObject({ code: 1012 });
    const again = await resumed(other, host);
    await talk(again, far);
    await home.cli.exited;
    await talk(again, far);
  });

  test('and ends by SIGTERM, players who are back before their host have to try again', async () => {
    const { home, edge, other } = await three(['--drain', '60']);
    // It does not wait, so its relay goes on.
    await Host.open(home.url);
    const host = await Host.open(home.url, { hold: 60 });
    const key = seatKey();
    const near = await joined(home.url, host, key);
    home.cli.kill('SIGTERM');
    await near.closed;
    for (const relay of [edge, home]) {
      expect(await Player.connect(relay.url, seatOf(host, key)).closed).toMatchObject({
        code: 1012,
      });
    }
    expect((await fetch(`${home.http}/${host.code}`)).status).toBe(503);
    const again = await resumed(other, host);
    for (const relay of [edge, home]) {
      const back = await Player.join(relay.url, seatOf(host, key));
      expect(await again.until('player_back')).toMatchObject({ player: near.id });
      back.cut();
      await again.until('player_away');
    }
    again.command({ cmd: 'stop' });
    await again.closed;
    for (const relay of [edge, home]) {
      await expect
        .poll(async () => (await Player.connect(relay.url, host.code).closed).code, SLOW)
        .toBe(4004);
    }
  });
});
