import fc from 'fast-check';
import { test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import { ASK_TIMEOUT } from '../../../../src/rooms/asking.js';
import { BAN_BYTES } from '../../../../src/rooms/bans.js';
import { MESSAGE_OVERHEAD } from '../../../../src/rooms/offline-buffer.js';
import { evictPlayerBuffers } from '../../../../src/rooms/offline-buffers.js';
import type { Room } from '../../../../src/rooms/room.js';
import type { Seat } from '../../../../src/rooms/seat.js';
import { parseSeatKey } from '../../../../src/rooms/seat-key.js';
import {
  firstLine,
  lastLine,
  parseState,
  roomLine,
  SKIPPED_IDS,
} from '../../../../src/state/saved-state.js';
import { TestPlayer, text, WmbpHost } from '../../../support/peers.js';
import { bufferedBytes, TestRooms } from '../../../support/rooms.js';
import { MAX_HOLD, Model, type Setup, sizeOf } from './seats-model.js';

/*
 * Runs random sequences of events on a room with a reconnect window and on a model of it, and compares
 * both. Some rooms have no reconnect window: their clients must not notice this feature.
 */

/** The room, and all hosts and players that connected to it. */
interface Real {
  room: Room;
  rooms: TestRooms;
  readonly hosts: WmbpHost[];
  readonly visits: { readonly player: TestPlayer; readonly seat: Seat | undefined }[];
  /** So that no two messages are the same. */
  messages: number;
}

class Step implements fc.Command<Model, Real> {
  constructor(
    readonly label: string,
    readonly act: (model: Model, real: Real) => void,
  ) {}

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    this.act(model, real);
    compareReceived(model, real);
    compareRooms(model, real);
  }

  toString(): string {
    return this.label;
  }
}

/** Events that only a host with a reconnect window may receive. */
const NEW = /player_away|player_back|"away"|resume|missed/;

function compareReceived(model: Model, { hosts, visits }: Real): void {
  for (const [i, host] of hosts.entries()) {
    const received = host.takeCalls();
    same(`host ${i} received`, received, model.hostReceives.get(i) ?? []);
    if (model.hold === 0 && NEW.test(JSON.stringify(received)))
      throw new Error('a plain host received');
  }
  for (const [i, { player }] of visits.entries()) {
    same(`connection ${i} received`, player.takeCalls(), model.playerReceives.get(i) ?? []);
    const isRead = model.isRead(i);
    if (isRead !== undefined) same(`connection ${i} is read`, player.reading, isRead);
  }
  model.hostReceives.clear();
  model.playerReceives.clear();
}

function compareRooms(model: Model, { room, rooms, visits }: Real): void {
  const lives = model.phase !== 'ended';
  same('players', room.info.players, model.seats.length);
  same('timers', rooms.timers, model.waiting);
  const { players, host } = room.offlineBuffers;
  same(
    'kept',
    players.map(({ bytes, missed }) => ({ bytes, missed })),
    model.away.map(({ kept, missed }) => ({ bytes: sizeOf(kept), missed })),
  );
  const mostForHost = model.setup.hostBacklog + (MAX_SIZE + MESSAGE_OVERHEAD) * 2;
  // A reconnect with missed messages is always reported, once for each player.
  const mostMissed = MESSAGE_OVERHEAD * visits.length;
  if ((host?.bytes ?? 0) > mostForHost + mostMissed) throw new Error('too much kept for the host');
  same('all rooms together', rooms.totals, {
    ...rooms.totals,
    players: lives ? model.seats.length : 0,
    disconnectedPlayers: lives ? model.away.length : 0,
    disconnectedHosts: lives && host !== undefined ? 1 : 0,
    bufferedBytes: lives ? bufferedBytes([room]) : 0,
    storedBytes: lives ? storedBytes(model) : 0,
  });
}

function storedBytes({ values, banned, bannedAddresses }: Model): number {
  const bans = (banned.size + bannedAddresses.size) * BAN_BYTES;
  return sizeOf(values.map(({ words }) => words)) + bans;
}

function same(what: string, got: unknown, wanted: unknown): void {
  const [is, ought] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (is !== ought) throw new Error(`${what}: ${is}, not ${ought}`);
}

const MAX_SIZE = 300;

/** A unique text of at least this length. */
function words(real: Real, size: number): string {
  return `${++real.messages} `.padEnd(size, '.');
}

const someId = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.constantFrom(0, 0, 0, SKIPPED_IDS))
  .map(([id, skipped]) => id + skipped);
const size = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: MAX_SIZE }));

/** Few keys, so that many players reconnect. */
const key = fc.constantFrom('key-of-player-one', 'key-of-player-two', 'key-of-player-three');

/** The key of a player: a valid one, none, or an invalid one. */
const brought = fc.oneof(
  { weight: 8, arbitrary: key },
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'too short', `${'x'.repeat(65)}`, 'no spaces in here'),
  },
);

const join = fc
  .record({
    seatKey: brought,
    wantsAll: fc.constantFrom(false, false, false, true),
    address: fc.constantFrom('', '192.0.2.1', '192.0.2.2'),
  })
  .map(
    (request) =>
      new Step(`join by ${JSON.stringify(request)}`, (model, { room, visits }) => {
        const { seatKey, wantsAll, address } = request;
        const player = new TestPlayer(address);
        const parsed = parseSeatKey(seatKey);
        const result = room.join(player, { key: parsed, allValues: wantsAll });
        const seat = result.is === 'seated' ? result.seat : undefined;
        const visit = visits.push({ player, seat }) - 1;
        const malformed = parsed === 'malformed';
        const key = seatKey ?? undefined;
        const expected = model.join({ visit, key, malformed, wantsAll, address });
        same('joined as', result.is === 'seated' ? result.seat.id : result.reason, expected);
      }),
  );

const send = fc.tuple(fc.option(fc.array(someId, { maxLength: 4 })), size).map(
  ([ids, length]) =>
    new Step(`send ${length} to ${ids ?? 'everybody'}`, (model, real) => {
      // Only a connected host sends.
      if (model.host === undefined) return;
      const to = ids ?? 'everybody';
      const content = words(real, length);
      model.send(to, content);
      real.room.send(to, text(content));
    }),
);

/** Few names of values, so that many are set again. */
const name = fc.constantFrom('phase', 'score', 'word');

/** Sets a value of everybody or of one player, for now and later or only for later, or forgets it. */
const keep = fc.tuple(fc.option(someId), name, fc.option(size, { freq: 5 }), fc.boolean()).map(
  ([id, named, length, later]) =>
    new Step(`keep ${named} of ${id ?? 'everybody'}: ${length} ${later}`, (model, real) => {
      if (model.host === undefined) return;
      const content = length === null ? undefined : words(real, length);
      const payload = content === undefined ? undefined : text(content);
      const fits = model.keep(id ?? undefined, named, content, later);
      const { deliveries } = real.room;
      const result = deliveries.keep(id ?? 'everybody', named, payload, { later });
      same('it fits', typeof result === 'number', fits);
    }),
);

/** One of all connections so far. */
const someOne = fc.nat();

/** Includes late messages of replaced connections; paused connections send nothing. */
const say = fc.tuple(someOne, size).map(
  ([n, length]) =>
    new Step(`connection ${n} says ${length}`, (model, real) => {
      const visit = n % (real.visits.length || 1);
      const { player, seat } = real.visits[visit] ?? {};
      if (player === undefined || seat === undefined || !player.reading) return;
      const content = words(real, length);
      model.say(visit, content);
      seat.receive(text(content), player);
    }),
);

/** Includes late closes of replaced connections, and repeated closes. */
const connectionEnds = fc.tuple(someOne, fc.boolean()).map(
  ([n, forGood]) =>
    new Step(`connection ${n} ${forGood ? 'closes' : 'is cut'}`, (model, { visits }) => {
      const visit = n % (visits.length || 1);
      const { player, seat } = visits[visit] ?? {};
      if (player === undefined) return;
      model.connectionEnds(visit, forGood);
      seat?.leave(player, forGood);
    }),
);

const admit = someId.map(
  (id) =>
    new Step(`admit ${id}`, (model, { hosts }) => {
      if (model.host === undefined) return;
      const host = hosts[model.host];
      model.admit(id);
      host?.command({ cmd: 'admit', player: id });
    }),
);

const kick = fc
  .record({ id: someId, reason: fc.option(fc.constant('bye')), ban: fc.boolean() })
  .map(
    ({ id, reason, ban }) =>
      new Step(`kick ${id} ${reason} ${ban}`, (model, { hosts }) => {
        if (model.host === undefined) return;
        const host = hosts[model.host];
        model.kick(id, reason ?? undefined, ban);
        const options = { ...(reason !== null && { reason }), ...(ban && { ban }) };
        host?.command({ cmd: 'kick', player: id, ...options });
      }),
  );

const set = fc.integer({ min: 1, max: 4 }).map(
  (maxPlayers) =>
    new Step(`set ${maxPlayers}`, (model, { hosts }) => {
      if (model.host === undefined) return;
      const host = hosts[model.host];
      model.set(maxPlayers);
      host?.command({ cmd: 'set', maxPlayers });
    }),
);

const hostLeaves = fc.constant(
  new Step('the host leaves', (model, { hosts }) => {
    if (model.host === undefined) return;
    const host = hosts[model.host];
    model.leave();
    host?.command({ cmd: 'leave' });
  }),
);

const setStarted = fc.boolean().map(
  (started) =>
    new Step(started ? 'start' : 'open', (model, { hosts }) => {
      if (model.host === undefined) return;
      const host = hosts[model.host];
      model.setStarted(started);
      host?.command({ cmd: started ? 'start' : 'open' });
    }),
);

const milliseconds = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: MAX_HOLD * 1200 }) },
  { weight: 1, arbitrary: fc.constant(ASK_TIMEOUT) },
);

const pass = milliseconds.map(
  (milliseconds) =>
    new Step(`${milliseconds} ms pass`, (model, { rooms, hosts }) => {
      model.pass(milliseconds);
      rooms.pass(milliseconds, () => {
        for (const host of hosts) host.session.flushState();
      });
    }),
);

const hostEnds = fc.tuple(someOne, fc.boolean()).map(
  ([n, isLast]) =>
    new Step(`host ${isLast ? '' : n} is cut`, (model, { hosts }) => {
      const host = isLast ? hosts.length - 1 : n % hosts.length;
      model.hostEnds(host, false);
      hosts[host]?.session.end(false);
    }),
);

/** Resumes with the right token, whether or not the earlier connection has ended. */
const hostReturns = fc.constant(
  new Step('the host returns', (model, { room, hosts }) => {
    const token = model.token ?? '';
    const may = model.hold > 0 && model.phase !== 'ended';
    same('a right token', room.mayResume(token), may);
    same('a wrong token', room.mayResume(`${token}x`), false);
    if (!may) return;
    const host = new WmbpHost();
    model.hostReturns(hosts.push(host) - 1);
    host.session.resume(room, token);
  }),
);

const setHostKeepsUp = fc.tuple(someOne, fc.boolean()).map(
  ([n, keepsUp]) =>
    new Step(`host ${n} ${keepsUp ? 'keeps up' : 'is slow'}`, (model, { hosts }) => {
      const host = n % hosts.length;
      model.setHostKeepsUp(host, keepsUp);
      hosts[host]?.session.setKeepsUp(keepsUp);
    }),
);

const tooLittleMemory = fc.integer({ min: 1, max: 2000 }).map(
  (excess) =>
    new Step(`${excess} bytes too much`, (model, { room }) => {
      model.empty(excess);
      evictPlayerBuffers([room], excess);
    }),
);

const restart = fc.boolean().map(
  (wasKilled) =>
    new Step(wasKilled ? 'killed, and restart' : 'restart', (model, real) => {
      const { saved } = real.room;
      real.room.end(CLOSE_REASONS.restarting);
      same('timers of the room before', real.rooms.timers, 0);
      model.restart(wasKilled);
      same('it waits', saved !== undefined, model.phase !== 'ended');
      if (saved === undefined) return;
      const [read] = parseState(
        (firstLine() + roomLine(saved) + lastLine(1, !wasKilled)).split('\n'),
      );
      if (read === undefined) throw new Error('no room was read');
      real.rooms = roomsOf(model.setup);
      real.room = real.rooms.restore(read);
    }),
);

const stop = fc.constant(
  new Step('stop', (model, { hosts }) => {
    if (model.host === undefined) return;
    const host = hosts[model.host];
    model.end(CLOSE_REASONS.gameOver, CLOSE_REASONS.stopped);
    host?.command({ cmd: 'stop' });
  }),
);

const hostCloses = fc.constant(
  new Step('the host closes', (model, { hosts }) => {
    const host = hosts.length - 1;
    model.hostEnds(host, true);
    hosts[host]?.session.end(true);
  }),
);

const setups: fc.Arbitrary<Setup> = fc.record({
  hold: fc.constantFrom(0, 0.5, 1, 2, MAX_HOLD, 1000, Number.POSITIVE_INFINITY),
  maxPlayers: fc.integer({ min: 1, max: 4 }),
  keep: fc.constantFrom(0, MESSAGE_OVERHEAD * 2, MESSAGE_OVERHEAD * 5 + MAX_SIZE, 1 << 20),
  ask: fc.boolean(),
  hostBacklog: fc.constantFrom(1, MESSAGE_OVERHEAD * 3, MESSAGE_OVERHEAD * 8 + MAX_SIZE, 1 << 20),
});

function roomsOf({ keep, hostBacklog }: Setup): TestRooms {
  return Object.assign(new TestRooms(), { maxHold: MAX_HOLD, keep, hostBacklog });
}

function start(setup: Setup): { model: Model; real: Real } {
  const rooms = roomsOf(setup);
  const host = new WmbpHost(rooms);
  const { hold, maxPlayers, ask } = setup;
  const features = ask ? { features: { ask: true as const } } : {};
  host.command({ cmd: 'prepare', maxPlayers, name: 'model', hold, ...features });
  const reply = host.takeCalls().at(-1) as { resume?: string };
  const model = new Model(setup, reply.resume);
  const room = rooms.room as Room;
  return { model, real: { room, rooms, hosts: [host], visits: [], messages: 0 } };
}

test('seats behave like the model, for random connects, disconnects and restarts', () => {
  // The end is a rare step, because little can happen after it.
  const step = fc.oneof(
    { weight: 14, arbitrary: join },
    { weight: 14, arbitrary: send },
    { weight: 10, arbitrary: keep },
    { weight: 8, arbitrary: say },
    { weight: 12, arbitrary: connectionEnds },
    { weight: 8, arbitrary: admit },
    { weight: 3, arbitrary: kick },
    { weight: 3, arbitrary: setStarted },
    { weight: 2, arbitrary: set },
    { weight: 2, arbitrary: hostLeaves },
    { weight: 5, arbitrary: pass },
    { weight: 4, arbitrary: hostEnds },
    { weight: 6, arbitrary: hostReturns },
    { weight: 3, arbitrary: setHostKeepsUp },
    { weight: 2, arbitrary: tooLittleMemory },
    { weight: 2, arbitrary: restart },
    { weight: 1, arbitrary: fc.oneof(stop, hostCloses) },
  );
  const steps = fc.commands([step], { maxCommands: 100, size: 'max' });
  fc.assert(
    fc.property(setups, steps, (setup, commands) => {
      fc.modelRun(() => start(setup), commands);
    }),
    { numRuns: 3000 },
  );
});
