import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Status } from '../../../../src/client/api.js';
import { RelayAddress } from '../../../../src/client/connection/relay-address.js';
import { RelayConnection } from '../../../../src/client/connection/relay-connection.js';
import type { RelayError } from '../../../../src/client/errors/relay-error.js';
import { type FakeClock, FakeSocket, settle, stillEnvironment } from '../fakes.js';

interface ConnectionSetup {
  readonly environment?: ReturnType<typeof stillEnvironment>;
  readonly address?: string;
  readonly secret?: () => string | undefined;
  readonly probes?: boolean;
  readonly verifies?: () => boolean | undefined;
}

function openConnection({
  environment = stillEnvironment(),
  address = 'ws://relay',
  secret = () => 'seat',
  probes = false,
  verifies,
}: ConnectionSetup = {}) {
  const statuses: Status[] = [];
  const closed: RelayError[] = [];
  const probe = vi.fn(() => probes);
  const verify = vi.fn(async () => verifies?.());
  const connection = new RelayConnection(environment, {
    address: new RelayAddress(address),
    path: () => `${FakeSocket.all.length}?`,
    secret,
    opened: () => connection.accepted(),
    received: () => {},
    lost: () => true,
    closed: (error) => void closed.push(error),
    status: (status) => void statuses.push(status),
    probe,
    verify,
  });
  connection.connect();
  return { connection, clock: environment.clock, statuses, closed, probe, verify };
}

afterEach(() => vi.unstubAllGlobals());

describe('a lost connection', () => {
  test('reconnects after delays that double, up to ten seconds', () => {
    const { clock } = openConnection();
    const delays: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      FakeSocket.last.lose();
      delays.push(Math.round(clock.next));
      clock.pass(clock.next);
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test('retries after an attempt that fails at once', () => {
    const { clock, statuses } = openConnection();
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

  test('starts with short delays again after a successful connection', () => {
    const { clock, statuses } = openConnection();
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

  test('waits longer if the close code means to reconnect later', () => {
    const { clock } = openConnection();
    FakeSocket.last.open();
    FakeSocket.last.lose(4029, 'too many attempts');
    expect(clock.next).toBeGreaterThan(15_000);
  });

  test('does not reconnect if the close code is final', () => {
    const { clock, statuses, closed } = openConnection();
    FakeSocket.last.open();
    FakeSocket.last.lose(4003, 'kicked');
    expect(statuses).toEqual(['open', 'closed']);
    expect(closed).toMatchObject([{ code: 'kicked' }]);
    expect(clock.timers).toBe(0);
  });

  test('reconnects at once when the page becomes visible or the network is back', () => {
    const page = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    vi.stubGlobal('document', document);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const { connection } = openConnection();
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
    connection.close();
    page.dispatchEvent(new Event('online'));
    expect(FakeSocket.all).toHaveLength(wakeUps.length + 1);
  });

  test('waits if the close code means to reconnect later, even when the network is back', () => {
    const page = new EventTarget();
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    const { clock } = openConnection();
    FakeSocket.last.open();
    FakeSocket.last.lose(4029, 'too many attempts');
    clock.pass(14_999);
    page.dispatchEvent(new Event('online'));
    expect(FakeSocket.all).toHaveLength(1);
    clock.pass(1);
    page.dispatchEvent(new Event('online'));
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('does not reconnect at once while the page is hidden', () => {
    const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    vi.stubGlobal('document', document);
    openConnection();
    FakeSocket.last.open();
    FakeSocket.last.lose();
    document.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSocket.all).toHaveLength(1);
  });
});

describe('a connection that is replaced', () => {
  const loseToNewer = () => FakeSocket.last.lose(4001, 'replaced by a newer connection');

  /** Opens the next connection, after the delay. */
  function reopen({ clock }: { readonly clock: FakeClock }): void {
    clock.pass(clock.next);
    FakeSocket.last.open();
  }

  test('by an abandoned attempt reconnects, once for each attempt', () => {
    const page = openConnection();
    // One that does not open in time, and one that fails.
    page.clock.pass(15_000);
    page.clock.pass(page.clock.next);
    FakeSocket.last.lose();
    reopen(page);
    for (let attempt = 0; attempt < 2; attempt++) {
      loseToNewer();
      expect(page.closed).toEqual([]);
      reopen(page);
    }
    loseToNewer();
    expect(page.closed).toMatchObject([{ code: 'replaced' }]);
  });

  test('by an attempt that the page has closed reconnects, and only the one with its seat', () => {
    const environment = stillEnvironment();
    openConnection({ environment }).connection.close();
    const other = openConnection({ environment, secret: () => 'other seat' });
    FakeSocket.last.open();
    loseToNewer();
    expect(other.closed).toMatchObject([{ code: 'replaced' }]);
    const again = openConnection({ environment });
    FakeSocket.last.open();
    loseToNewer();
    reopen(again);
    expect([again.closed, again.connection.status]).toEqual([[], 'open']);
  });

  test('reconnects neither after a minute, nor for an attempt that has opened', () => {
    const environment = stillEnvironment();
    const first = openConnection({ environment });
    FakeSocket.last.open();
    first.connection.close();
    openConnection({ environment }).connection.close();
    const { closed } = openConnection({ environment });
    FakeSocket.last.open();
    environment.clock.pass(60_000);
    loseToNewer();
    expect(closed).toMatchObject([{ code: 'replaced' }]);
    openConnection({ environment }).connection.close();
    const last = openConnection({ environment });
    FakeSocket.last.open();
    loseToNewer();
    reopen(last);
    loseToNewer();
    expect(last.closed).toMatchObject([{ code: 'replaced' }]);
  });

  test('does not reconnect without a secret, or if it is not a secret any more', () => {
    const environment = stillEnvironment();
    let secret: string | undefined = 'room';
    const { closed, clock } = openConnection({ environment, secret: () => secret });
    FakeSocket.last.lose();
    openConnection({ environment, secret: () => undefined }).connection.close();
    reopen({ clock });
    secret = undefined;
    loseToNewer();
    expect(closed).toMatchObject([{ code: 'replaced' }]);
  });
});

describe('a silent connection', () => {
  test('is probed, and without an answer replaced by a new one, which keeps the seat', async () => {
    const { clock, probe } = openConnection({ probes: true });
    const [socket] = FakeSocket.all;
    socket?.open();
    clock.pass(24_999);
    expect(probe).not.toHaveBeenCalled();
    clock.pass(1);
    expect(probe).toHaveBeenCalledTimes(1);
    clock.pass(6_000);
    await settle();
    expect(socket?.closedWith).toBe(3000);
    clock.pass(250);
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('stays open if there is an answer', () => {
    const { clock, probe, connection } = openConnection({ probes: true });
    FakeSocket.last.open();
    for (let round = 1; round <= 3; round++) {
      clock.pass(25_000);
      expect(probe).toHaveBeenCalledTimes(round);
      FakeSocket.last.receive('x');
      clock.pass(6_000);
      expect(connection.open).toBe(true);
      clock.pass(25_000 - 6_000 - 1);
      FakeSocket.last.receive('x');
    }
  });

  test('is probed less and less often if it works and only the other end is silent', async () => {
    const { clock } = openConnection({ probes: true });
    const lifetimes: number[] = [];
    for (let round = 0; round < 3; round++) {
      FakeSocket.last.open();
      const openedAt = clock.now();
      const sockets = FakeSocket.all.length;
      while (FakeSocket.all.length === sockets) {
        clock.pass(1_000);
        await settle();
      }
      lifetimes.push(Math.floor((clock.now() - openedAt) / 10_000));
    }
    expect(lifetimes).toEqual([3, 5, 10]);
  });

  test('stays open if neither the other end nor the relay reports whether it works', async () => {
    const { clock, connection } = openConnection();
    FakeSocket.last.open();
    for (let minute = 0; minute < 20; minute++) {
      clock.pass(60_000);
      await settle();
    }
    expect(connection.open).toBe(true);
  });

  test('stays open while the relay reports it as connected', async () => {
    const answers = [true, undefined, false];
    const { clock, connection, verify } = openConnection({ verifies: () => answers.shift() });
    FakeSocket.last.open();
    clock.pass(25_000);
    await settle();
    expect([verify.mock.calls.length, connection.open]).toEqual([1, true]);
    // Less and less often, because only the relay was queried, and not the other end.
    clock.pass(49_999);
    expect(verify).toHaveBeenCalledTimes(1);
    clock.pass(1);
    await settle();
    expect([verify.mock.calls.length, connection.open]).toEqual([2, true]);
    clock.pass(60_000);
    await settle();
    expect([verify.mock.calls.length, FakeSocket.last.closedWith]).toEqual([3, 3000]);
  });

  test('is abandoned without an answer if the relay does not report its state', async () => {
    const { clock, connection } = openConnection({ probes: true, verifies: () => undefined });
    FakeSocket.last.open();
    clock.pass(31_000);
    expect(connection.open).toBe(true);
    await settle();
    expect(connection.open).toBe(false);
  });

  test('stays open if the report of the relay arrives too late', async () => {
    const { clock, connection } = openConnection({ verifies: () => false });
    FakeSocket.last.open();
    clock.pass(25_000);
    FakeSocket.last.receive('x');
    await settle();
    expect(connection.open).toBe(true);
    clock.pass(25_000);
    connection.close();
    await settle();
    expect(clock.timers).toBe(0);
  });

  test('is abandoned if it does not open', () => {
    const { clock } = openConnection();
    clock.pass(15_250);
    expect(FakeSocket.all).toHaveLength(2);
  });
});

test('a closed connection sends 1000 and does not reconnect', () => {
  const { connection, clock, closed } = openConnection();
  FakeSocket.last.open();
  connection.close();
  connection.close();
  expect(FakeSocket.last.closedWith).toBe(1000);
  expect(closed).toHaveLength(1);
  expect(clock.timers).toBe(0);
});

test('a connection that is closed during an event stays closed', () => {
  const { connection, clock, statuses } = openConnection();
  FakeSocket.last.open();
  connection.close();
  connection.accepted();
  expect(statuses).toEqual(['open', 'closed']);
  expect(clock.timers).toBe(0);
});

test('a connection that is closed by the listener for its loss does not reconnect', () => {
  const environment = stillEnvironment();
  const connection = new RelayConnection(environment, {
    address: new RelayAddress('ws://relay'),
    path: () => '?',
    secret: () => undefined,
    opened: () => connection.accepted(),
    received: () => {},
    lost: () => true,
    closed: () => {},
    status: (status) => status === 'away' && connection.close(),
    probe: () => false,
    verify: async () => undefined,
  });
  connection.connect();
  FakeSocket.last.open();
  FakeSocket.last.lose();
  expect(connection.status).toBe('closed');
  expect(environment.clock.timers).toBe(0);
});

test('an exception while a frame is handled does not affect the connection', async () => {
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
  const received: unknown[] = [];
  const environment = stillEnvironment();
  const connection = new RelayConnection(environment, {
    address: new RelayAddress('ws://relay'),
    path: () => '?',
    secret: () => undefined,
    opened: () => connection.accepted(),
    received: (data) => {
      if (data === 'bad') throw new Error('a mistake');
      received.push(data);
    },
    lost: () => true,
    closed: () => {},
    status: () => {},
    probe: () => false,
    verify: async () => undefined,
  });
  connection.connect();
  FakeSocket.last.open();
  for (const data of ['one', 'bad', 'two']) FakeSocket.last.receive(data);
  expect([received, connection.open]).toEqual([['one', 'two'], true]);
  expect(await thrown).toMatchObject({ message: 'a mistake' });
});
