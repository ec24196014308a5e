import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ActionHandler } from '../../../../src/dialects/bellhop/action-handler.js';
import { Lobbies } from '../../../../src/dialects/bellhop/lobbies.js';
import type { Member } from '../../../../src/dialects/bellhop/member.js';
import { Admission } from '../../../../src/limits/admission.js';
import type { Overload } from '../../../../src/limits/overload.js';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import { Rooms } from '../../../../src/rooms/rooms.js';
import { LIMITS } from '../../../support/rooms.js';

const NAMES = ['a', 'b', 'c'];

class Output {
  hasSmallBacklog = true;
  readonly events: { event: string; content: Record<string, unknown> }[] = [];
  reading = true;

  send(event: string): number {
    this.events.push(JSON.parse(event));
    return event.length;
  }

  setReading(reading: boolean): void {
    this.reading = reading;
  }
}

interface Client {
  readonly member: Member;
  readonly output: Output;
}

function opened({ maxPlayers = 10, maxRooms = 10 } = {}) {
  const rooms = new Rooms({ ...LIMITS, maxPlayers, maxRooms });
  const unlisted = rooms.unlisted('test');
  const lobbies = new Lobbies(unlisted);
  const connect = (): Client => {
    const output = new Output();
    return { member: lobbies.connect('192.0.2.1', output), output };
  };
  return { rooms, unlisted, lobbies, connect };
}

function setKeepsUp(client: Client | undefined, keepsUp: boolean): void {
  if (client === undefined) return;
  client.output.hasSmallBacklog = keepsUp;
  client.member.setKeepsUp(keepsUp);
}

const action = fc.record({
  who: fc.nat(4),
  what: fc.constantFrom('start', 'join', 'leave', 'slow', 'fast', 'reconnect', 'end'),
  name: fc.constantFrom(...NAMES),
});

test('after any sequence of actions, names, rooms and seats are consistent, and none is left at the end', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const { rooms, unlisted, lobbies, connect } = opened({ maxPlayers: 2, maxRooms: 2 });
      const clients = [0, 1, 2, 3, 4].map(connect);
      const members = (): Member[] => clients.map(({ member }) => member);
      for (const { who, what, name } of actions) {
        const { member } = clients[who] as (typeof clients)[number];
        if (what === 'start') lobbies.start(member, name);
        else if (what === 'join') lobbies.join(member, name);
        else if (what === 'leave') lobbies.leave(member);
        else if (what === 'slow' || what === 'fast') setKeepsUp(clients[who], what === 'fast');
        else if (what === 'end') lobbies.fail(member);
        else {
          lobbies.disconnect(member);
          clients[who] = connect();
        }
        const places = members().map(({ place }) => place);
        const hosts = places.filter((place) => place.is === 'host');
        const guests = places.filter((place) => place.is === 'guest');
        expect(unlisted.size).toBe(hosts.length);
        expect(new Set(hosts.map(({ lobby }) => lobby)).size).toBe(hosts.length);
        const seated = guests.filter(({ lobby }) => lobby.host !== undefined);
        expect(rooms.players).toBe(seated.length);
        const names = new Set([...hosts, ...guests].map(({ lobby }) => lobby.name));
        expect(lobbies.size).toBe(names.size);
        for (const { member: each, output } of clients) {
          const host = each.place.is === 'guest' ? each.place.lobby.host : undefined;
          expect(output.reading).toBe(host?.keepsUp ?? true);
          // A member that may send to one that does not keep up is its host, or is paused for it.
          const slow = members().filter((to) => !to.keepsUp && lobbies.mayWrite(each, to));
          for (const to of slow) {
            const isItsHost = to.place.is === 'guest' && to.place.lobby.host === each;
            expect(isItsHost || !output.reading).toBe(true);
          }
        }
      }
      for (const member of members()) lobbies.disconnect(member);
      expect([lobbies.size, unlisted.size, rooms.players]).toEqual([0, 0, 0]);
      expect(members().map(({ id }) => lobbies.find(id))).toEqual(members().map(() => undefined));
    }),
    { numRuns: 300 },
  );
});

test('a relay that ends all rooms ends lobbies, and their guests stay connected', () => {
  const { rooms, unlisted, lobbies, connect } = opened();
  const [host, guest] = [connect(), connect()];
  lobbies.start(host.member, 'x');
  lobbies.join(guest.member, 'x');
  rooms.endAll(CLOSE_REASONS.restarting);
  expect([unlisted.size, rooms.players, host.member.place.is]).toEqual([0, 0, 'nowhere']);
  expect(lobbies.find(guest.member.id)).toBe(guest.member);
});

describe('an overloaded relay', () => {
  test('starts and joins no lobbies, and existing ones continue', () => {
    const { lobbies, connect } = opened();
    let overload: Overload | undefined;
    const admission = new Admission(
      {
        maxConnections: 10,
        connectionsPerAddress: 0,
        roomsPerMinute: 0,
        missesPerMinute: 0,
        maxRooms: 10,
        heap: 1e9,
        limitLoopback: false,
      },
      () => overload,
    );
    const refusals: unknown[] = [];
    const handler = new ActionHandler({
      lobbies,
      admission,
      joins: { count() {} },
      log: {
        refused: ({ reason }, _address, _origin, dialect) => refusals.push([reason, dialect]),
      },
    });
    const [host, guest, other] = [connect(), connect(), connect()];
    const perform = (member: Member, what: Parameters<ActionHandler['perform']>[1]): boolean =>
      handler.perform(member, what, true, 0);
    perform(host.member, { action: 'start_lobby', lobby_id: 'x' });
    perform(guest.member, { action: 'join_lobby', lobby_id: 'x' });
    overload = 'late';
    perform(other.member, { action: 'start_lobby', lobby_id: 'y' });
    perform(other.member, { action: 'join_lobby', lobby_id: 'x' });
    const reason = 'relay full';
    expect(other.output.events).toEqual([
      { event: 'lobby_creation_failed', content: { reason } },
      { event: 'join_request_rejected', content: { reason } },
    ]);
    expect(refusals).toEqual([
      [reason, 'bellhop'],
      [reason, 'bellhop'],
    ]);
    const candidate = { media: '"0"', index: '0', name: '"c"' };
    const to = { connection_id: host.member.id };
    expect(perform(guest.member, { action: 'send_ice_candidate', ...to, ...candidate })).toBe(true);
    expect(host.output.events.at(-1)?.event).toBe('received_ice_candidate');
  });
});
