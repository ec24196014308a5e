import { expect, test } from 'vitest';
import { completeOptions } from '../../../src/options/read.js';
import { natsAddress } from '../../../src/server/cluster/nats-address.js';

const addressOf = (cluster: string) => natsAddress(completeOptions({ cluster }));

test('one server', () => {
  expect(addressOf('nats://127.0.0.1:4222')).toEqual({ url: 'nats://127.0.0.1:4222' });
});

test('several servers, with a user for all of them', () => {
  const { url, user, password } = addressOf('tls://me:p%40ss@one,tls://[::1]:4223,tls://three');
  expect(url).toBe('tls://one,tls://[::1]:4223,tls://three');
  expect([user, password?.reveal()]).toEqual(['me', 'p@ss']);
});

test.each([
  'nats://one,',
  'nats://one,two',
  'nats://one tls://two',
  'nats://one,tls://two',
  'http://one',
])('%s is refused', (cluster) => {
  expect(() => addressOf(cluster)).toThrow('cluster: expected the URL of a NATS server');
});
