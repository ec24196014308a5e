import { expect, test } from 'vitest';
import { LaunchError } from '../../../src/launch/matchmaker.js';
import { Ports } from '../../../src/launch/ports.js';
import { ServerStarter } from '../../../src/launch/server-starter.js';
import { FakeLauncher } from '../../support/fake-launcher.js';
import { gameConfig } from '../../support/fleet.js';

const LISTENER = { progress() {}, running() {}, ended() {} };

test('a server that cannot be started uses no port', () => {
  let isListening = false;
  const starter = new ServerStarter({
    config: { nats: undefined, location: undefined },
    ports: new Ports(),
    launcherOf: () => new FakeLauncher(),
    relayUrl() {
      if (!isListening) throw new LaunchError(503, 'not yet');
      return 'http://127.0.0.1:1';
    },
  });
  const game = gameConfig({ ports: { first: 5, last: 5 } });
  const start = () => starter.start(game, '198.51.100.4', LISTENER);
  expect(start).toThrow('not yet');
  isListening = true;
  expect(start().contextIp).toBe('203.0.113.7-5');
});
