import { describe, expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { Payload } from '../../../src/protocol/payload.js';
import type { Features } from '../../../src/rooms/features.js';
import type { Room } from '../../../src/rooms/room.js';
import { parseRoomCode } from '../../../src/rooms/room-code.js';
import type { Listed } from '../../../src/rooms/room-list.js';
import { Rooms } from '../../../src/rooms/rooms.js';
import { hashSecret, type SecretHash } from '../../../src/rooms/secret.js';
import { TestHost, TestPlayer } from '../../support/peers.js';
import { join, LIMITS, openRoom, seatOf } from '../../support/rooms.js';

const LIST = 'my-game';

interface Opened {
  readonly room: Room;
  readonly host: TestHost;
  readonly token: string;
}

function openedIn(
  rooms: Rooms,
  { features = { list: LIST }, maxPlayers = 4 }: { features?: Features; maxPlayers?: number } = {},
): Opened {
  const host = new TestHost();
  const room = openRoom(host, { reconnectWindow: 60, maxPlayers, features }, rooms);
  return { host, room, token: room.resumeToken ?? '' };
}

/** The codes of a page. */
const page = (rooms: Rooms, most = 100, before?: number): string[] =>
  codesOf(roomsOf(rooms.lists.find(LIST)?.page(most, before)));

const roomsOf = (listed: readonly Listed[] = []): Room[] => listed.map(({ room }) => room);

const codesOf = (rooms: readonly Room[]): string[] => rooms.map(({ identity }) => identity.code);

describe('a list of rooms', () => {
  test('has the rooms of its name, the newest first', () => {
    const rooms = new Rooms(LIMITS);
    const [first, second] = [openedIn(rooms), openedIn(rooms)];
    openedIn(rooms, { features: { list: 'other' } });
    openedIn(rooms, { features: {} });
    openRoom(new TestHost(), {}, rooms);
    expect(page(rooms)).toEqual(codesOf([second.room, first.room]));
    expect(rooms.lists.find('nobody')).toBeUndefined();
  });

  test.each<[string, (opened: Opened) => void, ((opened: Opened) => void)?]>([
    [
      'starts',
      ({ room }) => room.change({ started: true }),
      ({ room }) => room.change({ started: false }),
    ],
    [
      'is full',
      ({ room }) => {
        for (let i = 0; i < 4; i++) room.join(new TestPlayer());
      },
      ({ room }) => room.kick(2),
    ],
    [
      'waits for its host',
      ({ room, host }) => room.hostGone(host, false),
      ({ room, token }) => void room.resume(new TestHost(), token),
    ],
    [
      'has a host that does not keep up',
      ({ room, host }) => room.setHostKeepsUp(host, false),
      ({ room, host }) => room.setHostKeepsUp(host, true),
    ],
    [
      'changes while its host does not keep up',
      ({ room, host }) => {
        room.setHostKeepsUp(host, false);
        room.change({ name: 'other' });
      },
      ({ room, host }) => room.setHostKeepsUp(host, true),
    ],
    [
      'waits for its host, whose buffer is full',
      ({ room, host }) => {
        const ana = new TestPlayer();
        const seat = join(room, ana);
        room.hostGone(host, false);
        seat.receive(new Payload(Buffer.alloc(LIMITS.hostBacklog), false), ana);
      },
      ({ room, token }) => void room.resume(new TestHost(), token),
    ],
    ['ends', ({ room }) => room.end(CLOSE_REASONS.gameOver)],
    ['ends with its host', ({ room, host }) => room.hostGone(host, true)],
  ])('does not have a room that %s, and has it again later in its place', (_, hide, show) => {
    const rooms = new Rooms(LIMITS);
    const [before, changing, after] = [openedIn(rooms), openedIn(rooms), openedIn(rooms)];
    hide(changing);
    expect(page(rooms)).toEqual(codesOf([after.room, before.room]));
    if (show === undefined) return;
    show(changing);
    expect(page(rooms)).toEqual(codesOf([after.room, changing.room, before.room]));
  });

  test('is read in pages, also behind a room that has left it', () => {
    const rooms = new Rooms(LIMITS);
    const opened = Array.from({ length: 7 }, () => openedIn(rooms).room).reverse();
    const list = rooms.lists.find(LIST);
    if (list === undefined) throw new Error('no list');
    const behind = (room: Room) => page(rooms, 3, rooms.lists.numberOf(list, room.identity.code));
    expect(page(rooms, 3)).toEqual(codesOf(opened.slice(0, 3)));
    const third = opened[2] as Room;
    expect(behind(third)).toEqual(codesOf(opened.slice(3, 6)));
    third.change({ started: true });
    expect(behind(third)).toEqual(codesOf(opened.slice(3, 6)));
    third.end(CLOSE_REASONS.gameOver);
    expect(behind(third)).toEqual(codesOf(opened.slice(3, 6)));
    expect(behind(opened[6] as Room)).toEqual([]);
    const other = openedIn(rooms, { features: { list: 'other' } }).room;
    expect(rooms.lists.numberOf(list, other.identity.code)).toBeUndefined();
    expect(rooms.lists.numberOf(list, parseRoomCode('ZZZZ') as never)).toBeUndefined();
  });

  test('exists while rooms are in it, and changes its version with each of them', () => {
    const rooms = new Rooms(LIMITS);
    const { room } = openedIn(rooms);
    const list = rooms.lists.find(LIST);
    const versions = [list?.version];
    room.join(new TestPlayer());
    versions.push(list?.version);
    room.end(CLOSE_REASONS.gameOver);
    versions.push(list?.version);
    expect(new Set(versions).size).toBe(3);
    expect(rooms.lists.find(LIST)).toBeUndefined();
  });

  test('is what the host sets', () => {
    const rooms = new Rooms(LIMITS);
    const { room } = openedIn(rooms, {
      features: { list: LIST, listing: 'beginners', about: true },
    });
    const plain = openRoom(new TestHost(), { maxPlayers: 2 }, rooms);
    const version = rooms.lists.find(LIST)?.version;
    const stored = rooms.totals.storedBytes;
    room.change({ listing: 'experts!!' });
    expect(room.features).toEqual({ list: LIST, listing: 'experts!!', about: true });
    expect(rooms.lists.find(LIST)?.version).not.toBe(version);
    expect(rooms.totals.storedBytes).toBe(stored);
    room.change({ name: 'other' });
    expect(room.features).toEqual({ list: LIST, listing: 'experts!!', about: true });
    room.change({ list: 'other' });
    plain.change({ list: LIST, listing: 'plain' });
    expect(page(rooms)).toEqual(codesOf([plain]));
    expect(codesOf(roomsOf(rooms.lists.find('other')?.page(10)))).toEqual(codesOf([room]));
    room.change({ list: '' });
    expect([rooms.lists.find('other'), room.features]).toEqual([undefined, { about: true }]);
    room.change({ listing: 'nowhere' });
    expect(room.features).toEqual({ about: true });
    plain.end(CLOSE_REASONS.gameOver);
    expect(rooms.totals.storedBytes).toBe(0);
  });

  test('is not what the host sets if the relay has no lists', () => {
    const rooms = new Rooms({ ...LIMITS, hasLists: false });
    const room = openRoom(new TestHost(), {}, rooms);
    room.change({ list: LIST });
    expect([room.features, rooms.lists.find(LIST)]).toEqual([{}, undefined]);
  });

  test('is nowhere if the relay has no lists', () => {
    const rooms = new Rooms({ ...LIMITS, hasLists: false });
    const { room } = openedIn(rooms, { features: { list: LIST, listing: 'x', about: true } });
    expect(room.features).toEqual({ about: true });
    expect(rooms.lists.find(LIST)).toBeUndefined();
  });

  test('survives a restart, and its texts count as memory', () => {
    const before = new Rooms(LIMITS);
    const { room } = openedIn(before, { features: { list: LIST, listing: 'Käse' } });
    expect(before.totals.storedBytes).toBe(LIST.length + 5);
    const { saved } = room;
    const after = new Rooms(LIMITS);
    after.restore(saved === undefined ? [] : [saved]);
    const restored = [...after.all];
    expect(page(after)).toEqual([]);
    restored[0]?.resume(new TestHost(), room.resumeToken ?? '');
    expect(page(after)).toEqual(codesOf(restored));
    room.end(CLOSE_REASONS.gameOver);
    expect(before.totals.storedBytes).toBe(0);
  });
});

describe('the room for a quick join', () => {
  const withSeat = (rooms: Rooms, name: string, key: SecretHash): Room | undefined => {
    const list = rooms.lists.find(name);
    return list && rooms.lists.withSeat(list, key)?.room;
  };

  const filled = (rooms: Rooms, players: number, maxPlayers: number): Room => {
    const { room } = openedIn(rooms, { maxPlayers });
    for (let i = 0; i < players; i++) room.join(new TestPlayer());
    return room;
  };

  test('is the fullest one that can be joined; of several, the oldest', () => {
    const rooms = new Rooms(LIMITS);
    filled(rooms, 4, 4);
    filled(rooms, 0, 4);
    filled(rooms, 5, 10);
    const fuller = filled(rooms, 3, 4);
    filled(rooms, 6, 8);
    const list = rooms.lists.find(LIST);
    expect(list?.fullest()?.room).toBe(fuller);
    fuller.change({ started: true });
    expect(list?.fullest()?.room.info.maxPlayers).toBe(8);
  });

  test('is none if all are closed', () => {
    const rooms = new Rooms(LIMITS);
    filled(rooms, 1, 1);
    expect(rooms.lists.find(LIST)?.fullest()).toBeUndefined();
  });

  test('is the one in which the key has a seat, even if nobody else can join', () => {
    const rooms = new Rooms(LIMITS);
    const key = hashSecret("ana's phone");
    filled(rooms, 3, 4);
    const { room } = openedIn(rooms, { maxPlayers: 1 });
    const ana = new TestPlayer();
    join(room, ana, key).leave(ana, false);
    expect(withSeat(rooms, LIST, key)).toBe(room);
    expect(withSeat(rooms, LIST, hashSecret('another phone'))).toBeUndefined();
    expect(seatOf(room.join(new TestPlayer(), { key })).id).toBe(1);
  });

  test('is in the list that is asked for, also if the key has seats in several', () => {
    const rooms = new Rooms(LIMITS);
    const key = hashSecret("ana's phone");
    const [one, other] = [openedIn(rooms), openedIn(rooms, { features: { list: 'other' } })];
    for (const { room } of [one, other]) join(room, new TestPlayer(), key);
    expect(withSeat(rooms, LIST, key)).toBe(one.room);
    expect(withSeat(rooms, 'other', key)).toBe(other.room);
    one.room.kick(1);
    expect(withSeat(rooms, LIST, key)).toBeUndefined();
    other.room.change({ list: LIST });
    expect(withSeat(rooms, LIST, key)).toBe(other.room);
    expect(rooms.seatIndex?.size).toBe(1);
    other.room.end(CLOSE_REASONS.gameOver);
    expect(rooms.seatIndex?.size).toBe(0);
    expect(new Rooms({ ...LIMITS, hasLists: false }).seatIndex).toBeUndefined();
  });
});
