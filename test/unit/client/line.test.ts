import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Status } from '../../../src/client/api.js';
import { Line } from '../../../src/client/line.js';
import type { RelayError } from '../../../src/client/relay-error.js';
import { FakeSocket, stillEnvironment } from './fakes.js';

function openLine({ probes = false } = {}) {
  const environment = stillEnvironment();
  const statuses: Status[] = [];
  const closed: RelayError[] = [];
  const probe = vi.fn(() => probes);
  const line = new Line(environment, {
    address: () => `ws://relay/${FakeSocket.all.length}`,
    opened: () => line.settled(),
    received: () => {},
    lost: ({ retry }) => retry !== 'no',
    closed: (error) => void closed.push(error),
    status: (status) => void statuses.push(status),
    probe,
  });
  line.connect();
  return { line, clock: environment.clock, statuses, closed, probe };
}

afterEach(() => vi.unstubAllGlobals());

describe('a line that is lost', () => {
  test('comes back after delays that double, up to ten seconds', () => {
    const { clock } = openLine();
    const delays: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      FakeSocket.last.lose();
      delays.push(Math.round(clock.next));
      clock.pass(clock.next);
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test('tries on though an attempt is refused on the spot', () => {
    const { clock, statuses } = openLine();
    FakeSocket.last.open();
    FakeSocket.last.lose();
    FakeSocket.refusal = new Error('too many sockets');
    clock.pass(250);
    expect(FakeSocket.all).toHaveLength(1);
    FakeSocket.refusal = undefined;
    clock.pass(500);
    FakeSocket.last.open();
    expect(statuses).toEqual(['open', 'away', 'open']);
  });

  test('starts with short delays again once all was well', () => {
    const { clock, statuses } = openLine();
    FakeSocket.last.open();
    FakeSocket.last.lose();
    clock.pass(250);
    FakeSocket.last.lose();
    clock.pass(500);
    FakeSocket.last.open();
    FakeSocket.last.lose(1012, 'relay restarting');
    expect(Math.round(clock.next)).toBe(250);
    expect(statuses).toEqual(['open', 'away', 'open', 'away']);
  });

  test('stays away longer from a relay that says later', () => {
    const { clock } = openLine();
    FakeSocket.last.open();
    FakeSocket.last.lose(4029, 'too many attempts');
    expect(clock.next).toBeGreaterThan(15_000);
  });

  test('is over if the reason is for good', () => {
    const { clock, statuses, closed } = openLine();
    FakeSocket.last.open();
    FakeSocket.last.lose(4003, 'kicked');
    expect(statuses).toEqual(['open', 'closed']);
    expect(closed).toMatchObject([{ what: 'kicked' }]);
    expect(clock.timers).toBe(0);
  });

  test('comes back if an attempt that it had given up arrives late and takes its place', () => {
    const { clock, closed } = openLine();
    clock.pass(15_000);
    clock.pass(clock.next);
    FakeSocket.last.open();
    FakeSocket.last.lose(4001, 'replaced by a newer connection');
    expect(closed).toEqual([]);
    clock.pass(clock.next);
    FakeSocket.last.open();
    clock.pass(60_000);
    FakeSocket.last.lose(4001, 'replaced by a newer connection');
    expect(closed).toMatchObject([{ what: 'replaced' }]);
  });

  test('comes back at once when the page is seen again or the network is back', () => {
    const page = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    vi.stubGlobal('document', document);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const { line } = openLine();
    FakeSocket.last.open();
    const wakeUps = [
      () => page.dispatchEvent(new Event('online')),
      () => page.dispatchEvent(new Event('pageshow')),
      () => document.dispatchEvent(new Event('visibilitychange')),
    ];
    document.visibilityState = 'visible';
    for (const [index, wakeUp] of wakeUps.entries()) {
      FakeSocket.last.lose();
      expect(FakeSocket.all).toHaveLength(index + 1);
      wakeUp();
      expect(FakeSocket.all).toHaveLength(index + 2);
    }
    line.close();
    page.dispatchEvent(new Event('online'));
    expect(FakeSocket.all).toHaveLength(wakeUps.length + 1);
  });

  test('stays away from a relay that says later, even when the network is back', () => {
    const page = new EventTarget();
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const { clock } = openLine();
    FakeSocket.last.open();
    FakeSocket.last.lose(4029, 'too many attempts');
    clock.pass(14_999);
    page.dispatchEvent(new Event('online'));
    expect(FakeSocket.all).toHaveLength(1);
    clock.pass(1);
    page.dispatchEvent(new Event('online'));
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('does not come back while nobody looks', () => {
    const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    vi.stubGlobal('document', document);
    openLine();
    FakeSocket.last.open();
    FakeSocket.last.lose();
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSocket.all).toHaveLength(1);
  });
});

describe('a line that is silent', () => {
  test('is asked for a sign, and given up without one, but the seat is not', () => {
    const { clock, probe } = openLine({ probes: true });
    const [socket] = FakeSocket.all;
    socket?.open();
    clock.pass(24_999);
    expect(probe).not.toHaveBeenCalled();
    clock.pass(1);
    expect(probe).toHaveBeenCalledTimes(1);
    clock.pass(6_000);
    expect(socket?.closedWith).toBe(3000);
    clock.pass(250);
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('goes on if there is a sign', () => {
    const { clock, probe, line } = openLine({ probes: true });
    FakeSocket.last.open();
    for (let round = 1; round <= 3; round++) {
      clock.pass(25_000);
      expect(probe).toHaveBeenCalledTimes(round);
      FakeSocket.last.receive('x');
      clock.pass(6_000);
      expect(line.open).toBe(true);
      clock.pass(25_000 - 6_000 - 1);
      FakeSocket.last.receive('x');
    }
  });

  test('is asked less and less often if only the other end is silent', () => {
    const { clock } = openLine({ probes: true });
    const lives: number[] = [];
    for (let round = 0; round < 3; round++) {
      FakeSocket.last.open();
      const born = clock.now();
      const sockets = FakeSocket.all.length;
      while (FakeSocket.all.length === sockets) clock.pass(1_000);
      lives.push(Math.floor((clock.now() - born) / 10_000));
    }
    expect(lives).toEqual([3, 5, 10]);
  });

  test('is let be if there is no way to ask', () => {
    const { clock, line } = openLine();
    FakeSocket.last.open();
    clock.pass(1_000_000);
    expect(line.open).toBe(true);
  });

  test('is given up if it does not even open', () => {
    const { clock } = openLine();
    clock.pass(15_250);
    expect(FakeSocket.all).toHaveLength(2);
  });
});

test('a line that is closed says so with 1000, and comes back no more', () => {
  const { line, clock, closed } = openLine();
  FakeSocket.last.open();
  line.close();
  line.close();
  expect(FakeSocket.last.closedWith).toBe(1000);
  expect(closed).toHaveLength(1);
  expect(clock.timers).toBe(0);
});

test('a line that is closed is not opened again by what happens at the same time', () => {
  const { line, clock, statuses } = openLine();
  FakeSocket.last.open();
  line.close();
  line.settled();
  expect(statuses).toEqual(['open', 'closed']);
  expect(clock.timers).toBe(0);
});

test('a line that is closed by who hears that it is away does not come back', () => {
  const environment = stillEnvironment();
  const line = new Line(environment, {
    address: () => 'ws://relay',
    opened: () => line.settled(),
    received: () => {},
    lost: () => true,
    closed: () => {},
    status: (status) => status === 'away' && line.close(),
    probe: () => false,
  });
  line.connect();
  FakeSocket.last.open();
  FakeSocket.last.lose();
  expect(line.status).toBe('closed');
  expect(environment.clock.timers).toBe(0);
});
