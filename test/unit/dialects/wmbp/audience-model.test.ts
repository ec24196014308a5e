import fc from 'fast-check';
import { test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import type { Room } from '../../../../src/rooms/room.js';
import { hashSecret } from '../../../../src/rooms/secret.js';
import type { Viewer } from '../../../../src/rooms/viewer.js';
import { firstLine, lastLine, parseState, roomLine } from '../../../../src/state/saved-state.js';
import { TestPlayer, TestViewer, text, WmbpHost } from '../../../support/peers.js';
import { TestRooms } from '../../../support/rooms.js';
import { AudienceModel } from './audience-model.js';

/*
 * Runs random sequences of events on a room with an audience and one player, and on a model of it, and
 * compares what the host, the viewers and the player hear.
 */

interface Real {
  room: Room;
  rooms: TestRooms;
  host: WmbpHost;
  player: TestPlayer;
  readonly token: string;
  readonly visits: { readonly peer: TestViewer; readonly viewer: Viewer | undefined }[];
  messages: number;
}

const KEY = hashSecret('the key of the player');

class Step implements fc.Command<AudienceModel, Real> {
  constructor(
    readonly label: string,
    readonly act: (model: AudienceModel, real: Real) => void,
  ) {}

  check(): boolean {
    return true;
  }

  run(model: AudienceModel, real: Real): void {
    this.act(model, real);
    compare(model, real);
  }

  toString(): string {
    return this.label;
  }
}

function compare(model: AudienceModel, { host, player, visits, room, rooms }: Real): void {
  const received = host
    .takeCalls()
    .filter((event) => 'cmd' in event && /audience|tally/.test(event.cmd));
  same('the host received', received, model.hostReceives.splice(0));
  same('the player received', player.takeCalls(), model.playerReceives.splice(0));
  for (const [visit, { peer }] of visits.entries()) {
    same(`viewer ${visit} received`, peer.takeCalls(), model.viewersHear.get(visit) ?? []);
  }
  model.viewersHear.clear();
  same('viewers', room.audience?.size, model.viewers.length);
  same('players', room.info.players, 1);
  const bytes = (model.choices ?? []).reduce((sum, { length }) => sum + length, 0);
  same('stored', rooms.totals.storedBytes, bytes);
}

function same(what: string, got: unknown, wanted: unknown): void {
  const [is, ought] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (is !== ought) throw new Error(`${what}: ${is}, not ${ought}`);
}

const someOne = fc.nat();

const watch = fc.constant(
  new Step('a viewer comes', (model, { room, visits }) => {
    const peer = new TestViewer();
    const result = room.watch(peer);
    const viewer = result.is === 'watching' ? result.viewer : undefined;
    same('it may', viewer !== undefined, model.watch(visits.push({ peer, viewer }) - 1));
  }),
);

/** Includes repeated ends. */
const leave = someOne.map(
  (n) =>
    new Step(`viewer ${n} leaves`, (model, { visits }) => {
      const visit = n % (visits.length || 1);
      model.leave(visit);
      visits[visit]?.viewer?.leave();
    }),
);

/** Includes late messages of viewers who have left. */
const say = fc.tuple(someOne, fc.constantFrom('A', 'B', 'C', 'AA', '')).map(
  ([n, words]) =>
    new Step(`viewer ${n} says ${words}`, (model, { visits }) => {
      const visit = n % (visits.length || 1);
      model.say(visit, words);
      visits[visit]?.viewer?.receive(text(words));
    }),
);

const poll = fc.subarray(['A', 'B', 'AA']).map(
  (choices) =>
    new Step(`poll ${choices}`, (model, { host }) => {
      model.poll(choices);
      if (model.isHostThere) host.command({ cmd: 'poll', choices });
    }),
);

const send = fc.constantFrom('too', 'only', undefined).map(
  (audience) =>
    new Step(`send ${audience}`, (model, real) => {
      if (!model.isHostThere) return;
      const content = `${++real.messages}`;
      model.send(audience, content);
      if (audience === undefined) real.room.send('everybody', text(content));
      else real.room.deliveries.sendToAudience(audience, 'everybody', text(content));
    }),
);

const pass = fc.integer({ min: 1, max: 2500 }).map(
  (milliseconds) =>
    new Step(`${milliseconds} ms pass`, (model, { rooms }) => {
      model.pass(milliseconds);
      rooms.pass(milliseconds);
    }),
);

const hostEnds = fc.constant(
  new Step('the host is cut', (model, { host }) => {
    model.isHostThere = false;
    host.session.end(false);
  }),
);

/** Whether or not the earlier connection has ended. */
const hostReturns = fc.constant(
  new Step('the host returns', (model, real) => {
    real.host = new WmbpHost();
    model.hostReturns();
    real.host.session.resume(real.room, real.token);
  }),
);

const restart = fc.constant(
  new Step('restart', (model, real) => {
    const { saved } = real.room;
    if (saved === undefined) throw new Error('not saved');
    real.room.end(CLOSE_REASONS.restarting);
    same('timers of the room before', real.rooms.timers, 0);
    same('stored by the room before', real.rooms.totals.storedBytes, 0);
    model.restart(CLOSE_REASONS.restarting);
    const [read] = parseState((firstLine() + roomLine(saved) + lastLine(1, true)).split('\n'));
    if (read === undefined) throw new Error('no room was read');
    real.rooms = new TestRooms();
    real.room = real.rooms.restore(read);
    real.player = new TestPlayer();
    real.room.join(real.player, { key: KEY });
  }),
);

function start(most: number): { model: AudienceModel; real: Real } {
  const rooms = new TestRooms();
  const host = new WmbpHost(rooms);
  const features = { audience: most };
  host.command({ cmd: 'prepare', maxPlayers: 1, name: 'model', hold: 600, features });
  const { resume: token } = host.takeCalls().at(-1) as { resume: string };
  const room = rooms.room as Room;
  const player = new TestPlayer();
  room.join(player, { key: KEY });
  const real = { room, rooms, host, player, token, visits: [], messages: 0 };
  return { model: new AudienceModel(most), real };
}

test('an audience behaves like the model, for random viewers, votes, hosts and restarts', () => {
  const step = fc.oneof(
    { weight: 12, arbitrary: watch },
    { weight: 6, arbitrary: leave },
    { weight: 16, arbitrary: say },
    { weight: 4, arbitrary: poll },
    { weight: 6, arbitrary: send },
    { weight: 8, arbitrary: pass },
    { weight: 2, arbitrary: hostEnds },
    { weight: 3, arbitrary: hostReturns },
    { weight: 1, arbitrary: restart },
  );
  const steps = fc.commands([step], { maxCommands: 100, size: 'max' });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), steps, (most, commands) => {
      fc.modelRun(() => start(most), commands);
    }),
    { numRuns: 2000 },
  );
});
