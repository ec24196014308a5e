import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  type AudienceOptions,
  joinAudience,
  json,
  type Room,
  type RoomOptions,
  type SendOptions,
  type Viewer,
  type ViewerEvents,
} from '../../src/client/index.js';
import { Cable } from '../support/cable.js';
import { Inbox } from '../support/inbox.js';
import { startRelay } from '../support/relay.js';
import { closeOf, eventsOf, SdkPage } from '../support/sdk-pages.js';

async function openRoom(options: RoomOptions = {}) {
  const { url, port } = await startRelay();
  const page = new SdkPage();
  const room = await page.createRoom(url, { audience: 100, ...options });
  const watch = async (relay = url, viewerOptions: AudienceOptions = {}): Promise<Viewer> => {
    const viewer = await joinAudience(relay, room.code, { WebSocket, ...viewerOptions });
    onTestFinished(() => viewer.leave());
    return viewer;
  };
  return { url, port, page, room, watch };
}

/** Collects messages, shared values, states and polls of a viewer, in the order of arrival. */
function inboxOf(viewer: Viewer): Inbox<unknown> {
  const inbox = new Inbox<unknown>();
  viewer.on('message', (message) => inbox.put(message));
  viewer.on('shared', (key, value) => inbox.put([key, value]));
  viewer.on('state', (state) => inbox.put({ state }));
  viewer.on('poll', (choices) => inbox.put({ poll: choices }));
  return inbox;
}

/** The tallies of a room, without those that are equal to the one before. */
function talliesOf(room: Room) {
  const tallies = eventsOf(room, 'tally');
  return {
    until: async (expected: Record<string, number>): Promise<void> => {
      const wanted = JSON.stringify(Object.entries(expected));
      while (JSON.stringify([...(await tallies.next())]) !== wanted) {}
    },
  };
}

test('viewers are counted, and get what is sent to the audience, but are no players', async () => {
  const { url, room, watch } = await openRoom();
  const counts = eventsOf(room, 'audience');
  const player = await new SdkPage().joinRoom(url, room.code);
  const viewer = await watch();
  expect(await counts.next()).toBe(1);
  expect([room.audience, room.players.length]).toEqual([1, 1]);
  const inbox = inboxOf(viewer);
  const messages = new Inbox<unknown>();
  player.on('message', (message) => messages.put(message));
  room.send('players');
  room.send('everybody', { audience: true });
  room.send(Uint8Array.of(1, 2), { audience: 'only' });
  const toOne: SendOptions = { to: room.players, audience: false };
  room.send('one player', toOne);
  expect(await inbox.take(2)).toEqual(['everybody', Uint8Array.of(1, 2)]);
  expect(await messages.take(3)).toEqual(['players', 'everybody', 'one player']);
  expect(() => room.send('x', { audience: 'all' as never })).toThrow(TypeError);
  viewer.leave();
  expect(await counts.next()).toBe(0);
});

test('a room without an audience cannot be watched, and nobody joins it by mistake', async () => {
  const { url } = await startRelay();
  const room = await new SdkPage().createRoom(url);
  const watching = joinAudience(url, room.code, { WebSocket });
  await expect(watching).rejects.toMatchObject({ code: 'unsupported', retry: 'no' });
  for (const code of ['QQQQ', 'not a code']) {
    await expect(joinAudience(url, code, { WebSocket })).rejects.toMatchObject({
      code: 'noSuchRoom',
    });
  }
  expect(room.players).toEqual([]);
  room.send('nobody', { audience: 'only' });
  expect(room.audience).toBe(0);
});

test('a full audience and a wrong password refuse a viewer', async () => {
  const { watch } = await openRoom({ audience: 1, password: 'sesame' });
  await expect(watch()).rejects.toMatchObject({ code: 'wrongPassword' });
  const viewer = await watch(undefined, { password: 'sesame' });
  expect(viewer.status).toBe('open');
  await expect(watch(undefined, { password: 'sesame' })).rejects.toMatchObject({ closeCode: 4007 });
});

test('messages and values pass through the codec', async () => {
  const { url, room } = await openRoom({ codec: json } as RoomOptions);
  const viewer = await joinAudience<object>(url, room.code, { WebSocket, codec: json });
  onTestFinished(() => viewer.leave());
  const inbox = inboxOf(viewer as Viewer<never>);
  room.share('scores', { ana: 1 } as never);
  room.send({ x: 1 } as never, { audience: 'only' });
  expect(await inbox.take(2)).toEqual([['scores', { ana: 1 }], { x: 1 }]);
});

describe('what the host shares', () => {
  test('is there when a viewer comes, also while the host is disconnected', async () => {
    const { room, watch, page } = await openRoom();
    room.share('a', 'A');
    const state = room.shareState({ round: 1 });
    const first = await watch();
    const inbox = inboxOf(first);
    state.patch({ round: 2 });
    room.share('a', undefined);
    room.share('b', 'B');
    expect(await inbox.take(5)).toEqual([
      ['a', 'A'],
      { state: { round: 1 } },
      { state: { round: 2 } },
      ['a', undefined],
      ['b', 'B'],
    ]);
    page.kill();
    const late = await watch();
    expect([...late.shared, late.state]).toEqual([['b', 'B'], { round: 2 }]);
  });

  test('is complete after a reconnect, without what is forgotten', async () => {
    const { port, room, watch } = await openRoom();
    const cable = await Cable.to(port);
    room.share('a', 'A');
    room.share('b', 'B');
    const state = room.shareState({ round: 1 });
    const viewer = await watch(`ws://127.0.0.1:${cable.port}`);
    const inbox = inboxOf(viewer);
    expect(await inbox.take(3)).toHaveLength(3);
    const counts = eventsOf(room, 'audience');
    cable.unplug();
    while ((await counts.next()) > 0) {}
    room.share('a', undefined);
    state.patch({ round: 2 });
    room.share('b', 'B2');
    cable.plugIn();
    const changes = await inbox.take(3);
    expect(changes).toHaveLength(3);
    expect(changes).toEqual(
      expect.arrayContaining([['a', undefined], { state: { round: 2 } }, ['b', 'B2']]),
    );
    expect([...viewer.shared, viewer.state]).toEqual([['b', 'B2'], { round: 2 }]);
    state.patch({ round: 3 });
    expect(await inbox.next()).toEqual({ state: { round: 3 } });
  });
});

describe('a poll', () => {
  test('counts the latest vote of each viewer, and ends', async () => {
    const { room, watch } = await openRoom();
    const tallies = talliesOf(room);
    const [one, other] = [await watch(), await watch()];
    const inbox = inboxOf(one);
    expect(() => one.vote('A')).toThrow(RangeError);
    room.poll(['A', 'B']);
    expect(await inbox.next()).toEqual({ poll: ['A', 'B'] });
    expect(one.poll).toEqual(['A', 'B']);
    await tallies.until({ A: 0, B: 0 });
    one.vote('A');
    while (other.poll.length === 0) await new Promise(setImmediate);
    other.vote('B');
    await tallies.until({ A: 1, B: 1 });
    other.vote('A');
    await tallies.until({ A: 2, B: 0 });
    expect(() => other.vote('C')).toThrow(RangeError);
    const late = await watch();
    expect(late.poll).toEqual(['A', 'B']);
    room.endPoll();
    expect(await inbox.next()).toEqual({ poll: [] });
    await tallies.until({ A: 2, B: 0 });
    room.poll(['A', 'C']);
    await tallies.until({ A: 0, C: 0 });
    expect(await inbox.next()).toEqual({ poll: ['A', 'C'] });
  });

  test('counts a vote again after a reconnect, unless there is another poll', async () => {
    const { port, room, watch } = await openRoom();
    const tallies = talliesOf(room);
    const cable = await Cable.to(port);
    const viewer = await watch(`ws://127.0.0.1:${cable.port}`);
    const inbox = inboxOf(viewer);
    room.poll(['A', 'B']);
    await inbox.next();
    viewer.vote('A');
    await tallies.until({ A: 1, B: 0 });
    cable.unplug();
    await tallies.until({ A: 0, B: 0 });
    cable.plugIn();
    await tallies.until({ A: 1, B: 0 });
    cable.unplug();
    await tallies.until({ A: 0, B: 0 });
    room.poll(['A', 'B']);
    cable.plugIn();
    expect(await inbox.next()).toEqual({ poll: ['A', 'B'] });
    await tallies.until({ A: 0, B: 0 });
    viewer.vote('B');
    await tallies.until({ A: 0, B: 1 });
  });

  test('that was asked while the host was disconnected is asked when it is back', async () => {
    const { port, room: _, ...rest } = await openRoom();
    const cable = await Cable.to(port);
    const room = await new SdkPage().createRoom(`ws://127.0.0.1:${cable.port}`, { audience: 10 });
    const viewer = await joinAudience(rest.url, room.code, { WebSocket });
    onTestFinished(() => viewer.leave());
    const tallies = talliesOf(room);
    const away = new Promise<void>((resolve) => {
      room.on('status', (status) => status === 'away' && resolve());
    });
    cable.unplug();
    await away;
    room.poll(['A']);
    cable.plugIn();
    await tallies.until({ A: 0 });
    while (viewer.poll.length === 0) await new Promise(setImmediate);
    viewer.vote('A');
    await tallies.until({ A: 1 });
  });

  test('has 1 to 32 different choices of 1 to 100 bytes', async () => {
    const { room } = await openRoom();
    const many = Array.from({ length: 33 }, (_, i) => `${i}`);
    for (const bad of [[], ['A', 'A'], [''], ['x'.repeat(101)], ['é'.repeat(51)], many]) {
      expect(() => room.poll(bad)).toThrow(RangeError);
    }
    for (const bad of ['A', [1], null]) expect(() => room.poll(bad as never)).toThrow(TypeError);
    room.poll(many.slice(1));
  });
});

test('viewers learn that the room has ended', async () => {
  const { room, watch } = await openRoom();
  const viewer = await watch();
  const closed: Promise<ViewerEvents['close'][0]> = closeOf(viewer);
  room.stop();
  expect(await closed).toMatchObject({ code: 'gameOver' });
});
