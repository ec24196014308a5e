import fc from 'fast-check';
import { test } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import { Room } from '../../../src/rooms/room.js';
import { Seat } from '../../../src/rooms/seat.js';
import { type Heard, TestHost, TestPlayer, text } from '../../support/peers.js';
import { TestKeeper } from '../../support/rooms.js';

/*
 * Any sequence of what hosts and players can do, on a room and on a model of it side by side: ids
 * are never used again, exactly those named receive, and every `state` is true.
 */

/** What a room is, as simply as it can be said. */
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

/** The room, and everybody who ever wanted to be in it. */
interface Real {
  readonly room: Room;
  readonly host: TestHost;
  readonly seats: Map<number, { seat: Seat; player: TestPlayer }>;
}

type Expected = Heard | object;

function expectHeard(who: string, heard: Heard[], expected: Expected[]): void {
  const [got, wanted] = [JSON.stringify(heard), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`${who} heard ${got}, not ${wanted}`);
}

/** One step: does it on both sides, and says what is to be heard. */
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
    expectHeard('the host', real.host.news(), ended ? [] : host);
    for (const [id, { player }] of real.seats) {
      expectHeard(`player ${id}`, player.news(), ended ? [] : (players.get(id) ?? []));
    }
    const info = real.room.info;
    const known = model.phase === 'open' || model.phase === 'started';
    if ((info !== undefined) !== known) throw new Error(`info is ${JSON.stringify(info)}`);
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
    new Step(`prepare ${maxPlayers}`, (model, { room }) => {
      room.command({ cmd: 'prepare', maxPlayers, name: 'model' });
      const reply = { cmd: 'prepare_reply', key: 'BCDF' };
      if (model.phase !== 'unprepared') return { host: [reply] };
      model.phase = 'open';
      model.maxPlayers = Math.min(maxPlayers, 4);
      return { host: [model.state, reply] };
    }),
);

const setStarted = fc.boolean().map(
  (started) =>
    new Step(started ? 'start' : 'open', (model, { room }) => {
      room.command({ cmd: started ? 'start' : 'open' });
      if (model.phase === 'open' || model.phase === 'started') {
        model.phase = started ? 'started' : 'open';
      }
      return { host: [model.state] };
    }),
);

const join = fc.constant(
  new Step('join', (model, { room, seats }) => {
    const player = new TestPlayer();
    const result = room.join(player);
    const full = model.players.size >= model.maxPlayers;
    if (model.phase !== 'open' || full) {
      const { open: _, ...closed } = {
        open: CLOSINGS.roomFull,
        unprepared: CLOSINGS.noSuchRoom,
        ended: CLOSINGS.noSuchRoom,
        started: CLOSINGS.alreadyStarted,
      };
      const why = model.phase === 'open' ? CLOSINGS.roomFull : closed[model.phase];
      if (result !== why) throw new Error(`joined, or not refused with ${why.reason}`);
      return {};
    }
    if (!(result instanceof Seat)) throw new Error(`refused: ${result.reason}`);
    const id = ++model.lastId;
    if (result.id !== id) throw new Error(`got id ${result.id}, not ${id}`);
    model.players.add(id);
    seats.set(id, { seat: result, player });
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
    new Step(`kick ${id}`, (model, { room }) => {
      room.command({ cmd: 'kick', player: id });
      const host = removed(model, id);
      return host.length > 0
        ? { host, players: new Map([[id, [CLOSINGS.kicked]]]) }
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
    new Step(everybody ? 'send to everybody' : `send to ${ids}`, (model, { room }) => {
      room.send({ cmd: 'send', to: everybody ? 'everybody' : ids, payload: text('hi') });
      const heard = [{ text: 'hi' }];
      const named = [...model.players].filter((id) => everybody || ids.includes(id));
      return { players: new Map(named.map((id) => [id, heard])) };
    }),
);

const stop = fc.constant(
  new Step('stop', (model, { room }) => {
    room.command({ cmd: 'stop' });
    return end(model, CLOSINGS.gameOver, CLOSINGS.stopped);
  }),
);

const hostGone = fc.constant(
  new Step('the host goes', (model, { room, host }) => {
    room.hostGone(host, false);
    return end(model, CLOSINGS.hostGone, CLOSINGS.hostGone);
  }),
);

test('a room does what its model does, whatever happens in whatever order', () => {
  // Ends are rare: what comes after one is soon said.
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
      const host = new TestHost();
      const keeper = Object.assign(new TestKeeper(), { maxPlayers: 4 });
      const room = new Room(host, keeper);
      host.news();
      fc.modelRun(() => ({ model: new Model(), real: { room, host, seats: new Map() } }), commands);
    }),
    { numRuns: 1000 },
  );
});
