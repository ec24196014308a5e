import { describe, expect, test } from 'vitest';
import { fleetOf, players, settle, TestPlayer } from '../../support/fleet.js';

/** Sends the requests of members of one party, one after the other. */
async function members(
  fleet: ReturnType<typeof fleetOf>['fleet'],
  count: number,
  size: number,
  ticket = 'red',
): Promise<TestPlayer[]> {
  const all = Array.from({ length: count }, () => new TestPlayer(fleet, { ticket, size }));
  await settle();
  return all;
}

describe('a party', () => {
  test('waits until it is complete, then its members get seats on one server', async () => {
    const { fleet, launcher } = fleetOf();
    const [first] = await members(fleet, 2, 3);
    expect(first?.events).toEqual([
      'accepted',
      'Waiting for the party, 1 of 3',
      'Waiting for the party, 2 of 3',
    ]);
    expect(launcher.servers).toEqual([]);
    const [third] = await members(fleet, 1, 3);
    launcher.at(0).run();
    await settle();
    expect(launcher.servers).toHaveLength(1);
    expect([first?.port, third?.port]).toEqual([30_000, 30_000]);
    expect(third?.events).toEqual(['accepted', 'Starting', 'Ready', 'ready']);
  });

  test('is not split over servers with too few free seats each', async () => {
    const { fleet, launcher } = fleetOf({ players: 3 });
    await players(fleet, 2);
    const party = await members(fleet, 2, 2);
    for (const server of launcher.servers) server.run();
    await settle();
    expect(party.map(({ port }) => port)).toEqual([30_001, 30_001]);
  });

  test('gets an error 409 for all its members if no server has enough seats', async () => {
    const { fleet } = fleetOf({ players: 3, maxServers: 1 });
    await players(fleet, 2);
    const party = await members(fleet, 2, 2);
    expect(party.map(({ error }) => error?.status)).toEqual([409, 409]);
    expect(fleet.sessions.size).toBe(2);
  });

  test('that is larger than a server gets an error 409 at once', async () => {
    const { fleet } = fleetOf();
    const [one] = await members(fleet, 1, 7);
    expect(one?.events).toEqual(['409 a game server has only 6 seats']);
  });

  test('refuses a member who has another size', async () => {
    const { fleet } = fleetOf();
    const [first] = await members(fleet, 1, 2);
    const [other] = await members(fleet, 1, 3);
    expect(other?.events).toEqual(['409 this party has another size']);
    expect(first?.error).toBeUndefined();
  });

  test('waits 30 s for its members, then all get an error 408', async () => {
    const { fleet, launcher, timers } = fleetOf();
    const party = await members(fleet, 2, 3);
    timers.pass(29.9);
    expect(party[0]?.error).toBeUndefined();
    timers.pass(0.1);
    expect(party.map(({ events }) => events.at(-1))).toEqual(
      Array(2).fill('408 not all players of the party have come'),
    );
    expect(launcher.servers).toEqual([]);
    expect(timers.running).toBe(0);
  });

  test('accepts another member in place of one who leaves before it is complete', async () => {
    const { fleet, launcher } = fleetOf();
    const [first, second] = await members(fleet, 2, 3);
    second?.request.cancel();
    expect(first?.events.at(-1)).toBe('Waiting for the party, 1 of 3');
    await members(fleet, 2, 3);
    expect(launcher.servers).toHaveLength(1);
  });

  test('that all members have left is removed', async () => {
    const { fleet, timers } = fleetOf();
    const [only] = await members(fleet, 1, 3);
    only?.request.cancel();
    expect(timers.running).toBe(0);
    const [next] = await members(fleet, 1, 2);
    expect(next?.error).toBeUndefined();
  });

  test('keeps its seats when a member leaves while the server starts', async () => {
    const { fleet, launcher } = fleetOf();
    const [first, second] = await members(fleet, 2, 2);
    first?.request.cancel();
    launcher.at(0).run();
    await settle();
    expect(second?.port).toBe(30_000);
    expect(fleet.sessions.size).toBe(1);
  });

  test('is separate from a party with another ticket', async () => {
    const { fleet, launcher } = fleetOf();
    await members(fleet, 1, 2, 'red');
    await members(fleet, 1, 2, 'blue');
    expect(launcher.servers).toEqual([]);
  });

  test('that is not complete gets an error at once when the relay shuts down', async () => {
    const { fleet, timers } = fleetOf();
    const party = await members(fleet, 2, 3);
    fleet.drain();
    for (const { events } of party) expect(events.at(-1)).toBe('503 this relay is about to stop');
    expect(timers.running).toBe(0);
  });
});
