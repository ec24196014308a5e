import fc from 'fast-check';
import { test } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import { KEPT_OVERHEAD } from '../../../src/rooms/away-player.js';
import { emptySeats, keptBytes } from '../../../src/rooms/kept.js';
import { Room } from '../../../src/rooms/room.js';
import { Seat } from '../../../src/rooms/seat.js';
import { parseSeatKey } from '../../../src/rooms/seat-key.js';
import {
  firstLine,
  lastLine,
  parseState,
  roomLine,
  SKIPPED_IDS,
} from '../../../src/state/saved-state.js';
import { TestHost, TestPlayer, text } from '../../support/peers.js';
import { TestKeeper } from '../../support/rooms.js';
import { MAX_HOLD, Model, type Setup, sizeOf } from './seats-model.js';

/*
 * Any sequence of what can happen to a room that waits for its people, on a room and on a model of
 * it side by side. Rooms that do not wait are among them: nobody there may hear of any of it.
 */

/** The room, and everybody who ever was or wanted to be in it. */
interface Real {
  room: Room;
  keeper: TestKeeper;
  readonly hosts: TestHost[];
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
    compareHeard(model, real);
    compareRooms(model, real);
  }

  toString(): string {
    return this.label;
  }
}

/** What only a host may hear that has asked to wait, and whose players are waited for. */
const NEW = /player_away|player_back|"away"|resume|missed/;

function compareHeard(model: Model, { hosts, visits }: Real): void {
  for (const [i, host] of hosts.entries()) {
    const heard = host.news();
    same(`host ${i} heard`, heard, model.hostHears.get(i) ?? []);
    if (model.hold === 0 && NEW.test(JSON.stringify(heard))) throw new Error('a plain host heard');
  }
  for (const [i, { player }] of visits.entries()) {
    same(`connection ${i} heard`, player.news(), model.playerHears.get(i) ?? []);
    if (model.idOf(i) === undefined) continue;
    same(`connection ${i} is read`, player.reading, model.hostKeepsUp);
  }
  model.hostHears.clear();
  model.playerHears.clear();
}

function compareRooms(model: Model, { room, keeper, visits }: Real): void {
  const lives = model.phase !== 'ended';
  same('it can be joined', room.info?.players, lives ? model.seats.length : undefined);
  same('timers', keeper.waiting, model.waiting);
  const { players, host } = room.away;
  same(
    'kept',
    players.map(({ bytes, missed }) => ({ bytes, missed })),
    model.away.map(({ kept, missed }) => ({ bytes: sizeOf(kept), missed })),
  );
  const mostForHost = model.setup.hostBacklog + (MAX_SIZE + KEPT_OVERHEAD) * 2;
  // Who comes back and has missed something is told of in any case, once for each.
  const mostMissed = KEPT_OVERHEAD * visits.length;
  if ((host?.bytes ?? 0) > mostForHost + mostMissed) throw new Error('too much kept for the host');
  if (!lives) same('kept after the end', keptBytes([room]), 0);
}

function same(what: string, got: unknown, wanted: unknown): void {
  const [is, ought] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (is !== ought) throw new Error(`${what}: ${is}, not ${ought}`);
}

const MAX_SIZE = 300;

/** Words that nobody has said before, so long at least. */
function words(real: Real, size: number): string {
  return `${++real.messages} `.padEnd(size, '.');
}

const someId = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.constantFrom(0, 0, 0, SKIPPED_IDS))
  .map(([id, skipped]) => id + skipped);
const size = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: MAX_SIZE }));

/** Few keys, so that many come back. */
const key = fc.constantFrom('key-of-player-one', 'key-of-player-two', 'key-of-player-three');

/** What a player brings: a key, none, or one that is none. */
const brought = fc.oneof(
  { weight: 8, arbitrary: key },
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'too short', `${'x'.repeat(65)}`, 'no spaces in here'),
  },
);

const join = brought.map(
  (seatKey) =>
    new Step(`join by ${JSON.stringify(seatKey)}`, (model, { room, visits }) => {
      const player = new TestPlayer();
      const parsed = parseSeatKey(seatKey);
      const result = room.join(player, parsed);
      const visit = visits.push({ player, seat: result instanceof Seat ? result : undefined }) - 1;
      const expected = model.join(visit, seatKey ?? undefined, parsed === 'malformed');
      same('joined as', result instanceof Seat ? result.id : result, expected);
    }),
);

const send = fc.tuple(fc.option(fc.array(someId, { maxLength: 4 })), size).map(
  ([ids, length]) =>
    new Step(`send ${length} to ${ids ?? 'everybody'}`, (model, real) => {
      // Only a host that is there sends.
      if (model.host === undefined) return;
      const to = ids ?? 'everybody';
      const content = words(real, length);
      model.send(to, content);
      real.room.send({ cmd: 'send', to, payload: text(content) });
    }),
);

/** One of all connections there ever were. */
const someOne = fc.nat();

/** Late words of one that was replaced, too; who is not read says nothing. */
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

/** Late closes of one that was replaced, and closes twice, too. */
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

const kick = someId.map(
  (id) =>
    new Step(`kick ${id}`, (model, { room }) => {
      if (model.host === undefined) return;
      model.kick(id);
      room.command({ cmd: 'kick', player: id });
    }),
);

const setStarted = fc.boolean().map(
  (started) =>
    new Step(started ? 'start' : 'open', (model, { room }) => {
      if (model.host === undefined) return;
      model.setStarted(started);
      room.command({ cmd: started ? 'start' : 'open' });
    }),
);

const pass = fc.integer({ min: 1, max: MAX_HOLD * 1200 }).map(
  (milliseconds) =>
    new Step(`${milliseconds} ms pass`, (model, { keeper }) => {
      model.pass(milliseconds);
      keeper.pass(milliseconds);
    }),
);

const hostEnds = fc.tuple(someOne, fc.boolean()).map(
  ([n, isLast]) =>
    new Step(`host ${isLast ? '' : n} is cut`, (model, { room, hosts }) => {
      const host = isLast ? hosts.length - 1 : n % hosts.length;
      model.hostEnds(host, false);
      room.hostGone(hosts[host] as TestHost, false);
    }),
);

/** By the right token: one that is away, and one that only thinks that its other one is. */
const hostReturns = fc.constant(
  new Step('the host returns', (model, { room, hosts }) => {
    const token = model.token ?? '';
    const may = model.hold > 0 && model.phase !== 'ended';
    same('a right token', room.mayResume(token), may);
    same('a wrong token', room.mayResume(`${token}x`), false);
    if (!may) return;
    const host = new TestHost();
    model.hostReturns(hosts.push(host) - 1);
    room.resume(host, token);
  }),
);

const setHostKeepsUp = fc.tuple(someOne, fc.boolean()).map(
  ([n, keepsUp]) =>
    new Step(`host ${n} ${keepsUp ? 'keeps up' : 'is slow'}`, (model, { room, hosts }) => {
      const host = n % hosts.length;
      model.setHostKeepsUp(host, keepsUp);
      room.setHostKeepsUp(hosts[host] as TestHost, keepsUp);
    }),
);

const tooLittleMemory = fc.integer({ min: 1, max: 2000 }).map(
  (excess) =>
    new Step(`${excess} bytes too much`, (model, { room }) => {
      model.empty(excess);
      emptySeats([room], excess);
    }),
);

const restart = fc.boolean().map(
  (wasKilled) =>
    new Step(wasKilled ? 'killed, and restart' : 'restart', (model, real) => {
      const { saved } = real.room;
      real.room.end(CLOSINGS.restarting);
      same('timers of the room before', real.keeper.waiting, 0);
      model.restart(wasKilled);
      same('it waits', saved !== undefined, model.phase !== 'ended');
      if (saved === undefined) return;
      const [read] = parseState(firstLine() + roomLine(saved) + lastLine(1, !wasKilled));
      if (read === undefined) throw new Error('no room was read');
      real.keeper = keeperOf(model.setup);
      real.room = Room.restore(read, real.keeper);
    }),
);

const stop = fc.constant(
  new Step('stop', (model, { room }) => {
    if (model.host === undefined) return;
    model.end(CLOSINGS.gameOver, CLOSINGS.stopped);
    room.command({ cmd: 'stop' });
  }),
);

const hostCloses = fc.constant(
  new Step('the host closes', (model, { room, hosts }) => {
    const host = hosts.length - 1;
    model.hostEnds(host, true);
    room.hostGone(hosts[host] as TestHost, true);
  }),
);

const setups: fc.Arbitrary<Setup> = fc.record({
  hold: fc.constantFrom(0, 0.5, 1, 2, MAX_HOLD, 1000, Number.POSITIVE_INFINITY),
  maxPlayers: fc.integer({ min: 1, max: 4 }),
  keep: fc.constantFrom(0, KEPT_OVERHEAD * 2, KEPT_OVERHEAD * 5 + MAX_SIZE, 1 << 20),
  hostBacklog: fc.constantFrom(1, KEPT_OVERHEAD * 3, KEPT_OVERHEAD * 8 + MAX_SIZE, 1 << 20),
});

function keeperOf({ keep, hostBacklog }: Setup): TestKeeper {
  return Object.assign(new TestKeeper(), { maxHold: MAX_HOLD, keep, hostBacklog });
}

function start(setup: Setup): { model: Model; real: Real } {
  const host = new TestHost();
  const keeper = keeperOf(setup);
  const room = new Room(host, keeper);
  const { hold, maxPlayers } = setup;
  room.command({ cmd: 'prepare', maxPlayers, name: 'model', hold });
  const reply = host.news().at(-1) as { resume?: string };
  const model = new Model(setup, reply.resume);
  return { model, real: { room, keeper, hosts: [host], visits: [], messages: 0 } };
}

test('seats outlive connections, hosts and restarts as in the model, whatever happens', () => {
  // Ends are rare: what comes after one is soon said.
  const step = fc.oneof(
    { weight: 14, arbitrary: join },
    { weight: 14, arbitrary: send },
    { weight: 8, arbitrary: say },
    { weight: 12, arbitrary: connectionEnds },
    { weight: 3, arbitrary: kick },
    { weight: 3, arbitrary: setStarted },
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
