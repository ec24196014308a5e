import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import type { Features } from '../../../src/rooms/features.js';
import type { Room } from '../../../src/rooms/room.js';
import { Rooms } from '../../../src/rooms/rooms.js';
import type { Seat } from '../../../src/rooms/seat.js';
import { hashSecret, type SecretHash } from '../../../src/rooms/secret.js';
import type { Viewer } from '../../../src/rooms/viewer.js';
import { TestPlayer, TestViewer, text, WmbpHost } from '../../support/peers.js';
import { LIMITS, openRoom } from '../../support/rooms.js';

/*
 * Runs random sequences of events on rooms with random features. When all rooms have ended, they must
 * have left nothing: no counted memory, no timer, no list. Until then, lists must be up to date.
 */

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

interface Hosted {
  readonly room: Room;
  readonly token: string;
  host: WmbpHost;
}

interface World {
  rooms: Rooms;
  readonly hosted: Hosted[];
  readonly visits: { readonly player: TestPlayer; readonly seat: Seat }[];
  readonly viewers: Viewer[];
}

type Step = (world: World) => void;

const KEYS = ['1', '2', '3'];

const someOne = fc.nat(50);
const player = fc.integer({ min: 1, max: 6 });
const list = fc.constantFrom('', 'a', 'b');
const listing = fc.option(fc.constantFrom('', 'ä', 'easy'), { nil: undefined });
const name = fc.constantFrom('a', 'b', 'c');
const content = fc.option(fc.integer({ min: 0, max: 900 }), { nil: undefined });
const audience = fc.constantFrom('too', 'only', undefined);

/** Does nothing if there is no room. */
const withRoom =
  (n: number, act: (hosted: Hosted, world: World) => void): Step =>
  (world) => {
    const hosted = world.hosted[n % world.hosted.length];
    if (hosted !== undefined) act(hosted, world);
  };

const features: fc.Arbitrary<Features> = fc.record(
  {
    about: fc.constant(true as const),
    ask: fc.constant(true as const),
    password: fc.constant(hashSecret('sesame')),
    times: fc.constant(1),
    audience: fc.constant(2),
    list: fc.constantFrom('a', 'b'),
    listing: fc.constantFrom('', 'ä', 'easy'),
  },
  { requiredKeys: [] },
);

const open = fc
  .record({
    features: fc.option(features, { nil: undefined }),
    reconnectWindow: fc.constantFrom(0, 5),
  })
  .map(
    (settings): Step =>
      (world) => {
        let room: Room | undefined;
        const host = new WmbpHost({
          open: (_, peer) => {
            room = openRoom(peer, { maxPlayers: 3, ...settings }, world.rooms);
            return { is: 'opened', room };
          },
        });
        host.command({ cmd: 'prepare', maxPlayers: 3, name: '' });
        if (room !== undefined) world.hosted.push({ room, host, token: room.resumeToken ?? '' });
      },
  );

const join = fc
  .tuple(someOne, fc.option(fc.constantFrom(...KEYS), { nil: undefined }), content)
  .map(([n, key, about]) =>
    withRoom(n, ({ room }, { visits }) => {
      const peer = new TestPlayer(`192.0.2.${n % 3}`);
      const result = room.join(peer, {
        key: key === undefined ? undefined : hashSecret(key),
        about: about === undefined ? undefined : 'x'.repeat(about),
        password: 'sesame',
        allValues: n % 2 === 0,
      });
      if (result.is === 'seated') visits.push({ player: peer, seat: result.seat });
    }),
  );

const leave = fc.tuple(someOne, fc.boolean()).map(
  ([n, isFinal]): Step =>
    ({ visits }) => {
      const visit = visits[n % visits.length];
      visit?.seat.leave(visit.player, isFinal);
    },
);

const say = fc.tuple(someOne, content).map(
  ([n, length = 0]): Step =>
    ({ visits }) => {
      const visit = visits[n % visits.length];
      visit?.seat.receive(text('x'.repeat(length)), visit.player);
    },
);

const watch = someOne.map((n) =>
  withRoom(n, ({ room }, { viewers }) => {
    const result = room.watch(new TestViewer(), { password: 'sesame' });
    if (result.is === 'watching') viewers.push(result.viewer);
  }),
);

const vote = fc.tuple(someOne, fc.constantFrom('a', 'bb')).map(
  ([n, choice]): Step =>
    ({ viewers }) => {
      viewers[n % viewers.length]?.receive(text(choice));
    },
);

const unwatch = someOne.map(
  (n): Step =>
    ({ viewers }) =>
      viewers[n % viewers.length]?.leave(),
);

const keep = fc
  .tuple(someOne, fc.option(player, { nil: 'everybody' as const }), name, content, audience)
  .map(([n, to, key, length, who]) =>
    withRoom(n, ({ host }) => {
      const payload = length === undefined ? undefined : text('x'.repeat(length));
      const only = to === 'everybody' && who !== undefined ? { audience: who } : {};
      const later = n % 3 === 0 ? { later: true as const } : {};
      host.session.deliver({ cmd: 'keep', to, key, payload, ...only, ...later }, 0);
    }),
  );

const command = fc
  .oneof(
    fc.record({ cmd: fc.constant('kick' as const), player, ban: fc.constant(true as const) }),
    fc.record({ cmd: fc.constant('admit' as const), player }),
    fc.record({ cmd: fc.constant('poll' as const), choices: fc.subarray(['a', 'bb', 'ccc']) }),
    fc.record({ cmd: fc.constantFrom('start' as const, 'open' as const) }),
    fc.record({ cmd: fc.constant('leave' as const) }),
    fc
      .record({ list, listing, maxPlayers: fc.integer({ min: 1, max: 4 }) })
      .map(({ listing: shown, ...changes }) => ({
        cmd: 'set' as const,
        ...changes,
        ...(shown !== undefined && { listing: shown }),
      })),
  )
  .chain((each) => someOne.map((n) => withRoom(n, ({ host }) => host.command(each))));

const cut = fc
  .tuple(someOne, fc.boolean())
  .map(([n, isFinal]) => withRoom(n, ({ host }) => host.session.end(isFinal)));

const resume = someOne.map((n) =>
  withRoom(n, (hosted) => {
    hosted.host = new WmbpHost();
    hosted.host.session.resume(hosted.room, hosted.token);
  }),
);

const pace = fc
  .tuple(someOne, fc.boolean())
  .map(([n, keepsUp]) => withRoom(n, ({ host }) => host.session.setKeepsUp(keepsUp)));

const end = someOne.map((n) => withRoom(n, ({ room }) => room.end(CLOSE_REASONS.gameOver)));

const pass = fc.constantFrom(500, 1000, 4000, 61_000).map(
  (time): Step =>
    () =>
      void vi.advanceTimersByTime(time),
);

const restart = fc.constant<Step>((world) => {
  const saved = [...world.rooms.all].flatMap((room) => room.saved ?? []);
  finish(world);
  world.rooms = newRooms();
  world.rooms.restore(saved);
  const tokens = new Map(world.hosted.map(({ room, token }) => [room.identity.code, token]));
  world.hosted.length = 0;
  for (const room of world.rooms.all) {
    const token = tokens.get(room.identity.code) ?? '';
    world.hosted.push({ room, token, host: new WmbpHost() });
  }
});

const newRooms = (): Rooms => new Rooms({ ...LIMITS, keep: 3000, hostBacklog: 3000 });

/** Ends all rooms; after that, late events of their connections change nothing either. */
function finish({ rooms, visits, viewers }: World): void {
  rooms.endAll(CLOSE_REASONS.restarting);
  for (const { seat, player: peer } of visits.splice(0)) {
    seat.receive(text('late'), peer);
    seat.leave(peer, false);
  }
  for (const viewer of viewers.splice(0)) {
    viewer.receive(text('a'));
    viewer.leave();
  }
  const { traffic: _, ...totals } = rooms.totals;
  expect(totals).toEqual({
    players: 0,
    disconnectedPlayers: 0,
    disconnectedHosts: 0,
    bufferedBytes: 0,
    storedBytes: 0,
  });
  expect(vi.getTimerCount()).toBe(0);
  expect(['a', 'b'].map((each) => rooms.lists.find(each))).toEqual([undefined, undefined]);
  expect(rooms.seatIndex?.size).toBe(0);
}

/** Lists have the rooms that can be joined now, and no others. */
function checkLists({ rooms }: World): void {
  for (const each of ['a', 'b']) {
    const listed = (rooms.lists.find(each)?.page(100) ?? []).map(({ room }) => room);
    const open = [...rooms.all].filter(
      ({ features: has, info }) => has?.list === each && info.acceptsPlayers && info.hostConnected,
    );
    expect(new Set(listed)).toEqual(new Set(open));
    const shares = open
      .filter(({ features: has }) => has?.password === undefined)
      .map(({ info: { players, maxPlayers } }) => players / maxPlayers);
    const fullest = rooms.lists.find(each)?.fullest()?.room.info;
    const most = fullest && fullest.players / fullest.maxPlayers;
    expect(most).toBe(shares.length === 0 ? undefined : Math.max(...shares));
    for (const key of KEYS.map(hashSecret)) checkSeats(rooms, each, key);
  }
}

/** A key is found in a list exactly if it has a seat in one of its rooms. */
function checkSeats(rooms: Rooms, name: string, key: SecretHash): void {
  const list = rooms.lists.find(name);
  const found = list && rooms.lists.withSeat(list, key)?.room;
  const seated = [...rooms.all].filter(
    (room) => room.features?.list === name && room.seatWith(key) !== undefined,
  );
  expect(seated.length > 0 ? seated : [undefined]).toContain(found);
}

const step = fc.oneof(
  { weight: 5, arbitrary: open },
  { weight: 16, arbitrary: fc.oneof(join, watch) },
  { weight: 6, arbitrary: fc.oneof(leave, unwatch) },
  { weight: 8, arbitrary: fc.oneof(say, vote, vote) },
  { weight: 8, arbitrary: keep },
  { weight: 10, arbitrary: command },
  { weight: 6, arbitrary: fc.oneof(cut, resume, pace) },
  { weight: 3, arbitrary: pass },
  { weight: 1, arbitrary: fc.oneof(end, restart) },
);

test('rooms that have ended leave neither memory nor timers nor lists, whatever has happened', () => {
  fc.assert(
    fc.property(open, fc.array(step, { minLength: 20, maxLength: 80 }), (first, steps) => {
      vi.clearAllTimers();
      const world: World = { rooms: newRooms(), hosted: [], visits: [], viewers: [] };
      for (const each of [first, ...steps]) {
        each(world);
        checkLists(world);
      }
      finish(world);
    }),
    { numRuns: 600 },
  );
});
