import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createRoom,
  type Data,
  joinRoom,
  type Player,
  RelayError,
  type Room,
  type RoomOptions,
  type Seat,
} from '../../src/client/index.js';
import { Host, Player as PlainPlayer } from '../support/clients.js';
import { freePort } from '../support/free-port.js';
import { Inbox } from '../support/inbox.js';
import { startRelay } from '../support/relay.js';
import { messagesTo } from '../support/sdk-pages.js';

const node = { WebSocket };

async function openRoom(url: string, options: RoomOptions = {}): Promise<Room> {
  const room = await createRoom(url, { ...node, ...options });
  onTestFinished(() => room.stop());
  return room;
}

async function join(url: string, code: string, plain = false): Promise<Seat> {
  const seat = await joinRoom(url, code, { ...node, plain });
  onTestFinished(() => seat.leave());
  return seat;
}

function messagesAt(room: Room): Inbox<[Player, Data]> {
  const inbox = new Inbox<[Player, Data]>();
  room.on('message', (player, data) => inbox.put([player, data]));
  return inbox;
}

/** Waits for the next event. */
function once<Event>(listen: (listener: (event: Event) => void) => () => void): Promise<Event> {
  return new Promise((resolve) => {
    const end = listen((event) => {
      end();
      resolve(event);
    });
  });
}

describe('a room and its players', () => {
  test('exchange text and bytes, to all, to some and to one', async () => {
    const { url } = await startRelay();
    const room = await openRoom(url, { name: 'Trivia', maxPlayers: 3 });
    expect(room).toMatchObject({ name: 'Trivia', maxPlayers: 3, acceptsPlayers: true });
    expect(room).toMatchObject({ status: 'open', resumed: false, players: [] });
    const toHost = messagesAt(room);
    const [ana, ben] = [await join(url, room.code), await join(url, room.code.toLowerCase())];
    expect([ana.id, ben.id]).toEqual([1, 2]);
    const [toAna, toBen] = [messagesTo(ana), messagesTo(ben)];

    ana.send('hi 🎈');
    const [player, data] = await toHost.next();
    expect([player.id, player.exact, data]).toEqual([1, true, 'hi 🎈']);
    player.send(Uint8Array.of(1, 2, 255));
    expect(await toAna.next()).toEqual(Uint8Array.of(1, 2, 255));

    room.send('everybody');
    room.send('only Ben', { to: [2] });
    room.send('both', { to: room.players });
    room.send('nobody', { to: [7] });
    room.send('');
    expect(await toAna.take(3)).toEqual(['everybody', 'both', '']);
    expect(await toBen.take(4)).toEqual(['everybody', 'only Ben', 'both', '']);

    ben.send(new Uint8Array());
    expect((await toHost.next())[1]).toEqual(new Uint8Array());
  });

  test('get events for starts, kicks, and the end', async () => {
    const { url } = await startRelay();
    const room = await openRoom(url);
    const joined = once<Player>((listener) => room.on('join', listener));
    const ana = await join(url, room.code);
    const player = await joined;
    expect(player.away).toBe(false);

    room.start();
    await expect(join(url, room.code)).rejects.toMatchObject({
      name: 'RelayError',
      code: 'alreadyStarted',
      closeCode: 4009,
      retry: 'no',
    });
    room.open();
    const ben = await join(url, room.code);

    const left = once<Player>((listener) => room.on('leave', listener));
    const kicked = once<RelayError>((listener) => ana.on('close', listener));
    player.kick();
    expect(await kicked).toMatchObject({ code: 'kicked', closeCode: 4003, retry: 'no' });
    expect(await left).toBe(player);
    expect(room.players.map(({ id }) => id)).toEqual([ben.id]);

    const over = once<RelayError>((listener) => ben.on('close', listener));
    const stopped = once<RelayError>((listener) => room.on('close', listener));
    room.stop();
    expect(await over).toMatchObject({ code: 'gameOver', retry: 'no' });
    expect(await stopped).toMatchObject({ code: 'stopped', closeCode: 1001, retry: 'no' });
    expect([room.status, ben.status]).toEqual(['closed', 'closed']);
  });

  test('reject with the reason if a room cannot be opened or joined', async () => {
    const { url } = await startRelay({ createToken: 'secret' });
    await expect(joinRoom(url, 'AAAA', node)).rejects.toMatchObject({ code: 'noSuchRoom' });
    await expect(createRoom(url, node)).rejects.toMatchObject({ code: 'badToken', retry: 'no' });
    const room = await openRoom(url, { token: 'secret', maxPlayers: 1 });
    await join(url, room.code);
    await expect(joinRoom(url, room.code, node)).rejects.toMatchObject({ code: 'roomFull' });
    await expect(createRoom(`ws://127.0.0.1:${await freePort()}`, node)).rejects.toMatchObject({
      code: 'unreachable',
      closeCode: 1006,
    });
  });

  test('refuse invalid arguments', async () => {
    const { url } = await startRelay();
    await expect(createRoom('ftp://nowhere', node)).rejects.toThrow(TypeError);
    await expect(createRoom(url, { ...node, name: 'é'.repeat(513) })).rejects.toThrow(RangeError);
    await expect(createRoom(url, { ...node, maxPlayers: 0 })).rejects.toThrow(RangeError);
    const room = await openRoom(url);
    expect(() => room.send(1 as unknown as string)).toThrow(TypeError);
  });
});

describe('with plain clients', () => {
  test('a plain player gets only the messages of the game, unchanged', async () => {
    const { url } = await startRelay();
    const room = await openRoom(url);
    const toHost = messagesAt(room);
    const ana = await join(url, room.code);
    const toAna = messagesTo(ana);
    const isThere = once<Player>((listener) => room.on('join', listener));
    const plain = await PlainPlayer.join(url, room.code);
    await isThere;
    room.send('before it has said anything');
    plain.send('hello');
    const [player, data] = await toHost.next();
    expect([player.id, player.exact, data]).toEqual([2, false, 'hello']);
    room.send('to both');
    player.send(Uint8Array.of(7));
    const texts = [await plain.nextText(), await plain.nextText()];
    expect(texts).toEqual(['before it has said anything', 'to both']);
    expect((await plain.next()).data).toEqual(Buffer.of(7));
    expect(await toAna.take(2)).toEqual(['before it has said anything', 'to both']);
    await expect(player.openChannel()).rejects.toMatchObject({ code: 'plain' });
  });

  test('a plain player who sends nothing gets the messages of the host', async () => {
    const { url } = await startRelay();
    const room = await openRoom(url);
    room.on('join', (player) => player.send('welcome'));
    const plain = await PlainPlayer.join(url, room.code);
    expect(await plain.nextText()).toBe('welcome');
  });

  test('a plain host gets two greetings, and all messages unchanged', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { query: '?bytes=1' });
    const joining = join(url, host.code);
    expect((await host.until('from')).data).toHaveLength(41);
    expect((await host.until('from')).data).toHaveLength(41);
    const ana = await joining;
    const toAna = messagesTo(ana);
    expect(ana.id).toBeUndefined();
    ana.send('hi');
    ana.send(Uint8Array.of(1));
    expect((await host.until('from_str')).data).toBe('hi');
    expect((await host.until('from')).data).toEqual(Uint8Array.of(1));
    host.command({ cmd: 'to', to: [1], data: Uint8Array.of(0, 1, 2) });
    host.command({ cmd: 'to_str', to: [], data: 'text' });
    expect(await toAna.take(2)).toEqual([Uint8Array.of(0, 1, 2), 'text']);
  });

  test('a plain host gets no greeting from a player with `plain`', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { query: '?bytes=1' });
    const ana = await join(url, host.code, true);
    ana.send('hi');
    await host.until('player_joined');
    await host.until('state');
    expect(await host.next()).toMatchObject({ cmd: 'from_str', data: 'hi' });
  });
});

describe('errors', () => {
  test('describe close codes that no relay sends', () => {
    expect(new RelayError(1001, '')).toMatchObject({ code: 'closed', retry: 'yes' });
    expect(new RelayError(1002, '')).toMatchObject({ code: 'closed', retry: 'no' });
    expect(new RelayError(1008, 'wrong or missing token')).toMatchObject({ code: 'badToken' });
    expect(new RelayError(1008, 'not here')).toMatchObject({ code: 'closed', retry: 'no' });
  });
});
