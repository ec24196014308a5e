import { expect, test } from 'vitest';
import type { KickOptions, RoomChanges } from '../../src/client/index.js';
import { roomInfo, startRelay } from '../support/relay.js';
import { closeOf, eventsOf, SdkPage } from '../support/sdk-pages.js';

test('a player who is kicked gets the reason, and may be banned', async () => {
  const { url } = await startRelay();
  const room = await new SdkPage().createRoom(url);
  const seat = await new SdkPage().joinRoom(url, room.code);
  const [closed, left] = [closeOf(seat), eventsOf(room, 'leave')];
  const options: KickOptions = { reason: 'Zu viele falsche Wörter', ban: true };
  room.players[0]?.kick(options);
  expect(await closed).toMatchObject({ code: 'kicked', closeCode: 4003, reason: options.reason });
  expect((await left.next()).id).toBe(1);
  await expect(new SdkPage().joinRoom(url, room.code)).rejects.toMatchObject({ code: 'kicked' });
});

test('a candidate who is refused gets the reason', async () => {
  const { url } = await startRelay();
  const room = await new SdkPage().createRoom(url, { ask: true });
  room.on('ask', (candidate) => candidate.refuse({ reason: 'Friends only' }));
  const joining = new SdkPage().joinRoom(url, room.code);
  await expect(joining).rejects.toMatchObject({ code: 'kicked', reason: 'Friends only' });
});

test('the options of a kick are checked', async () => {
  const { url } = await startRelay();
  const room = await new SdkPage().createRoom(url);
  const seat = await new SdkPage().joinRoom(url, room.code);
  const [player] = room.players;
  expect(() => player?.kick({ reason: 'é'.repeat(51) })).toThrow(
    new RangeError('kick: reason: expected at most 100 bytes'),
  );
  expect(() => player?.kick({ baned: true } as KickOptions)).toThrow(TypeError);
  expect([seat.status, room.players]).toEqual(['open', [player]]);
});

test('a host changes the name and the size of its room, also after it has reconnected', async () => {
  const { url, http } = await startRelay();
  const page = new SdkPage();
  const room = await page.createRoom(url, { name: 'Quiz', maxPlayers: 1 });
  await new SdkPage().joinRoom(url, room.code);
  await expect(new SdkPage().joinRoom(url, room.code)).rejects.toMatchObject({ code: 'roomFull' });
  const changes: RoomChanges = { name: 'Long quiz', maxPlayers: 2 };
  const away = new Promise<void>((resolve) => {
    room.on('status', (status) => status === 'away' && resolve());
  });
  page.breakConnection();
  await away;
  room.set(changes);
  while (!room.acceptsPlayers) await new Promise(setImmediate);
  await new SdkPage().joinRoom(url, room.code);
  expect(room).toMatchObject({ ...changes, acceptsPlayers: false });
  expect(await roomInfo(http, room.code)).toMatchObject({ name: 'Long quiz', max_players: 2 });
  expect(() => room.set({ maxPlayers: 0 })).toThrow(RangeError);
  expect(() => room.set({ hold: 5 } as RoomChanges)).toThrow('set: there is no option hold');
});
