import { expect, test } from 'vitest';
import { givePlace } from '../../../src/launch/give-place.js';
import { Session } from '../../../src/launch/session.js';
import type { SessionStore } from '../../../src/launch/session-store.js';
import { gameConfig } from '../../support/fleet.js';
import { TestTimers } from '../../support/test-timers.js';

const PLACE = { is: 'server', ip: '203.0.113.7', port: 5, certDigest: '' } as const;

test('nothing is stored for a player who has left', async () => {
  const listener = { accepted() {}, progress() {}, ready() {}, failed() {} };
  const player = { clientAddress: '198.51.100.4', mayStart: () => undefined };
  const session = new Session('a-1', gameConfig(), player, listener);
  let stored = 0;
  const store: Partial<SessionStore> = { put: async () => void stored++ };
  const timers = new TestTimers();
  session.end();
  await givePlace(session, PLACE, timers, store as SessionStore);
  expect([stored, timers.running]).toEqual([0, 0]);
});
