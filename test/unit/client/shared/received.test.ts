import { expect, test } from 'vitest';
import type { SharedItem } from '../../../../src/client/shared/item.js';
import { ReceivedShares } from '../../../../src/client/shared/received.js';

function open() {
  const events: unknown[] = [];
  const sizes: number[] = [];
  const shares = new ReceivedShares({
    decode: (data) => (data === 'invalid' ? undefined : [data]),
    emit: (bytes, name, ...event: unknown[]) => {
      events.push(name === 'shared' ? event : { state: event[0], patch: event[1] });
      sizes.push(bytes);
    },
  });
  const item = (kind: SharedItem['kind'], mark: number, number: number, content = '', key = '') =>
    shares.receive({ kind, mark, number, key, content: new TextEncoder().encode(content) });
  return {
    shares,
    sizes,
    takeEvents: () => events.splice(0),
    value: (mark: number, number: number, content: string, key = 'k') =>
      item('text', mark, number, content, key),
    forget: (mark: number, number: number, key = 'k') => item('forgotten', mark, number, '', key),
    state: (mark: number, number: number, content: object) =>
      item('state', mark, number, JSON.stringify(content)),
    patch: (mark: number, number: number, content: object) =>
      item('patch', mark, number, JSON.stringify(content)),
    item,
  };
}

test('a value comes once, and no older one after it', () => {
  const { value, forget, takeEvents, shares } = open();
  for (const number of [2, 2, 1, 3]) value(7, number, `value ${number}`);
  forget(7, 3);
  expect(takeEvents()).toEqual([
    ['k', 'value 2'],
    ['k', 'value 3'],
  ]);
  forget(7, 4);
  forget(7, 4);
  forget(7, 5, 'unknown');
  expect([takeEvents(), shares.values.size]).toEqual([[['k', undefined]], 0]);
  value(7, 6, 'again');
  expect(takeEvents()).toEqual([['k', 'again']]);
});

test('a value of another page of the host is newer, whatever its number', () => {
  const { value, takeEvents } = open();
  value(7, 50, 'before the reload');
  value(8, 1, 'after the reload');
  value(8, 1, 'after the reload');
  expect(takeEvents()).toEqual([
    ['k', 'before the reload'],
    ['k', 'after the reload'],
  ]);
});

test('an invalid value changes nothing', () => {
  const { value, takeEvents, shares } = open();
  value(7, 1, 'valid');
  value(7, 2, 'invalid');
  expect([takeEvents(), shares.values.get('k')]).toEqual([[['k', 'valid']], 'valid']);
});

test('a patch applies only to the state before it', () => {
  const { state, patch, takeEvents, shares } = open();
  patch(7, 1, { a: 1 });
  expect([takeEvents(), shares.state]).toEqual([[], undefined]);
  state(7, 1, { a: 1, b: { c: 1 } });
  patch(7, 2, { b: { d: 2 } });
  patch(7, 2, { b: { d: 9 } });
  patch(7, 4, { a: 9 });
  patch(8, 3, { a: 9 });
  const latest = { a: 1, b: { c: 1, d: 2 } };
  expect(takeEvents()).toEqual([
    { state: { a: 1, b: { c: 1 } }, patch: undefined },
    { state: latest, patch: { b: { d: 2 } } },
  ]);
  expect(shares.state).toEqual(latest);
  // The whole replaces the state: nothing of the state before is left.
  state(7, 4, { x: 1 });
  patch(7, 5, { x: null });
  expect(takeEvents()).toEqual([
    { state: { x: 1 }, patch: undefined },
    { state: {}, patch: { x: null } },
  ]);
});

test('an event has the size of the value, or of the whole state', () => {
  const { value, forget, state, patch, sizes } = open();
  value(7, 1, 'value');
  forget(7, 2);
  state(7, 1, { a: 1 });
  patch(7, 2, { b: 22 });
  state(7, 3, { a: 1 });
  expect(sizes).toEqual([5, 0, 7, 7 + 8, 7]);
});

test('a state that is no JSON changes nothing', () => {
  const { item, state, takeEvents, shares } = open();
  state(7, 1, { a: 1 });
  item('patch', 7, 2, '{');
  item('state', 8, 1, '');
  expect([takeEvents().length, shares.state]).toEqual([1, { a: 1 }]);
});

/** Keys of values, one for each turn of a game. */
const turns = Array.from({ length: 1_000 }, (_, turn) => `turn ${turn}`);

test('of more values than the relay stores, the oldest are forgotten', () => {
  const { value, takeEvents, shares } = open();
  turns.forEach((key, turn) => {
    value(7, turn + 1, 'x', key);
  });
  expect([...shares.values.keys()]).toEqual(turns.slice(-64));
  expect(takeEvents().slice(-2)).toEqual([
    ['turn 999', 'x'],
    ['turn 935', undefined],
  ]);
});

test('the versions of the latest forgotten values are known, and those of the others are not', () => {
  const { value, forget, state, takeEvents } = open();
  value(7, 1, 'the title', 'title');
  state(7, 1, {});
  turns.forEach((key, turn) => {
    value(7, 2 * turn + 2, 'x', key);
    forget(7, 2 * turn + 3, key);
    state(7, turn + 2, {});
  });
  takeEvents();
  value(7, 1, 'the title', 'title');
  state(7, 1_001, {});
  for (const turn of [0, 900, 999]) value(7, 2 * turn + 2, 'again', `turn ${turn}`);
  expect(takeEvents()).toEqual([['turn 0', 'again']]);
});
