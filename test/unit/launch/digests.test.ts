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

test('the context may come first', () => {
  digests.published('a');
  expect(ready).toEqual([]);
  digests.stored(SERVER.contextIp, DIGEST);
  expect(ready).toEqual([`a ${DIGEST}`]);
  expect(timers.running).toBe(0);
});

test('a context without a digest, and what is said of other servers, is nothing', () => {
  digests.published('a');
  digests.published('b');
  digests.stored('203.0.113.7-30001', DIGEST);
  digests.stored('203.0.113.7', DIGEST);
  timers.pass(10);
  expect(ready).toEqual([]);
});

test('a context that is missed is waited for two seconds', () => {
  digests.stored(SERVER.contextIp, DIGEST.toUpperCase());
  timers.pass(1.9);
  expect(ready).toEqual([]);
  timers.pass(0.1);
  expect(ready).toEqual([`a ${DIGEST}`]);
});

test('at an address that a launcher has said, the digest is enough', () => {
  digests.locate(SERVER, '203.0.113.9');
  digests.stored('203.0.113.9', DIGEST);
  expect(ready).toEqual([`a ${DIGEST}`]);
});

test('what is no digest is ignored', () => {
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
