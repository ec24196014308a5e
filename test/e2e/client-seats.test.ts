import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createRoom,
  type Data,
  joinRoom,
  type KeyStorage,
  type Player,
  type Room,
} from '../../src/client/index.js';
import { Player as PlainPlayer } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { startRelay } from '../support/relay.js';
import { closeOf } from '../support/sdk-pages.js';

/** A page whose connection the test terminates, and that it closes without a close frame. */
function newPage(storage: KeyStorage | null) {
  const sockets: WebSocket[] = [];
  let isClosed = false;
  class Socket extends WebSocket {
    constructor(url: string) {
      super(isClosed ? 'ws://127.0.0.1:1' : url);
      sockets.push(this);
    }
  }
  return {
    options: { WebSocket: Socket, storage },
    terminate: () => sockets.at(-1)?.terminate(),
    leave: () => {
      isClosed = true;
      for (const socket of sockets) socket.onclose = null;
      sockets.at(-1)?.terminate();
    },
  };
}

async function openRoom(url: string, options = {}): Promise<Room> {
  const room = await createRoom(url, { WebSocket, storage: null, ...options });
  onTestFinished(() => room.stop());
  return room;
}

/** Collects the events of a room about its players, as text. */
function log(room: Room): Inbox<string> {
  const inbox = new Inbox<string>();
  for (const name of ['join', 'leave', 'away', 'back', 'restart'] as const) {
    room.on(name, ({ id }) => inbox.put(`${name} ${id}`));
  }
  room.on('message', ({ id }, data) => inbox.put(`${id}: ${data}`));
  return inbox;
}

test('a player who disconnects is away until the reconnect, and misses no message', async () => {
  const { url } = await startRelay();
  const room = await openRoom(url);
  const events = log(room);
  const page = newPage(null);
  const seat = await joinRoom(url, room.code, page.options);
  onTestFinished(() => seat.leave());
  const statuses: string[] = [];
  seat.on('status', (status) => statuses.push(status));
  const received = new Inbox<Data>();
  seat.on('message', (data) => received.put(data));
  expect(await events.next()).toBe('join 1');
  room.on('away', (player) => player.send('while you were away'));
  page.terminate();
  expect(await events.next()).toBe('away 1');
  expect(room.players).toMatchObject([{ id: 1, away: true }]);
  seat.send('while I was away');
  expect(await events.take(2)).toEqual(['back 1', '1: while I was away']);
  expect(await received.next()).toBe('while you were away');
  expect([seat.id, statuses]).toEqual([1, ['open', 'away', 'open']]);
});

test("a player's reloaded page gets the seat, and the messages that the old page has not received", async () => {
  const { url } = await startRelay();
  const room = await openRoom(url);
  const events = log(room);
  const tab = new MemoryStorage();
  const page = newPage(tab);
  await joinRoom(url, room.code, page.options);
  const away = new Promise<Player>((resolve) => room.on('away', resolve));
  expect(await events.next()).toBe('join 1');
  page.leave();
  (await away).send('your turn');
  const seat = await joinRoom(url, room.code, { WebSocket, storage: tab });
  onTestFinished(() => seat.leave());
  const received = new Promise((resolve) => seat.on('message', resolve));
  expect(seat.id).toBe(1);
  expect(await events.take(3)).toEqual(['away 1', 'back 1', 'restart 1']);
  expect(await received).toBe('your turn');
});

test('the newest page of a seat replaces the others', async () => {
  const { url } = await startRelay();
  const room = await openRoom(url);
  const tab = new MemoryStorage();
  const first = await joinRoom(url, room.code, { WebSocket, storage: tab });
  const replaced = closeOf(first);
  const second = await joinRoom(url, room.code, { WebSocket, storage: tab });
  onTestFinished(() => second.leave());
  expect(await replaced).toMatchObject({ code: 'replaced', closeCode: 4001, retry: 'no' });
  expect([first.status, second.status, second.id]).toEqual(['closed', 'open', 1]);
});

test('a player who leaves and joins again is a new player', async () => {
  const { url } = await startRelay();
  const room = await openRoom(url);
  const events = log(room);
  const tab = new MemoryStorage();
  const seat = await joinRoom(url, room.code, { WebSocket, storage: tab });
  expect(tab.length).toBe(1);
  seat.leave();
  expect(tab.length).toBe(0);
  expect(await events.take(2)).toEqual(['join 1', 'leave 1']);
  const again = await joinRoom(url, room.code, { WebSocket, storage: tab });
  onTestFinished(() => again.leave());
  expect(again.id).toBe(2);
});

test('a room that has ended is replaced by a new one', async () => {
  const { url } = await startRelay();
  const tab = new MemoryStorage();
  const page = newPage(tab);
  const first = await openRoom(url, page.options);
  const key = tab.key(0) ?? '';
  const value = tab.getItem(key) ?? '';
  page.leave();
  tab.setItem(key, value.replace(/"token":"[^"]+"/, '"token":"wrong"'));
  const second = await openRoom(url, { storage: tab });
  expect(second).toMatchObject({ resumed: false, status: 'open' });
  expect(second.code).not.toBe(first.code);
});

test('a reloaded host can request a new room, and `stop` deletes the stored one', async () => {
  const { url } = await startRelay();
  const tab = new MemoryStorage();
  const page = newPage(tab);
  await openRoom(url, page.options);
  page.leave();
  const second = await openRoom(url, { storage: tab, resume: false });
  expect(second.resumed).toBe(false);
  const closed = closeOf(second);
  second.stop();
  await closed;
  expect(tab.length).toBe(0);
});

test('messages to a plain player while the host is disconnected arrive later', async () => {
  const { url } = await startRelay();
  const page = newPage(null);
  const room = await openRoom(url, page.options);
  const events = log(room);
  const plain = await PlainPlayer.join(url, room.code);
  plain.send('hello');
  expect(await events.take(2)).toEqual(['join 1', '1: hello']);
  const away = new Promise<void>((resolve) => {
    room.on('status', (status) => status === 'away' && resolve());
  });
  page.terminate();
  await away;
  room.send('still there?');
  room.send('good');
  expect([await plain.nextText(), await plain.nextText()]).toEqual(['still there?', 'good']);
});

test('a message that does not fit into the buffer is a gap if the connection breaks', async () => {
  const { url } = await startRelay();
  const room = await openRoom(url, { buffer: 10_100 });
  const page = newPage(null);
  const seat = await joinRoom(url, room.code, page.options);
  onTestFinished(() => seat.leave());
  const received = new Inbox<Data | number>();
  seat.on('message', (data) => received.put(data));
  seat.on('gap', (count) => received.put(count));
  const away = new Promise<Player>((resolve) => room.on('away', resolve));
  room.send('before');
  expect(await received.next()).toBe('before');
  page.terminate();
  const player = await away;
  for (let number = 1; number <= 3; number++) player.send('x'.repeat(9_900) + number);
  player.send('after');
  expect(await received.next()).toBe(2);
  expect(await received.next()).toBe(`${'x'.repeat(9_900)}3`);
  expect(await received.next()).toBe('after');
});
