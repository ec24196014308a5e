import { describe, expect, test } from 'vitest';
import { CLOSE_REASONS } from '../../../../src/protocol/close-codes.js';
import { Payload } from '../../../../src/protocol/payload.js';
import { MAX_VALUES } from '../../../../src/protocol/value-key.js';
import { BAN_BYTES } from '../../../../src/rooms/bans.js';
import { MESSAGE_OVERHEAD } from '../../../../src/rooms/offline-buffer.js';
import type { Room } from '../../../../src/rooms/room.js';
import type { SeatKey } from '../../../../src/rooms/seat-key.js';
import { hashSecret } from '../../../../src/rooms/secret.js';
import { TestPlayer, text, WmbpHost } from '../../../support/peers.js';
import { seatOf, TestRooms } from '../../../support/rooms.js';

const KEY: SeatKey = hashSecret("ana's phone");

function prepared({ keep = 1 << 18, storage = Number.POSITIVE_INFINITY, asks = false } = {}) {
  const rooms = Object.assign(new TestRooms(), { keep, storage });
  const host = new WmbpHost(rooms);
  const features = { ...(asks && { ask: true as const }) };
  host.command({ cmd: 'prepare', maxPlayers: 200, name: '', hold: 60, features });
  const reply = host.takeCalls().at(-1);
  const set = (to: 'everybody' | number, key: string, content?: string, later?: true) => {
    const payload = content === undefined ? undefined : text(content);
    return host.session.deliver({ cmd: 'keep', to, key, payload, ...(later && { later }) }, 0);
  };
  const join = (key?: SeatKey, allValues = false) => {
    const player = new TestPlayer();
    const seat = seatOf((rooms.room as Room).join(player, { key, allValues }));
    const cut = () => seat.leave(player, false);
    return {
      received: () => player.calls.splice(0).map((item) => 'text' in item && item.text),
      cut,
    };
  };
  return { rooms, host, room: rooms.room as Room, reply, set, join };
}

test('prepare_reply lists it for a host that requests anything', () => {
  expect(prepared().reply).toMatchObject({ with: expect.arrayContaining(['keep', 'except']) });
});

describe('a value', () => {
  test('goes to everybody now, and to players who join later, in the order of setting', () => {
    const { set, join, room } = prepared();
    const ana = join();
    expect([set('everybody', 'a', 'A1'), set('everybody', 'b', 'B1')]).toEqual([1, 1]);
    set('everybody', 'a', 'A2');
    room.send('everybody', text('a message'));
    expect(ana.received()).toEqual(['A1', 'B1', 'A2', 'a message']);
    const ben = join();
    room.send('everybody', text('newer'));
    expect(ben.received()).toEqual(['B1', 'A2', 'newer']);
  });

  test('is forgotten without data, and nobody hears of that', () => {
    const { set, join, rooms } = prepared();
    set('everybody', 'a', 'A');
    set('everybody', 'b', 'B');
    const ana = join();
    ana.received();
    expect(set('everybody', 'a')).toBe(0);
    expect(set('everybody', 'unknown')).toBe(0);
    expect([ana.received(), join().received()]).toEqual([[], ['B']]);
    expect(rooms.totals.storedBytes).toBe(1 + MESSAGE_OVERHEAD);
  });

  test('for one player goes to that seat only, as long as it lasts', () => {
    const { set, join, rooms, room } = prepared();
    const ana = join(KEY);
    const ben = join();
    expect([set(1, 'a', 'for Ana'), set(9, 'a', 'for nobody')]).toEqual([1, 0]);
    expect([ana.received(), ben.received(), join().received()]).toEqual([['for Ana'], [], []]);
    set('everybody', 'a', 'for everybody');
    expect(join(KEY, true).received()).toEqual(['for Ana', 'for everybody']);
    room.kick(1);
    const values = 'for everybody'.length + MESSAGE_OVERHEAD;
    // Her key cannot be used again.
    expect(rooms.totals.storedBytes).toBe(values + BAN_BYTES);
  });

  test('reaches those who join while the host is disconnected', () => {
    const { set, join, host, room } = prepared();
    set('everybody', 'a', 'A');
    host.session.end(false);
    expect(room.info.hostConnected).toBe(false);
    expect(join().received()).toEqual(['A']);
  });

  test('for later goes to nobody now, and to those who ask for all values when they connect', () => {
    const { set, join } = prepared();
    const ana = join(KEY, true);
    expect(set('everybody', 'a', 'A', true)).toBe(0);
    set(1, 'b', 'B', true);
    set('everybody', 'c', 'C');
    expect(ana.received()).toEqual(['C']);
    expect([join().received(), join(undefined, true).received()]).toEqual([['C'], ['A', 'C']]);
    ana.cut();
    set('everybody', 'd', 'D', true);
    set('everybody', 'e', 'E');
    const back = join(KEY);
    expect(back.received()).toEqual(['E']);
    back.cut();
    expect(join(KEY, true).received()).toEqual(['A', 'B', 'C', 'D', 'E']);
    set('everybody', 'c', 'C2', true);
    set('everybody', 'a', 'A2');
    expect(join().received()).toEqual(['E', 'A2']);
  });

  test('for later reaches those who asked for all values when they asked to join', () => {
    const { set, room, join } = prepared({ asks: true });
    set('everybody', 'a', 'A', true);
    const [ana, ben] = [join(KEY, true), join()];
    for (const player of [1, 2]) room.admit(player);
    expect([ana.received(), ben.received()]).toEqual([['A'], []]);
  });

  test('ends with the room', () => {
    const { set, rooms, room } = prepared();
    set('everybody', 'a', 'A');
    room.end(CLOSE_REASONS.gameOver);
    expect(rooms.totals.storedBytes).toBe(0);
  });

  test('counts as a message each time that it is sent', () => {
    const { set, join, room } = prepared();
    join();
    set('everybody', 'a', 'A');
    join();
    expect(room.traffic.toPlayers).toEqual({ text: 2, binary: 0, bytes: 2 });
  });
});

describe('a player who reconnects', () => {
  test('gets what it has missed, once, and not what it has', () => {
    const { set, join, room } = prepared();
    set('everybody', 'before', 'before');
    const ana = join(KEY);
    ana.cut();
    set('everybody', 'a', 'A1');
    room.send([1], text('a message'));
    set(1, 'a', 'A2');
    expect(join(KEY).received()).toEqual(['A1', 'a message', 'A2']);
  });

  test('gets values that its full buffer has dropped before what is still in there', () => {
    const keep = 4 * (MESSAGE_OVERHEAD + 1);
    const { set, join, room, host } = prepared({ keep });
    const ana = join(KEY);
    ana.cut();
    set('everybody', 'a', '1');
    room.send([1], text('2'));
    set('everybody', 'b', '3');
    for (const content of ['4', '5', '6']) room.send([1], text(content));
    expect(join(KEY).received()).toEqual(['1', '3', '4', '5', '6']);
    expect(host.takeCalls()).toContainEqual({ cmd: 'player_back', player: 1, missed: 2 });
  });

  test('gets all values if it has none left, or if its connection is taken over', () => {
    const { set, join } = prepared();
    set('everybody', 'a', 'A');
    const ana = join(KEY);
    ana.cut();
    set('everybody', 'b', 'B');
    const reloaded = join(KEY, true);
    expect(reloaded.received()).toEqual(['A', 'B']);
    expect(join(KEY).received()).toEqual(['A', 'B']);
  });
});

describe('a value that does not fit', () => {
  const errors = (host: WmbpHost) =>
    host.takeCalls().map((event) => ('reason' in event ? [event.code, event.reason] : event));

  test('because of its key has no effect, and is answered by an error', () => {
    const { set, join, host } = prepared();
    const ana = join();
    host.takeCalls();
    for (let i = 0; i < MAX_VALUES; i++) set('everybody', `key ${i}`, '');
    ana.received();
    expect(set('everybody', 'one more', 'x')).toBe(0);
    expect(errors(host)).toEqual([
      ['keep_full', 'keep: expected at most 64 keys, for everybody and for each player'],
    ]);
    expect(ana.received()).toEqual([]);
    set('everybody', 'key 0', 'again');
    set(1, 'one more', "Ana's");
    set('everybody', 'key 1');
    set('everybody', 'one more', 'fits now');
    expect(ana.received()).toEqual(['again', "Ana's", 'fits now']);
    expect(host.takeCalls()).toEqual([]);
  });

  test('because of its size leaves the earlier one', () => {
    const keep = MESSAGE_OVERHEAD + 10;
    const { set, join, host } = prepared({ keep });
    set('everybody', 'a', 'x'.repeat(10));
    set('everybody', 'a', 'y'.repeat(11));
    set('everybody', 'b', '');
    const error = ['keep_full', `keep: expected at most ${keep} bytes in all values of the room`];
    expect(errors(host)).toEqual([error, error]);
    expect(join().received()).toEqual(['xxxxxxxxxx']);
    set('everybody', 'a', 'z');
    expect(join().received()).toEqual(['z']);
  });

  test('because of all rooms together can be replaced by a smaller one', () => {
    const { set, host, rooms } = prepared({ storage: 1000 });
    set('everybody', 'a', 'x'.repeat(500));
    rooms.totals.storedBytes += 500;
    set('everybody', 'b', '');
    expect(errors(host)).toEqual([
      ['keep_full', 'keep: the values of all rooms take too much memory'],
    ]);
    set('everybody', 'a', 'x'.repeat(500));
    expect(host.takeCalls()).toEqual([]);
  });
});

test('a restored room has its values, and players get what they have not seen', () => {
  const { set, join, rooms, room } = prepared();
  set('everybody', 'text', 'ä');
  const bytes = new Payload(Buffer.from([0, 255]), false);
  room.deliveries.keep('everybody', 'bytes', bytes);
  const ana = join(KEY);
  set(1, 'own', 'Ana');
  ana.cut();
  set('everybody', 'late', 'late');
  set('everybody', 'for later', 'for later', true);
  const { saved } = room;
  if (saved === undefined) throw new Error('not saved');
  const stored = rooms.totals.storedBytes;
  room.end(CLOSE_REASONS.restarting);
  const restored = rooms.restore(JSON.parse(JSON.stringify(saved)));
  expect(restored.saved).toEqual(saved);
  expect(rooms.totals.storedBytes).toBe(stored);
  expect(join(KEY).received()).toEqual(['late']);
  const late = new TestPlayer();
  restored.join(late);
  expect(late.takeCalls()).toEqual(['ä', '\0\ufffd', 'late'].map((content) => ({ text: content })));
});

test('a restored room drops values that a smaller limit does not allow', () => {
  const { set, rooms, room, join } = prepared();
  set('everybody', 'a', 'x'.repeat(1000));
  set('everybody', 'b', 'B');
  const { saved } = room;
  room.end(CLOSE_REASONS.restarting);
  rooms.keep = 1000;
  rooms.restore(saved as NonNullable<typeof saved>);
  expect(join().received()).toEqual(['B']);
});

test('before prepare, and in a room that has ended, nothing happens', () => {
  const host = new WmbpHost(new TestRooms());
  const command = { cmd: 'keep', to: 'everybody', key: 'a', payload: text('x') } as const;
  expect(host.session.deliver(command, 0)).toBe(0);
  expect(host.takeCalls()).toEqual([]);
});
