import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readArguments } from '../../src/cli/arguments.js';

const unit = readFileSync(new URL('../../deploy/lobby-relay.service', import.meta.url), 'utf8');

/** How long the relay may take to close all connections after the drain, in seconds. */
const CLOSE_GRACE = 2;

test('the service uses existing options, and leaves enough time to stop', () => {
  const [, flags = ''] = /^ExecStart=\S+ \S+\/dist\/cli\.js (.+)$/m.exec(unit) ?? [];
  const variables = unit.matchAll(/^Environment=(LOBBY_RELAY_\w+)=(.*)$/gm);
  const environment = Object.fromEntries([...variables].map(([, name, value]) => [name, value]));
  const given = readArguments(flags.split(' '), environment);
  if (!given.run) throw new Error('does not run');
  expect(given.options).toMatchObject({ host: '127.0.0.1', port: 8081, trustProxy: 'loopback' });
  expect(environment).toHaveProperty('LOBBY_RELAY_DRAIN');
  const [, timeout] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
  expect(Number(timeout)).toBeGreaterThan(given.options.drain + CLOSE_GRACE);
});
