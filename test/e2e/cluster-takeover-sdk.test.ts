import { describe, expect, onTestFinished, test } from 'vitest';
import type { Seat } from '../../src/client/index.js';
import { Balancer } from '../support/balancer.js';
import { type ClusterRelay, TestCluster } from '../support/cluster.js';
import { Conversation } from '../support/conversation.js';
import { NATS } from '../support/nats.js';
import { SdkPage } from '../support/sdk-pages.js';
import { needs } from '../support/tools.js';

/** A game of the SDK on three relays: the host is at the first one, and players are at all of them. */
async function game() {
  const cluster = await TestCluster.start(['one', 'two', 'three']);
  const [home, edge, other] = cluster.relays as [ClusterRelay, ClusterRelay, ClusterRelay];
  const balancer = await Balancer.start([]);
  balancer.prefer(home, other, edge);
  const room = await new SdkPage().createRoom(balancer.url, { hold: 60 });
  const seats: Seat[] = [];
  const balancers = [balancer];
  for (const relays of [
    [edge, other, home],
    [other, edge, home],
    [home, edge, other],
    [edge, home, other],
  ]) {
    const own = await Balancer.start([]);
    own.prefer(...relays);
    balancers.push(own);
    const seat = await new SdkPage().joinRoom(own.url, room.code);
    seats.push(seat);
  }
  const statuses = seats.map((seat) => {
    const seen: string[] = [];
    seat.on('status', (status) => seen.push(status));
    return seen;
  });
  const conversation = new Conversation(room, seats);
  onTestFinished(() => conversation.stop());
  await conversation.goesOn();
  await cluster.whenSaved(room, seats.length);
  return { cluster, home, edge, other, balancers, conversation, statuses };
}

describe('pages of the SDK', needs(NATS), () => {
  test('go on when the relay of their room is killed; those at other relays stay connected', async () => {
    const { home, conversation, statuses } = await game();
    home.cli.kill('SIGKILL');
    await conversation.goesOn();
    await conversation.end();
    expect(conversation.mistakes).toEqual([]);
    expect([statuses[0], statuses[1], statuses[3]]).toEqual([['open'], ['open'], ['open']]);
  });

  test('go on when the relay of their room ends by SIGTERM', async () => {
    const { home, conversation, statuses } = await game();
    home.cli.kill('SIGTERM');
    await home.cli.exited;
    await conversation.goesOn();
    await conversation.end();
    expect(conversation.mistakes).toEqual([]);
    expect([statuses[0], statuses[1], statuses[3]]).toEqual([['open'], ['open'], ['open']]);
  });

  test('go on when all relays are replaced one after the other', async () => {
    const { cluster, balancers, home, edge, other, conversation } = await game();
    for (const [old, name] of [
      [home, 'one'],
      [edge, 'two'],
      [other, 'three'],
    ] as const) {
      old.cli.kill('SIGTERM');
      await old.cli.exited;
      await conversation.goesOn();
      const again = await cluster.add(name);
      for (const balancer of balancers) balancer.replace(old, again);
      await cluster.whenAllKnow(3);
    }
    await conversation.end();
    expect(conversation.mistakes).toEqual([]);
  });

  test('go on when the relay of their room is killed together with one of their edges', async () => {
    const { home, edge, conversation } = await game();
    home.cli.kill('SIGKILL');
    edge.cli.kill('SIGKILL');
    await conversation.goesOn();
    await conversation.end();
    expect(conversation.mistakes).toEqual([]);
  });

  test('go on when an edge is killed', async () => {
    const { edge, conversation } = await game();
    edge.cli.kill('SIGKILL');
    await conversation.goesOn();
    await conversation.end();
    expect(conversation.mistakes).toEqual([]);
  });
});
