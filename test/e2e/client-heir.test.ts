import { describe, expect, test } from 'vitest';
import {
  type GivenRoom,
  type Room,
  type Seat,
  type TakeOptions,
  takeRoom,
} from '../../src/client/index.js';
import { Cable } from '../support/cable.js';
import { Player as PlainPlayer } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { startRelay } from '../support/relay.js';
import { closeOf, eventsOf, messagesTo, SdkPage } from '../support/sdk-pages.js';

function givenTo(seat: Seat): Inbox<GivenRoom> {
  const inbox = new Inbox<GivenRoom>();
  seat.on('heir', (given) => inbox.put(given));
  return inbox;
}

/** A room with Ana, who is going to be its host, and Ben. */
async function openGame(phoneUrl?: string, given?: { readonly url: string }) {
  const { url } = given ?? (await startRelay());
  const host = new SdkPage();
  const room = await host.createRoom(url, { name: 'Quiz' });
  const ana = await new SdkPage().joinRoom(phoneUrl ?? url, room.code, { about: 'Ana' });
  const ben = await new SdkPage().joinRoom(url, room.code, { about: 'Ben' });
  const [one, two] = room.players;
  if (one === undefined || two === undefined) throw new Error('nobody has joined');
  return { url, host, room, ana, ben, one, two };
}

const take = (url: string, given: GivenRoom, options: TakeOptions = {}) =>
  new SdkPage().takeRoom(url, given, options);

describe('a host that hands its room over', () => {
  test('leaves, and the player goes on with the same players and seats', async () => {
    const { url, room, ana, ben, one } = await openGame();
    const [given, toAna, toBen] = [givenTo(ana), messagesTo(ana), messagesTo(ben)];
    const closed = closeOf(room);
    expect(await room.handOver(one)).toBe(true);
    expect(await closed).toMatchObject({ code: 'closed', closeCode: 1000, retry: 'no' });
    ben.send('while there is no host');

    const next = await take(url, await given.next());
    expect(next).toMatchObject({ code: room.code, name: 'Quiz', resumed: true, maxPlayers: 8 });
    expect(next.players).toMatchObject([
      { id: 1, about: 'Ana', exact: true },
      { id: 2, about: 'Ben', exact: true },
    ]);
    const message = await new Promise((resolve) =>
      next.on('message', (player, data) => resolve([player.id, data])),
    );
    expect(message).toEqual([2, 'while there is no host']);
    next.send('to all');
    expect([await toAna.next(), await toBen.next()]).toEqual(['to all', 'to all']);
    expect([ana.status, ana.id, ben.id]).toEqual(['open', 1, 2]);
    expect(await new SdkPage().joinRoom(url, room.code)).toMatchObject({ id: 3 });
  });

  test('is replaced if the player takes the room at once', async () => {
    const { url, room, ana, one } = await openGame();
    const taken = new Promise<Room>((resolve) => {
      ana.on('heir', (given) => resolve(take(url, given)));
    });
    expect(await room.handOver(one)).toBe(true);
    expect((await taken).players).toHaveLength(2);
    expect(room.status).not.toBe('away');
  });

  test('waits for a player who is disconnected', async () => {
    const relay = await startRelay();
    const cable = await Cable.to(relay.port);
    const game = await openGame(`ws://127.0.0.1:${cable.port}`, relay);
    const { room, ana, one, url } = game;
    const [given, away] = [givenTo(ana), eventsOf(room, 'away')];
    cable.unplug();
    await away.next();
    const handedOver = room.handOver(one);
    cable.plugIn();
    expect(await handedOver).toBe(true);
    expect((await take(url, await given.next())).players).toHaveLength(2);
  });

  test('stays the host if the player leaves instead', async () => {
    const relay = await startRelay();
    const cable = await Cable.to(relay.port);
    const { room, one, two } = await openGame(`ws://127.0.0.1:${cable.port}`, relay);
    const away = eventsOf(room, 'away');
    cable.unplug();
    await away.next();
    const handedOver = room.handOver(one);
    one.kick();
    expect(await handedOver).toBe(false);
    expect(await room.handOver(one)).toBe(false);
    expect([room.status, room.players]).toEqual(['open', [two]]);
  });

  test('needs a room that waits for its host, and a player with the SDK', async () => {
    const { url } = await startRelay();
    const short = await new SdkPage().createRoom(url, { hold: 0 });
    await new SdkPage().joinRoom(url, short.code);
    const [player] = short.players;
    if (player === undefined) throw new Error('nobody has joined');
    await expect(short.handOver(player)).rejects.toThrow(TypeError);
    expect(() => {
      short.heir = player;
    }).toThrow(TypeError);
    expect(short.heir).toBeUndefined();

    const room = await new SdkPage().createRoom(url);
    const joins = eventsOf(room, 'join');
    await PlainPlayer.join(url, room.code);
    await expect(room.handOver(await joins.next())).rejects.toThrow(TypeError);
  });
});

describe('an heir', () => {
  test('takes the room when the host has disappeared', async () => {
    const { url, host, room, ana, ben, one } = await openGame();
    const given = givenTo(ana);
    room.heir = one;
    expect(room.heir).toBe(one);
    await given.next();
    // Somebody who joins later is in what the heir gets then.
    const cleo = await new SdkPage().joinRoom(url, room.code);
    const latest = await given.next();
    host.kill();
    cleo.send('is anybody there?');
    const toBen = messagesTo(ben);
    const next = await take(url, latest);
    const message = await new Promise((resolve) =>
      next.on('message', (player, data) => resolve([player.id, data])),
    );
    expect(message).toEqual([3, 'is anybody there?']);
    next.send('I am the host now');
    expect(await toBen.next()).toBe('I am the host now');
  });

  test('gets the room again when its page is reloaded', async () => {
    const { url } = await startRelay();
    const room = await new SdkPage().createRoom(url);
    const storage = new MemoryStorage();
    const first = new SdkPage({ storage });
    const given = givenTo(await first.joinRoom(url, room.code));
    room.heir = room.players[0];
    const { token } = await given.next();
    first.kill();
    const again = givenTo(await new SdkPage({ storage }).joinRoom(url, room.code));
    expect((await again.next()).token).toBe(token);
  });

  test('is none after it has left', async () => {
    const { room, ana, one } = await openGame();
    const left = eventsOf(room, 'leave');
    room.heir = one;
    ana.leave();
    await left.next();
    expect(room.heir).toBeUndefined();
    room.heir = undefined;
  });

  test('has the room again after its page was reloaded, with the players that came meanwhile', async () => {
    const { url, room, ana, one } = await openGame();
    const given = givenTo(ana);
    await room.handOver(one);
    const json = JSON.stringify(await given.next());
    const storage = new MemoryStorage();
    const page = new SdkPage({ storage });
    const joins = eventsOf(await page.takeRoom(url, JSON.parse(json)), 'join');
    const cleo = await new SdkPage().joinRoom(url, room.code);
    expect((await joins.take(3)).map(({ id }) => id)).toEqual([1, 2, 3]);
    page.kill();
    const toCleo = messagesTo(cleo);
    const next = await new SdkPage({ storage }).takeRoom(url, JSON.parse(json));
    expect(next.players.map(({ exact }) => exact)).toEqual([true, true, true]);
    next.send('here I am');
    expect(await toCleo.next()).toBe('here I am');
  });
});

test('what is not from a host, or of a room that has ended, cannot be taken', async () => {
  const { url, room, ana, one } = await openGame();
  for (const given of [undefined, 'ABCD', {}, { code: 'ABCD' }]) {
    await expect(takeRoom(url, given as unknown as GivenRoom)).rejects.toThrow(TypeError);
  }
  const given = givenTo(ana);
  room.heir = one;
  const { code, ...others } = await given.next();
  await expect(take(url, { ...others, code, token: 'x'.repeat(24) })).rejects.toMatchObject({
    code: 'noSuchRoom',
  });
});
