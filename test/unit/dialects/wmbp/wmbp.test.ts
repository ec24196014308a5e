import { describe, expect, test } from 'vitest';
import { Wmbp } from '../../../../src/dialects/wmbp/wmbp.js';
import { Admission } from '../../../../src/limits/admission.js';
import type { Overload } from '../../../../src/limits/overload.js';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import { Rooms } from '../../../../src/rooms/rooms.js';
import { parseSeatKey } from '../../../../src/rooms/seat-key.js';
import { TestHost, TestPlayer } from '../../../support/peers.js';
import { join, LIMITS, openRoom } from '../../../support/rooms.js';

const ADDRESS = '192.0.2.1';
const KEY = parseSeatKey('the-key-of-a-player');
const FORMAT = { format: 'cbor', bytes: false } as const;

function setUp({ connections = 1, misses = 2 } = {}) {
  const load: { overload?: Overload } = {};
  const admission = new Admission(
    {
      maxConnections: 100,
      connectionsPerAddress: connections,
      roomsPerMinute: 2,
      missesPerMinute: misses,
      maxRooms: 10,
      heap: 1e9,
      limitLoopback: false,
    },
    () => load.overload,
  );
  const rooms = new Rooms(LIMITS);
  const limits = {
    hostBacklog: 1e6,
    commandErrors: 0,
    prepareTimeout: 0,
    maxHostMessage: 1e6,
    maxPlayerMessage: 1e6,
    playerBacklog: 1e6,
    playerMessages: 0,
    playerBytes: 0,
  };
  const mayCreate = (token: string | undefined): boolean => token !== 'wrong';
  const wmbp = new Wmbp({ rooms, admission, limits, mayCreate, serverApi: undefined });
  const room = openRoom(new TestHost(), { reconnectWindow: 60 }, rooms);
  return { admission, rooms, room, load, wmbp };
}

type Made = ReturnType<typeof setUp>;

const newHost = ({ wmbp }: Made, token = 'right') =>
  wmbp.host({ format: FORMAT, token, resume: undefined, launch: undefined }, undefined, ADDRESS, 0);

const returningHost = ({ wmbp, room }: Made, token = room.resumeToken ?? '') => {
  const resume = { room: room.identity.code, token };
  return wmbp.host(
    { format: FORMAT, token: undefined, resume, launch: undefined },
    room,
    ADDRESS,
    0,
  );
};

const player = (
  { wmbp }: Made,
  room?: Made['room'],
  path = 'QQQQ',
  seat: typeof KEY = undefined,
  password?: string,
) => wmbp.player({ path, seat, about: undefined, password, allValues: false }, room, ADDRESS, 0);

const refused = (reason: object) => ({ is: 'refused', reason });

describe('a new host', () => {
  test('is admitted within its rate limit', () => {
    const made = setUp();
    expect([1, 2, 3].map(() => newHost(made))).toMatchObject([
      { is: 'admitted', role: 'host' },
      { is: 'admitted', role: 'host' },
      refused(CLOSE_REASONS.tooManyAttempts),
    ]);
  });

  test('is refused during a drain or an overload, and with a wrong token', () => {
    const draining = setUp();
    draining.rooms.draining = true;
    expect(newHost(draining)).toEqual(refused(CLOSE_REASONS.restarting));
    const overloaded = setUp();
    overloaded.load.overload = 'late';
    expect(newHost(overloaded)).toEqual(refused(CLOSE_REASONS.relayFull));
    expect(newHost(setUp(), 'wrong')).toEqual(refused(CLOSE_REASONS.badToken));
  });
});

describe('a host that resumes', () => {
  test('is admitted with its token, at any load and rate', () => {
    const made = setUp();
    made.load.overload = 'late';
    made.rooms.draining = true;
    for (let i = 0; i < 5; i++) expect(returningHost(made)).toMatchObject({ is: 'admitted' });
  });

  test('is refused with a wrong token, which counts as a wrong code', () => {
    const made = setUp({ misses: 1 });
    expect(returningHost(made, 'x'.repeat(24))).toEqual(refused(CLOSE_REASONS.noSuchRoom));
    expect(returningHost(made, 'x'.repeat(24))).toEqual(refused(CLOSE_REASONS.tooManyAttempts));
    expect(returningHost(made)).toMatchObject({ is: 'admitted' });
  });
});

describe('a player', () => {
  test('is admitted to an existing room, and wrong codes are counted', () => {
    const made = setUp({ misses: 1 });
    expect(player(made, made.room)).toMatchObject({ is: 'admitted', role: 'player' });
    expect(player(made)).toEqual(refused(CLOSE_REASONS.noSuchRoom));
    expect(player(made, made.room)).toEqual(refused(CLOSE_REASONS.tooManyAttempts));
  });

  test('is refused during an overload, unless it reconnects to its seat', () => {
    const made = setUp({ misses: 1 });
    made.load.overload = 'late';
    player(made);
    join(made.room, new TestPlayer(), KEY);
    expect(player(made, made.room)).toEqual(refused(CLOSE_REASONS.relayFull));
    expect(player(made, made.room, 'QQQQ', KEY)).toMatchObject({ is: 'admitted' });
  });
});

test('an address at its limit may only reconnect, with up to twice as many connections', () => {
  const made = setUp({ connections: 1 });
  join(made.room, new TestPlayer(), KEY);
  made.admission.connected(ADDRESS);
  const entries = () => [
    newHost(made),
    player(made, made.room),
    returningHost(made),
    player(made, made.room, 'QQQQ', KEY),
  ];
  const full = refused(CLOSE_REASONS.relayFull);
  expect(entries()).toMatchObject([full, full, { is: 'admitted' }, { is: 'admitted' }]);
  made.admission.connected(ADDRESS);
  expect(entries()).toEqual([full, full, full, full]);
});
