import { expect, test } from 'vitest';
import type { PlayerId } from '../../../src/rooms/ids.js';
import { OfflineBuffer } from '../../../src/rooms/offline-buffer.js';
import { Seat } from '../../../src/rooms/seat.js';
import { noTotals } from '../../../src/rooms/totals.js';
import { TestPlayer, text } from '../../support/peers.js';

/** A seat, and the calls to its room. */
function seat() {
  const calls: string[] = [];
  const context = {
    receive: (from: PlayerId) => calls.push(`${from} says`),
    measured: () => {},
    playerGone: (_: Seat, isFinal: boolean) => calls.push(isFinal ? 'left' : 'disconnected'),
    end: ({ reason }: { reason: string }) => calls.push(reason),
  };
  return { calls, seat: new Seat(1 as PlayerId, context) };
}

function waiting() {
  const totals = noTotals();
  let stops = 0;
  const wait = { buffer: new OfflineBuffer(1000, totals), stopTimer: () => stops++, address: '' };
  return { totals, wait, stops: () => stops };
}

test('a pending seat drops messages', () => {
  const { seat: pending, calls } = seat();
  const player = new TestPlayer();
  pending.receiver.send(text('lost'));
  pending.receive(text('hi'), player);
  pending.leave(player, false);
  expect([calls, pending.peer, pending.buffer]).toEqual([[], undefined, undefined]);
});

test('an occupied seat belongs to the latest connection', () => {
  const { seat: present, calls } = seat();
  const [first, second] = [new TestPlayer(), new TestPlayer()];
  expect(present.occupy(first)).toEqual({});
  present.receive(text('hi'), first);
  expect(present.occupy(second)).toEqual({ replaced: first });
  present.receive(text('late'), first);
  present.leave(first, true);
  present.receiver.send(text('for the second'));
  expect([calls, first.takeCalls(), second.takeCalls()]).toEqual([
    ['1 says'],
    [],
    [{ text: 'for the second' }],
  ]);
  present.leave(second, false);
  expect([calls.at(-1), present.status]).toEqual(['disconnected', 'connected']);
});

test('a disconnected seat buffers messages for the player', () => {
  const { seat: disconnected, calls } = seat();
  const { wait, totals, stops } = waiting();
  const [before, after] = [new TestPlayer(), new TestPlayer()];
  disconnected.occupy(before);
  disconnected.disconnect(wait);
  disconnected.receiver.send(text('kept'));
  disconnected.receive(text('late'), before);
  expect([disconnected.status, disconnected.buffer, disconnected.peer]).toEqual([
    'disconnected',
    wait.buffer,
    undefined,
  ]);
  expect(disconnected.occupy(after)).toEqual({ missed: 0 });
  expect([calls, after.takeCalls(), before.takeCalls(), stops()]).toEqual([
    [],
    [{ text: 'kept' }],
    [],
    1,
  ]);
  expect(totals).toEqual(noTotals());
});

test.each(['pending', 'present', 'disconnected'])(
  'gone after it was %s, it stays empty',
  (from) => {
    const { seat: gone, calls } = seat();
    const { wait, totals, stops } = waiting();
    const player = new TestPlayer();
    if (from !== 'pending') gone.occupy(player);
    if (from === 'disconnected') gone.disconnect(wait);
    else wait.buffer.close();
    expect(gone.vacate()).toBe(from === 'present' ? player : undefined);
    expect(gone.vacate()).toBeUndefined();
    gone.receiver.send(text('lost'));
    gone.receive(text('late'), player);
    gone.leave(player, true);
    expect([gone.peer, gone.buffer]).toEqual([undefined, undefined]);
    expect([calls, player.takeCalls()]).toEqual([[], []]);
    expect([stops(), totals]).toEqual([from === 'disconnected' ? 1 : 0, noTotals()]);
  },
);
