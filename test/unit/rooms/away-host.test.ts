import { beforeEach, expect, test } from 'vitest';
import { CLOSINGS } from '../../../src/protocol/close-codes.js';
import type { HostEvent } from '../../../src/protocol/messages.js';
import { Payload } from '../../../src/protocol/payload.js';
import { AwayHost } from '../../../src/rooms/away-host.js';
import { KEPT_OVERHEAD } from '../../../src/rooms/away-player.js';
import type { PlayerId } from '../../../src/rooms/ids.js';
import { type Heard, TestHost, text } from '../../support/peers.js';

const ONE = 1 as PlayerId;
const STATE = {
  cmd: 'state',
  name: '',
  players: [],
  max_players: 8,
  accept_conns: true,
} as const satisfies HostEvent;

let fulls: number;
beforeEach(() => {
  fulls = 0;
});

function away(bound: number): AwayHost {
  return new AwayHost(bound, () => fulls++);
}

function told(host: AwayHost): Heard[] {
  const back = new TestHost();
  host.handOver(back);
  return back.news();
}

const presence = (words: string): HostEvent => {
  const [player, what] = words.split(' ');
  return { cmd: `player_${what}` as 'player_left', player: Number(player) };
};

test('events and messages are told once, in order; of states only the last would matter', () => {
  const host = away(1 << 20);
  host.event(presence('1 joined'));
  host.event(STATE);
  host.message(ONE, text('hi'));
  host.changed();
  host.event(presence('1 left'));
  expect(told(host)).toEqual([presence('1 joined'), { from: 1, text: 'hi' }, presence('1 left')]);
  expect([told(host), host.bytes, fulls]).toEqual([[], 0, 0]);
});

test('it says once that it is full, and loses nothing that comes all the same', () => {
  const host = away(2 * KEPT_OVERHEAD + 4);
  host.message(ONE, text('ab'));
  expect(fulls).toBe(0);
  host.message(ONE, text('cd'));
  expect([fulls, host.bytes]).toEqual([1, 2 * KEPT_OVERHEAD + 4]);
  host.message(ONE, text('ef'));
  expect(fulls).toBe(1);
  expect(told(host)).toEqual(['ab', 'cd', 'ef'].map((words) => ({ from: 1, text: words })));
});

test.each([
  ['1 away, 1 back', ''],
  ['1 back, 1 away', ''],
  ['1 away, 1 back, 1 away', '1 away'],
  ['1 away, 1 left', '1 left'],
  ['1 back, 1 left', '1 left'],
  ['1 away, 1 back, 1 left', '1 left'],
  ['1 away, 2 away, 3 back, 1 back, 1 away', '2 away, 3 back, 1 away'],
  ['1 left, 2 away, 2 back', '1 left'],
])('when it is full, of %s what remains is: %s', (events, remaining) => {
  const host = away(1);
  host.message(ONE, text('full'));
  for (const event of events.split(', ')) host.event(presence(event));
  const expected = remaining === '' ? [] : remaining.split(', ').map(presence);
  expect(told(host)).toEqual([{ from: 1, text: 'full' }, ...expected]);
});

test('players who do nothing but come and go do not fill the memory', () => {
  const host = away(10 * KEPT_OVERHEAD);
  for (let i = 0; i < 10_001; i++) host.event(presence(`1 ${i % 2 === 0 ? 'away' : 'back'}`));
  expect(host.bytes).toBe(10 * KEPT_OVERHEAD);
  expect(told(host)).toHaveLength(11);
});

test('that somebody has missed something is told in any case', () => {
  const host = away(1);
  host.message(ONE, text('full'));
  host.event({ cmd: 'player_back', player: 1, missed: 3 });
  host.event(presence('1 away'));
  expect(told(host).slice(1)).toEqual([
    { cmd: 'player_back', player: 1, missed: 3 },
    presence('1 away'),
  ]);
});

test('a message does not keep the memory that it came in', () => {
  const host = away(1 << 20);
  const chunk = Buffer.allocUnsafeSlow(1 << 16);
  host.message(ONE, new Payload(chunk.subarray(6, 106), false));
  const back = new TestHost();
  let memory = 0;
  back.message = (_, { bytes }) => {
    memory = bytes.buffer.byteLength;
  };
  host.handOver(back);
  expect(memory).toBeGreaterThanOrEqual(100);
  expect(memory).toBeLessThan(200);
});

test('closed, it keeps nothing', () => {
  const host = away(1);
  host.message(ONE, text('full'));
  host.event(presence('1 away'));
  host.close();
  const back = new TestHost();
  host.handOver(back);
  back.close(CLOSINGS.hostGone);
  expect([host.bytes, back.news()]).toEqual([0, [CLOSINGS.hostGone]]);
});
