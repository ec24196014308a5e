import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRoom, type JoinOptions, joinRoom, type Player } from '../../src/client/index.js';
import { Player as PlainPlayer } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { startRelay } from '../support/relay.js';

/** A room whose sockets the test can terminate. */
async function openRoom(url: string, storage: MemoryStorage | null = null) {
  const sockets: WebSocket[] = [];
  class HostSocket extends WebSocket {
    constructor(address: string) {
      super(address);
      sockets.push(this);
    }
  }
  const room = await createRoom(url, { WebSocket: HostSocket, storage, name: 'Trivia' });
  onTestFinished(() => room.stop());
  const joined = new Inbox<Player>();
  room.on('join', (player) => joined.put(player));
  const changed = new Inbox<Player>();
  room.on('about', (player) => changed.put(player));
  return { room, joined, changed, sockets };
}

async function join(url: string, code: string, options: JoinOptions) {
  const seat = await joinRoom(url, code, { WebSocket, storage: null, ...options });
  onTestFinished(() => seat.leave());
  return seat;
}

test('the host gets what players say about themselves', async () => {
  const { url } = await startRelay();
  const { room, joined } = await openRoom(url);
  for (const about of [{ name: 'Ana 🦊', colour: [255, 0, 0] }, 'Ben', 0, null, undefined]) {
    await join(url, room.code, { about });
    expect((await joined.next()).about).toEqual(about);
  }
  await PlainPlayer.join(url, `${room.code}?about=${encodeURIComponent('no JSON')}`);
  expect((await joined.next()).about).toBeUndefined();
});

test('a reloaded page may say something else', async () => {
  const { url } = await startRelay();
  const { room, joined, changed } = await openRoom(url);
  const storage = new MemoryStorage();
  await join(url, room.code, { storage, about: 'Ana' });
  const player = await joined.next();
  await join(url, room.code, { storage, about: 'Anna' });
  expect(await changed.next()).toBe(player);
  expect(player.about).toBe('Anna');
  expect(room.players).toEqual([player]);
});

test('a host that reconnects, and one that is reloaded, know it', async () => {
  const { url } = await startRelay();
  const storage = new MemoryStorage();
  const { room, joined, changed, sockets } = await openRoom(url, storage);
  await join(url, room.code, { about: 'Ana' });
  const ana = await joined.next();
  sockets[0]?.terminate();
  await join(url, room.code, { about: 'Ben' });
  const ben = await joined.next();
  expect([ana.about, ben.about, changed.rest]).toEqual(['Ana', 'Ben', []]);
  const reloaded = await openRoom(url, storage);
  expect(reloaded.room.resumed).toBe(true);
  expect(reloaded.room.players.map(({ about }) => about)).toEqual(['Ana', 'Ben']);
});

test('what JSON cannot say, or is too long, is an error', async () => {
  const { url } = await startRelay();
  const { room } = await openRoom(url);
  await join(url, room.code, { about: 'x'.repeat(1_022) });
  const tooLong = join(url, room.code, { about: 'é'.repeat(512) });
  await expect(tooLong).rejects.toThrow('joinRoom: about: expected at most 1024 bytes of JSON');
  await expect(tooLong).rejects.toThrow(RangeError);
  await expect(join(url, room.code, { about: () => {} })).rejects.toThrow(TypeError);
});
