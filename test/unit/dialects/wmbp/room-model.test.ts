import fc from 'fast-check';
import { test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import type { Room } from '../../../../src/rooms/room.js';
import type { Seat } from '../../../../src/rooms/seat.js';
import { type PeerCall, TestPlayer, text, WmbpHost } from '../../../support/peers.js';
import { seatOf, TestRooms } from '../../../support/rooms.js';

/*
 * Runs random sequences of actions of hosts and players on a room and on a model of it, and compares both:
 * ids are never reused, exactly the listed players receive messages, and every `state` is correct.
 */

/** The simplest model of a room. */
class Model {
  phase: 'unprepared' | 'open' | 'started' | 'ended' = 'unprepared';
  maxPlayers = 0;
  lastId = 0;
  readonly players = new Set<number>();

  get state(): object {
    const accept_conns = this.phase === 'open' && this.players.size < this.maxPlayers;
    const { maxPlayers: max_players, phase } = this;
    const name = phase === 'unprepared' ? '' : 'model';
    return { cmd: 'state', name, players: [...this.players], max_players, accept_conns };
  }
}

/** The room, and all hosts and players that connected to it. */
interface Real {
  /** `undefined` until the host has prepared it. */
  room(): Room | undefined;
  readonly host: WmbpHost;
  readonly seats: Map<number, { seat: Seat; player: TestPlayer }>;
}

type Expected = PeerCall | object;

function expectCalls(who: string, received: PeerCall[], expected: Expected[]): void {
  const [got, wanted] = [JSON.stringify(received), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`${who} received ${got}, not ${wanted}`);
}

/** One step: runs it on the room and the model, and returns the expected events. */
class Step implements fc.Command<Model, Real> {
  constructor(
    readonly label: string,
    readonly act: (
      model: Model,
      real: Real,
    ) => { host?: Expected[]; players?: Map<number, Expected[]> },
  ) {}

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const ended = model.phase === 'ended';
    const { host = [], players = new Map() } = this.act(model, real);
    expectCalls('the host', real.host.takeCalls(), ended ? [] : host);
    for (const [id, { player }] of real.seats) {
      expectCalls(`player ${id}`, player.takeCalls(), ended ? [] : (players.get(id) ?? []));
    }
    const info = real.room()?.info;
    if ((info === undefined) !== (model.maxPlayers === 0)) throw new Error('no room, or one');
    if (info !== undefined && info.players !== model.players.size) throw new Error('miscounted');
  }

  toString(): string {
    return this.label;
  }
}

const all = (model: Model, what: Expected[]) =>
  new Map([...model.players].map((id) => [id, what] as const));

function end(model: Model, forPlayers: object, forHost: object) {
  const players = all(model, [forPlayers]);
  model.phase = 'ended';
  model.players.clear();
  return { host: [forHost], players };
}

const prepare = fc.integer({ min: 1, max: 5 }).map(
  (maxPlayers) =>
    new Step(`prepare ${maxPlayers}`, (model, { host }) => {
      host.command({ cmd: 'prepare', maxPlayers, name: 'model' });
      const reply = { cmd: 'prepare_reply', key: 'BCDF' };
      if (model.phase !== 'unprepared') return { host: [reply] };
      model.phase = 'open';
      model.maxPlayers = Math.min(maxPlayers, 4);
      return { host: [model.state, reply] };
    }),
);

const setStarted = fc.boolean().map(
  (started) =>
    new Step(started ? 'start' : 'open', (model, { host }) => {
      host.command({ cmd: started ? 'start' : 'open' });
      if (model.phase === 'open' || model.phase === 'started') {
        model.phase = started ? 'started' : 'open';
      }
      return { host: [model.state] };
    }),
);

const join = fc.constant(
  new Step('join', (model, { room: opened, seats }) => {
    const player = new TestPlayer();
    const room = opened();
    if (room === undefined) return {};
    const result = room.join(player);
    const full = model.players.size >= model.maxPlayers;
    if (model.phase !== 'open' || full) {
      const { open: _, ...closed } = {
        open: CLOSE_REASONS.roomFull,
        unprepared: CLOSE_REASONS.noSuchRoom,
        ended: CLOSE_REASONS.noSuchRoom,
        started: CLOSE_REASONS.alreadyStarted,
      };
      const expected = model.phase === 'open' ? CLOSE_REASONS.roomFull : closed[model.phase];
      if (result.is !== 'refused' || result.reason !== expected)
        throw new Error(`joined, or not refused with ${expected.reason}`);
      return {};
    }
    const seat = seatOf(result);
    const id = ++model.lastId;
    if (seat.id !== id) throw new Error(`got id ${seat.id}, not ${id}`);
    model.players.add(id);
    seats.set(id, { seat, player });
    return { host: [{ cmd: 'player_joined', player: id }, model.state] };
  }),
);

const someId = fc.integer({ min: 0, max: 8 });

function removed(model: Model, id: number): Expected[] {
  return model.players.delete(id) ? [{ cmd: 'player_left', player: id }, model.state] : [];
}

const leave = someId.map(
  (id) =>
    new Step(`${id} leaves`, (model, { seats }) => {
      const seated = seats.get(id);
      seated?.seat.leave(seated.player, true);
      return { host: removed(model, id) };
    }),
);

const kick = someId.map(
  (id) =>
    new Step(`kick ${id}`, (model, real) => {
      real.host.command({ cmd: 'kick', player: id });
      const host = removed(model, id);
      return host.length > 0
        ? { host, players: new Map([[id, [CLOSE_REASONS.kicked]]]) }
        : { host: [model.state] };
    }),
);

const say = fc.tuple(someId, fc.string()).map(
  ([id, words]) =>
    new Step(`${id} says ${JSON.stringify(words)}`, (model, { seats }) => {
      const seated = seats.get(id);
      seated?.seat.receive(text(words), seated.player);
      return {
        host: model.players.has(id) ? [{ from: id, text: text(words).bytes.toString() }] : [],
      };
    }),
);

const send = fc.tuple(fc.array(someId), fc.boolean()).map(
  ([ids, everybody]) =>
    new Step(everybody ? 'send to everybody' : `send to ${ids}`, (model, { host }) => {
      host.session.room?.send(everybody ? 'everybody' : ids, text('hi'));
      const received = [{ text: 'hi' }];
      const named = [...model.players].filter((id) => everybody || ids.includes(id));
      return { players: new Map(named.map((id) => [id, received])) };
    }),
);

const stop = fc.constant(
  new Step('stop', (model, { host }) => {
    host.command({ cmd: 'stop' });
    return end(model, CLOSE_REASONS.gameOver, CLOSE_REASONS.stopped);
  }),
);

const hostGone = fc.constant(
  new Step('the host goes', (model, { host }) => {
    host.session.end(false);
    if (model.phase !== 'unprepared')
      return end(model, CLOSE_REASONS.hostGone, CLOSE_REASONS.hostGone);
    // A host without a room cannot be closed by it, and sends no more commands.
    model.phase = 'ended';
    return {};
  }),
);

test('a room behaves like its model, for random commands and events', () => {
  // The end is a rare step, because little can happen after it.
  const step = fc.oneof(
    { weight: 3, arbitrary: prepare },
    { weight: 4, arbitrary: setStarted },
    { weight: 12, arbitrary: join },
    { weight: 6, arbitrary: leave },
    { weight: 4, arbitrary: kick },
    { weight: 8, arbitrary: say },
    { weight: 8, arbitrary: send },
    { weight: 1, arbitrary: fc.oneof(stop, hostGone) },
  );
  const steps = fc.commands([step], { maxCommands: 100, size: 'max' });
  fc.assert(
    fc.property(steps, (commands) => {
      const rooms = Object.assign(new TestRooms(), { maxPlayers: 4 });
      const host = new WmbpHost(rooms);
      let room: Room | undefined;
      const real = { room: () => (room ??= rooms.room), host, seats: new Map() };
      fc.modelRun(() => ({ model: new Model(), real }), commands);
    }),
    { numRuns: 1000 },
  );
});
