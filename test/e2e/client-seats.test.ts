import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createRoom,
  type Data,
  joinRoom,
  type KeyStorage,
  type Player,
  type RelayError,
  type Room,
} from '../../src/client/index.js';
import { Player as PlainPlayer } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { startRelay } from '../support/relay.js';

/** As `sessionStorage` is: one for each tab. */
function newTab(): KeyStorage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** A page whose connection can be cut, and that can be gone at once, without a word. */
function newPage(storage: KeyStorage | null) {
  const sockets: WebSocket[] = [];
  let isGone = false;
  class Socket extends WebSocket {
    constructor(url: string) {
      super(isGone ? 'ws://127.0.0.1:1' : url);
      sockets.push(this);
    }
  }
  return {
    options: { WebSocket: Socket, storage },
    cut: () => sockets.at(-1)?.terminate(),
    leave: () => {
      isGone = true;
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

/** What a room says of its players, as words. */
function log(room: Room): Inbox<string> {
  const inbox = new Inbox<string>();
  for (const name of ['join', 'leave', 'away', 'back', 'restart'] as const) {
    room.on(name, ({ id }) => inbox.put(`${name} ${id}`));
  }
  room.on('message', ({ id }, data) => inbox.put(`${id}: ${data}`));
  return inbox;
}

test('a player who is cut off is away, back, and lacks nothing', async () => {
  const { url } = await startRelay();
  const room = await openRoom(url);
  const said = log(room);
  const page = newPage(null);
  const seat = await joinRoom(url, room.code, page.options);
  onTestFinished(() => seat.leave());
  const statuses: string[] = [];
  seat.on('status', (status) => statuses.push(status));
  const heard = new Inbox<Data>();
  seat.on('message', (data) => heard.put(data));
  expect(await said.next()).toBe('join 1');
  room.on('away', (player) => player.send('while you were away'));
  page.cut();
  expect(await said.next()).toBe('away 1');
  expect(room.players).toMatchObject([{ id: 1, away: true }]);
  seat.send('while I was away');
  expect(await said.take(2)).toEqual(['back 1', '1: while I was away']);
  expect(await heard.next()).toBe('while you were away');
  expect([seat.id, statuses]).toEqual([1, ['open', 'away', 'open']]);
});

test("a player's reloaded page has the seat, and what the old page was not sent", async () => {
  const { url } = await startRelay();
  const room = await openRoom(url);
  const said = log(room);
  const tab = newTab();
  const page = newPage(tab);
  await joinRoom(url, room.code, page.options);
  const away = new Promise<Player>((resolve) => room.on('away', resolve));
  expect(await said.next()).toBe('join 1');
  page.leave();
  (await away).send('your turn');
  const seat = await joinRoom(url, room.code, { WebSocket, storage: tab });
  onTestFinished(() => seat.leave());
  const heard = new Promise((resolve) => seat.on('message', resolve));
  expect(seat.id).toBe(1);
  expect(await said.take(3)).toEqual(['away 1', 'back 1', 'restart 1']);
  expect(await heard).toBe('your turn');
});

test('the newest page of a seat has it', async () => {
  const { url } = await startRelay();
  const room = await openRoom(url);
  const tab = newTab();
  const first = await joinRoom(url, room.code, { WebSocket, storage: tab });
  const replaced = new Promise<RelayError>((resolve) => first.on('close', resolve));
  const second = await joinRoom(url, room.code, { WebSocket, storage: tab });
  onTestFinished(() => second.leave());
  expect(await replaced).toMatchObject({ what: 'replaced', code: 4001, retry: 'no' });
  expect([first.status, second.status, second.id]).toEqual(['closed', 'open', 1]);
});

test('a player who leaves has left, and is somebody new next time', async () => {
  const { url } = await startRelay();
  const room = await openRoom(url);
  const said = log(room);
  const tab = newTab();
  const seat = await joinRoom(url, room.code, { WebSocket, storage: tab });
  expect(tab.kept.size).toBe(1);
  seat.leave();
  expect(tab.kept.size).toBe(0);
  expect(await said.take(2)).toEqual(['join 1', 'leave 1']);
  const again = await joinRoom(url, room.code, { WebSocket, storage: tab });
  onTestFinished(() => again.leave());
  expect(again.id).toBe(2);
});

test('a room that is gone is not waited for: there is a new one', async () => {
  const { url } = await startRelay();
  const tab = newTab();
  const page = newPage(tab);
  const first = await openRoom(url, page.options);
  const [[key = '', value = ''] = []] = [...tab.kept];
  page.leave();
  tab.kept.set(key, value.replace(/"token":"[^"]+"/, '"token":"wrong"'));
  const second = await openRoom(url, { storage: tab });
  expect(second).toMatchObject({ resumed: false, status: 'open' });
  expect(second.code).not.toBe(first.code);
});

test('a reloaded host may ask for a new room, and stop forgets the old one', async () => {
  const { url } = await startRelay();
  const tab = newTab();
  const page = newPage(tab);
  await openRoom(url, page.options);
  page.leave();
  const second = await openRoom(url, { storage: tab, resume: false });
  expect(second.resumed).toBe(false);
  const closed = new Promise((resolve) => second.on('close', resolve));
  second.stop();
  await closed;
  expect(tab.kept.size).toBe(0);
});

test('what a plain player is sent while the host has no line arrives later', async () => {
  const { url } = await startRelay();
  const page = newPage(null);
  const room = await openRoom(url, page.options);
  const said = log(room);
  const plain = await PlainPlayer.join(url, room.code);
  plain.send('hello');
  expect(await said.take(2)).toEqual(['join 1', '1: hello']);
  const away = new Promise<void>((resolve) => {
    room.on('status', (status) => status === 'away' && resolve());
  });
  page.cut();
  await away;
  room.send('still there?');
  room.send('good');
  expect([await plain.nextText(), await plain.nextText()]).toEqual(['still there?', 'good']);
});

test('a message that no buffer can hold is a gap if the line breaks under it', async () => {
  const { url } = await startRelay();
  const room = await openRoom(url, { buffer: 10_100 });
  const page = newPage(null);
  const seat = await joinRoom(url, room.code, page.options);
  onTestFinished(() => seat.leave());
  const heard = new Inbox<Data | number>();
  seat.on('message', (data) => heard.put(data));
  seat.on('gap', (count) => heard.put(count));
  const away = new Promise<Player>((resolve) => room.on('away', resolve));
  room.send('before');
  expect(await heard.next()).toBe('before');
  page.cut();
  const player = await away;
  for (let number = 1; number <= 3; number++) player.send('x'.repeat(9_900) + number);
  player.send('after');
  expect(await heard.next()).toBe(2);
  expect(await heard.next()).toBe(`${'x'.repeat(9_900)}3`);
  expect(await heard.next()).toBe('after');
});
