import { beforeEach, expect, test } from 'vitest';
import { Digests } from '../../../src/launch/nats/digests.js';
import { TestTimers } from '../../support/test-timers.js';

const DIGEST = Array(32).fill('e3').join(':');
const SERVER = { id: 'a', contextIp: '203.0.113.7-30000' };

let timers: TestTimers;
let ready: string[];
let digests: Digests;

beforeEach(() => {
  timers = new TestTimers();
  ready = [];
  digests = new Digests(timers, (server, digest) => ready.push(`${server} ${digest}`));
  digests.expect(SERVER);
});

test('a server is ready when it has stored its digest and published its context', () => {
  digests.stored(SERVER.contextIp, DIGEST);
  expect(ready).toEqual([]);
  digests.published('a');
  digests.published('a');
  expect(ready).toEqual([`a ${DIGEST}`]);
  expect(timers.running).toBe(0);
});

test('the context may arrive before the digest', () => {
  digests.published('a');
  expect(ready).toEqual([]);
  digests.stored(SERVER.contextIp, DIGEST);
  expect(ready).toEqual([`a ${DIGEST}`]);
  expect(timers.running).toBe(0);
});

test('a context without a digest, and events of other servers, are ignored', () => {
  digests.published('a');
  digests.published('b');
  digests.stored('203.0.113.7-30001', DIGEST);
  digests.stored('203.0.113.7', DIGEST);
  timers.pass(10);
  expect(ready).toEqual([]);
});

test('a server whose context is missed is ready after two seconds', () => {
  digests.stored(SERVER.contextIp, DIGEST.toUpperCase());
  timers.pass(1.9);
  expect(ready).toEqual([]);
  timers.pass(0.1);
  expect(ready).toEqual([`a ${DIGEST}`]);
});

test('a digest under the address of the launcher needs no context', () => {
  digests.locate(SERVER, '203.0.113.9');
  digests.stored('203.0.113.9', DIGEST);
  expect(ready).toEqual([`a ${DIGEST}`]);
});

test('an invalid digest is ignored', () => {
  for (const digest of ['', 'e3', `${DIGEST}:e3`, 'x'.repeat(95), DIGEST.replace('e3', '<b')]) {
    digests.stored(SERVER.contextIp, digest);
  }
  digests.published('a');
  expect(ready).toEqual([]);
});

test('a server that has ended is forgotten', () => {
  digests.stored(SERVER.contextIp, DIGEST);
  digests.forget(SERVER);
  timers.pass(10);
  digests.published('a');
  expect(ready).toEqual([]);
  expect(timers.running).toBe(0);
});
