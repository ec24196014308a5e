import { decode } from 'cborg';
import { describe, expect, test } from 'vitest';
import {
  type MergePatch,
  type Room,
  SendError,
  type SharedState,
} from '../../../../src/client/index.js';
import { readFrame, writeAck, writeGreeting } from '../../../../src/client/session/envelope.js';
import { readItem, readStoredFrame } from '../../../../src/client/shared/item.js';
import { FakeSocket, FIRST_GREETING } from '../fakes.js';
import { openRoom, REPLY, receive, state } from './open-room.js';

const KEEPS = { ...REPLY, with: ['about', 'keep', 'except'] };

/** The first greeting of a player with the first version of the SDK. */
const GREETING = writeGreeting(FIRST_GREETING);

interface Sent {
  readonly cmd: string;
  readonly to: number[];
  readonly keep?: string;
  readonly later?: boolean;
  readonly data?: Uint8Array;
}

function sent(): Sent[] {
  return FakeSocket.last.sent.splice(0).map((frame) => decode(frame as Uint8Array));
}

async function openSharingRoom(reply: object = KEEPS) {
  const { room, clock } = await openRoom({}, [state(), reply]);
  sent();
  const reconnect = (): void => {
    FakeSocket.last.lose();
    clock.pass(1_000);
    FakeSocket.last.open();
    receive({ ...reply, resumed: true }, state());
  };
  return { room, clock, reconnect };
}

/** What the relay stores: `undefined` if it forgets a value. */
function stored(): [key: string | undefined, content: string | undefined][] {
  return sent().map(({ keep, later, to, data }) => {
    expect([later, to]).toEqual([true, []]);
    const item = data && readStoredFrame(data);
    return [keep, item && `${item.kind} ${new TextDecoder().decode(item.content)}`];
  });
}

test('a value is stored at the relay for later, and forgotten there', async () => {
  const { room } = await openSharingRoom();
  room.share('phase', 'one');
  room.share('map', Uint8Array.of(65));
  room.share('phase', undefined);
  const state = room.shareState<{ round: number }>({ round: 1 });
  state.patch({ round: 2 });
  expect(stored()).toEqual([
    ['v:phase', 'text one'],
    ['v:map', 'bytes A'],
    ['v:phase', undefined],
    ['state', 'state {"round":1}'],
    ['state', 'state {"round":2}'],
  ]);
});

test('a new connection repeats all values, and what is forgotten', async () => {
  const { room, reconnect } = await openSharingRoom();
  room.share('a', 'A');
  room.share('b', 'B');
  room.shareState({ round: 1 });
  room.share('a', undefined);
  sent();
  reconnect();
  expect(stored()).toEqual([
    ['v:a', undefined],
    ['state', 'state {"round":1}'],
    ['v:b', 'text B'],
  ]);
});

test('a relay that stores no values is not asked to: it would send them to everybody', async () => {
  const { room, reconnect } = await openSharingRoom(REPLY);
  room.share('a', 'A');
  room.shareState({ round: 1 });
  reconnect();
  expect(sent()).toEqual([]);
  receive({ cmd: 'player_joined', player: 1 }, { cmd: 'from', from: 1, data: GREETING });
  expect(itemsTo(1)).toEqual(['state  {"round":1}', 'text a A']);
});

/** The items in the frames to a player, which are all of the types of the first version. */
function itemsTo(id: number): string[] {
  return sent().flatMap(({ to, data, keep }) => {
    if (keep !== undefined) return [];
    expect(to).toEqual([id]);
    const frame = readFrame(data as Uint8Array);
    if (frame?.is !== 'message') return [];
    expect(frame.message.kind).toBe('signal');
    // The first version reads signals as JSON, and ignores others.
    expect(() => JSON.parse(new TextDecoder().decode(frame.message.body))).toThrow(SyntaxError);
    const item = readItem(frame.message.body);
    return [`${item?.kind} ${item?.key} ${new TextDecoder().decode(item?.content)}`];
  });
}

test('a player with the first version of the SDK gets signals that it ignores, and counts', async () => {
  const { room, clock } = await openSharingRoom();
  room.share('before', 'x');
  sent();
  receive({ cmd: 'player_joined', player: 1 }, { cmd: 'from', from: 1, data: GREETING });
  expect(itemsTo(1)).toEqual(['text before x']);
  room.share('after', 'y');
  expect(itemsTo(1)).toEqual(['text after y']);
  // It acknowledges two messages, so nothing is sent again after its next question.
  const again = writeGreeting({
    ...greetingOf(7),
    question: 2,
    received: 2,
    to: await markOf(room),
  });
  receive({ cmd: 'from', from: 1, data: again });
  expect(itemsTo(1)).toEqual([]);
  clock.pass(10_000);
});

const greetingOf = (from: number) =>
  ({ from, to: 0, question: 0, received: 0, answer: 0, origin: 0, next: 0, player: 0 }) as const;

/** The mark of the host for its only player: a new question is answered with it. */
async function markOf(_room: Room): Promise<number> {
  receive({ cmd: 'from', from: 1, data: writeGreeting({ ...greetingOf(7), question: 9 }) });
  const [answer] = sent().map(({ data }) => readFrame(data as Uint8Array));
  return answer?.is === 'greeting' ? answer.greeting.from : 0;
}

test('a player whose page was reloaded gets everything again, also from a relay without values', async () => {
  const { room } = await openSharingRoom(REPLY);
  room.share('a', 'A');
  room.shareState({ round: 1 });
  const say = (data: Uint8Array) => receive({ cmd: 'from', from: 1, data });
  receive({ cmd: 'player_joined', player: 1 });
  say(writeGreeting({ ...greetingOf(7), question: 1 }));
  const answer = sent().map(({ data }) => readFrame(data as Uint8Array))[0];
  // The player answers the question of the host, so that its acknowledgement counts.
  const { from, question } = answer?.is === 'greeting' ? answer.greeting : greetingOf(0);
  say(writeGreeting({ ...greetingOf(7), to: from, answer: question, next: 1 }));
  say(writeAck(2));
  say(writeGreeting({ ...greetingOf(8), question: 1 }));
  expect(itemsTo(1)).toEqual(['state  {"round":1}', 'text a A']);
});

describe('a state', () => {
  interface Game {
    round: number;
    players: { [name: string]: { score: number } };
    winner?: string;
    list?: (number | null)[];
  }
  const open = async (): Promise<SharedState<Game>> => {
    const { room } = await openSharingRoom();
    const state = room.shareState<Game>({ round: 1, players: {} });
    sent();
    return state;
  };

  test('is changed by a patch, by a function, or as a whole', async () => {
    const state = await open();
    const patch: MergePatch<Game> = { round: 2, players: { ana: { score: 1 } } };
    state.patch(patch);
    expect(state.value).toEqual({ round: 2, players: { ana: { score: 1 } } });
    state.update((draft) => {
      draft.winner = 'Ana';
      draft.list = [null];
    });
    state.patch({ winner: null });
    expect(state.value).toEqual({ round: 2, players: { ana: { score: 1 } }, list: [null] });
    state.update(({ round }) => ({ round: round + 1, players: {} }));
    expect(state.value).toEqual({ round: 3, players: {} });
    state.set({ ...state.value, winner: 'Ben' });
    expect(state.value).toEqual({ round: 3, players: {}, winner: 'Ben' });
  });

  test('is frozen, and a change that changes nothing sends nothing', async () => {
    const state = await open();
    const before = state.value;
    expect(() => {
      before.round = 5;
    }).toThrow(TypeError);
    expect(() => {
      (before.players as object as { x: 1 }).x = 1;
    }).toThrow(TypeError);
    state.patch({ round: 1, winner: null });
    state.update(() => {});
    state.set({ round: 1, players: {} });
    expect([sent(), state.value]).toEqual([[], before]);
    expect(state.value).toBe(before);
  });

  test('is no list, and has no member that is null', async () => {
    const state = await open();
    const { room } = await openSharingRoom();
    for (const bad of [null, [], 'x', undefined, { a: null }, { a: { b: null } }]) {
      expect(() => room.shareState(bad as never)).toThrow(TypeError);
      expect(() => state.set(bad as never)).toThrow(TypeError);
    }
    expect(() => state.update(() => [] as never)).toThrow(TypeError);
    expect(() => state.patch({ players: { ana: { score: null as never } } })).not.toThrow();
  });

  test('is replaced by a second call', async () => {
    const { room } = await openSharingRoom();
    const first = room.shareState({ round: 1 });
    expect(room.shareState({ round: 5 })).toBe(first);
    expect(first.value).toEqual({ round: 5 });
  });

  test('that cannot be sent is not changed', async () => {
    const { room } = await openSharingRoom({
      ...KEEPS,
      max_message: 1_000,
      max_player_message: 1_000,
    });
    const state = room.shareState({ text: '' });
    expect(() => state.set({ text: 'x'.repeat(1_000) })).toThrow(SendError);
    expect(state.value).toEqual({ text: '' });
    expect(() => room.share('a', 'x'.repeat(1_000))).toThrow(SendError);
    sent();
    state.set({ text: 'x' });
    expect(stored()).toEqual([['state', 'state {"text":"x"}']]);
  });
});

describe('a key', () => {
  test.each(['k', 'k'.repeat(30), '🎉'.repeat(30), 'state', ' '])('may be %o', async (key) => {
    const { room } = await openSharingRoom();
    room.share(key, 'x');
    expect(stored()).toEqual([[`v:${key}`, 'text x']]);
  });

  test('has 1 to 30 characters, and there are at most 60', async () => {
    const { room } = await openSharingRoom();
    for (const key of ['', 'k'.repeat(31)]) {
      expect(() => room.share(key, 'x')).toThrow(RangeError);
    }
    expect(() => room.share(7 as never, 'x')).toThrow(TypeError);
    expect(() => room.share('k', 7 as never)).toThrow(TypeError);
    for (let i = 0; i < 60; i++) room.share(`key ${i}`, 'x');
    expect(() => room.share('one more', 'x')).toThrow('at most 60 keys');
    room.share('key 0', 'y');
    room.share('key 1', undefined);
    room.share('one more', 'x');
  });
});
