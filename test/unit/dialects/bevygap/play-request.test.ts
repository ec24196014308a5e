import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PlayRequest } from '../../../../src/dialects/bevygap/play-request.js';
import { LaunchError } from '../../../../src/launch/matchmaker.js';
import type { Progress } from '../../../../src/protocol/matchmaking.js';
import { PLACE, TestMatchmaker } from '../../../support/matchmaker.js';

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }),
);
afterEach(() => void vi.useRealTimers());

const REQUEST = {
  game: 'g',
  version: '1',
  clientAddress: '192.0.2.1',
  party: undefined,
  mayStart: () => undefined,
};

const waiting = (status: string, elapsed: number): Progress => ({ is: 'waiting', status, elapsed });

async function begin() {
  const matchmaker = new TestMatchmaker();
  const sent: Progress[] = [];
  let ended = 0;
  let leavesAt: Progress['is'] | undefined;
  const playRequest: PlayRequest = new PlayRequest(
    (progress) => {
      sent.push(progress);
      if (progress.is === leavesAt) playRequest.cancel();
    },
    () => ended++,
  );
  playRequest.begin(matchmaker, REQUEST);
  const pending = await matchmaker.requests.next();
  return {
    playRequest,
    pending,
    takeSent: () => sent.splice(0),
    ended: () => ended,
    /** The player leaves when this progress is sent: writing fails. */
    leaveAt: (at: Progress['is']) => {
      leavesAt = at;
    },
  };
}

test('progress is sent at each change and once a second', async () => {
  const { pending, takeSent, ended } = await begin();
  expect(takeSent()).toEqual([{ is: 'acknowledged' }]);
  vi.advanceTimersByTime(900);
  pending.accepted('a-1');
  expect(takeSent()).toEqual([{ is: 'accepted', session: 'a-1' }]);
  vi.advanceTimersByTime(1000);
  expect(takeSent()).toEqual([waiting('Waiting', 1)]);
  pending.progress('Deploying');
  pending.progress('Deploying');
  expect(takeSent()).toEqual([waiting('Deploying', 1)]);
  vi.advanceTimersByTime(2000);
  expect(takeSent()).toEqual([waiting('Deploying', 2), waiting('Deploying', 3)]);
  pending.ready(PLACE);
  expect(takeSent()).toEqual([waiting('Ready', 3), { is: 'ready', place: PLACE }]);
  expect(ended()).toBe(1);
});

test('nothing is sent after the end', async () => {
  const { pending, playRequest, takeSent, ended } = await begin();
  pending.accepted('a-1');
  pending.ready(PLACE);
  takeSent();
  pending.progress('late');
  pending.ready(PLACE);
  pending.failed(new LaunchError(500, 'late'));
  pending.accepted('a-2');
  playRequest.cancel();
  playRequest.abandon(new LaunchError(503, 'late'));
  vi.advanceTimersByTime(5000);
  expect(takeSent()).toEqual([]);
  expect(ended()).toBe(1);
  expect(pending.isCancelled).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test('a player who leaves cancels the request at once', async () => {
  const { pending, playRequest, takeSent, ended } = await begin();
  pending.accepted('a-1');
  takeSent();
  playRequest.cancel();
  playRequest.cancel();
  expect(pending.isCancelled).toBe(true);
  vi.advanceTimersByTime(5000);
  expect(takeSent()).toEqual([]);
  expect(ended()).toBe(1);
});

test('a request that is abandoned is cancelled, and its player gets an error', async () => {
  const { pending, playRequest, takeSent } = await begin();
  takeSent();
  playRequest.abandon(new LaunchError(503, 'relay restarting'));
  expect(pending.isCancelled).toBe(true);
  expect(takeSent()).toEqual([{ is: 'failed', status: 503, reason: 'relay restarting' }]);
});

test('a player who leaves at the acknowledgement causes no request', () => {
  const matchmaker = new TestMatchmaker();
  const playRequest = new PlayRequest(
    () => playRequest.cancel(),
    () => {},
  );
  playRequest.begin(matchmaker, REQUEST);
  expect(matchmaker.count).toBe(0);
});

test('a player who leaves when the session is reported gets no more progress', async () => {
  const { pending, takeSent, leaveAt } = await begin();
  leaveAt('accepted');
  takeSent();
  pending.accepted('a-1');
  expect(takeSent()).toEqual([{ is: 'accepted', session: 'a-1' }]);
  vi.advanceTimersByTime(5000);
  expect(takeSent()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a matchmaker that throws ends the request', () => {
  const matchmaker = new TestMatchmaker();
  matchmaker.requestPlace = () => {
    throw new Error('a bug');
  };
  let ended = 0;
  const playRequest = new PlayRequest(
    () => {},
    () => ended++,
  );
  expect(() => playRequest.begin(matchmaker, REQUEST)).toThrow('a bug');
  expect(ended).toBe(1);
});
