import { expect, test, vi } from 'vitest';
import { RelayAddress } from '../../../../src/client/connection/relay-address.js';
import { RelayConnection } from '../../../../src/client/connection/relay-connection.js';
import type { RelayError } from '../../../../src/client/errors/relay-error.js';
import { type FakeClock, FakeSocket, stillEnvironment } from '../fakes.js';

const HOME = 'wss://home.example/';
const AT_HOME = 'wss://home.example/BCDF?seat=1';
const ASKING = 'wss://relay.example/BCDF?seat=1&go=1';
const PLAIN = 'wss://relay.example/BCDF?seat=1';

interface Opened {
  readonly connection: RelayConnection;
  readonly clock: FakeClock;
  readonly closed: RelayError[];
  /** The relay has closed the last connection, after it was opened. */
  readonly refuse: (code: number, reason?: string) => void;
  /** The relay has accepted the last connection. */
  readonly accept: () => void;
}

function open(address = 'wss://relay.example', reconnects = true): Opened {
  const environment = stillEnvironment();
  const closed: RelayError[] = [];
  const connection = new RelayConnection(environment, {
    address: new RelayAddress(address),
    path: () => 'BCDF?seat=1',
    secret: () => 'seat',
    opened: () => {},
    received: () => {},
    lost: () => reconnects,
    closed: (error) => void closed.push(error),
    status: () => {},
    probe: () => false,
    verify: async () => undefined,
  });
  connection.connect();
  return {
    connection,
    clock: environment.clock,
    closed,
    refuse: (code, reason = '') => {
      FakeSocket.last.open();
      FakeSocket.last.lose(code, reason);
    },
    accept: () => {
      FakeSocket.last.open();
      connection.accepted();
    },
  };
}

const urls = (): string[] => FakeSocket.all.map(({ url }) => url);

test('goes to the relay with the room at once, with the same path and query', () => {
  const { refuse, accept, connection, closed } = open(undefined, false);
  refuse(4302, HOME);
  accept();
  expect(urls()).toEqual([ASKING, AT_HOME]);
  expect([connection.status, closed]).toEqual(['open', []]);
});

test.each([
  ['cannot connect', () => FakeSocket.last.lose()],
  ['gets no answer for five seconds', ({ clock }: Opened) => clock.pass(5000)],
  ['is closed with 1012', ({ refuse }: Opened) => refuse(1012, 'relay restarting')],
  ['is closed with 1013', ({ refuse }: Opened) => refuse(1013, 'relay full')],
  ['is closed with 1008', ({ refuse }: Opened) => refuse(1008, 'origin not allowed')],
  ['is redirected again', ({ refuse }: Opened) => refuse(4302, 'wss://third.example')],
])('goes back to the common address, and asks no more, if it %s', (_, fail) => {
  const opened = open(undefined, false);
  opened.refuse(4302, HOME);
  fail(opened);
  opened.accept();
  expect(urls()).toEqual([ASKING, AT_HOME, PLAIN]);
  expect([opened.connection.status, opened.closed]).toEqual(['open', []]);
});

test('goes back if the browser does not let the page connect', () => {
  const { refuse, accept } = open(undefined, false);
  vi.spyOn(FakeSocket.all, 'push').mockImplementationOnce(() => {
    throw new Error('mixed content');
  });
  refuse(4302, HOME);
  accept();
  expect(urls()).toEqual([ASKING, PLAIN]);
});

test.each([
  [4004, 'no such room'],
  [4007, 'room full'],
  [4011, 'wrong password'],
])('takes %i from the relay with the room as its answer', (code, reason) => {
  const { refuse, closed } = open(undefined, false);
  refuse(4302, HOME);
  refuse(code, reason);
  expect(urls()).toEqual([ASKING, AT_HOME]);
  expect(closed).toMatchObject([{ closeCode: code }]);
});

test.each([
  '',
  'no URL',
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  'ftp://home.example',
  '//home.example',
  'ws://home.example',
  'http://home.example',
  'ws:home.example',
  'wss://',
  'wss://[::1',
])('stays at the common address if the reason is %j', (reason) => {
  const { refuse, accept, connection } = open();
  refuse(4302, reason);
  accept();
  expect(urls()).toEqual([ASKING, PLAIN]);
  expect(connection.status).toBe('open');
});

test.each([
  ['ws://relay.example', 'ws://home.example', 'ws://home.example/BCDF?seat=1'],
  ['ws://relay.example', 'wss://home.example', AT_HOME],
  ['https://relay.example/x', 'https://home.example/y?z#1', 'wss://home.example/y/BCDF?seat=1'],
])('from %s, goes to %s', (address, reason, url) => {
  open(address).refuse(4302, reason);
  expect(FakeSocket.last.url).toBe(url);
});

test('is closed by a relay that redirects those who do not ask, without a loop', () => {
  const { refuse, closed } = open(undefined, false);
  refuse(4302, HOME);
  refuse(4302, HOME);
  refuse(4302, HOME);
  expect(urls()).toEqual([ASKING, AT_HOME, PLAIN]);
  expect(closed).toMatchObject([{ closeCode: 4302 }]);
});

test('reconnects at the address of the redirect, and then at the common one', () => {
  const { refuse, accept, clock } = open();
  refuse(4302, HOME);
  accept();
  FakeSocket.last.lose();
  expect(urls()).toHaveLength(2);
  clock.pass(250);
  // The room may have moved meanwhile.
  expect(FakeSocket.last.url).toBe(`${AT_HOME}&go=1`);
  FakeSocket.last.lose();
  expect(FakeSocket.last.url).toBe(ASKING);
  refuse(4302, 'wss://third.example');
  expect(FakeSocket.last.url).toBe('wss://third.example/BCDF?seat=1');
  accept();
  expect(urls()).toHaveLength(5);
});

test('after a redirect that failed, does not try it again at each reconnect', () => {
  const { refuse, accept, clock } = open();
  refuse(4302, HOME);
  FakeSocket.last.lose();
  accept();
  FakeSocket.last.lose();
  clock.pass(250);
  expect(FakeSocket.last.url).toBe(PLAIN);
});

test('an accepted connection that is closed with 4302 reconnects like any other', () => {
  const { accept, clock } = open();
  accept();
  FakeSocket.last.lose(4302, HOME);
  expect(urls()).toEqual([ASKING]);
  clock.pass(250);
  expect(urls()).toEqual([ASKING, ASKING]);
});

test('a late connection to an address that was given up does not end the next one', () => {
  const { refuse, accept, clock, connection } = open();
  refuse(4302, HOME);
  clock.pass(5000);
  accept();
  FakeSocket.last.lose(4001, 'replaced by a newer connection');
  expect(connection.status).toBe('away');
  clock.pass(250);
  expect(FakeSocket.last.url).toBe(PLAIN);
});
