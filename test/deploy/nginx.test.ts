import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Host, Player } from '../support/clients.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';
import { NGINX, startProxy } from './proxy.js';

/** nginx's idle timeout in this test, in seconds. In `deploy/` it is a minute. */
const IDLE_LIMIT = 2;

async function party(ping: number): Promise<{ host: Host; player: Player }> {
  const { port } = await startRelay({ ping });
  const { url } = await startProxy(NGINX, port, { idleLimit: IDLE_LIMIT });
  const host = await Host.open(url);
  const player = await Player.join(url, host.code);
  return { host, player };
}

async function pings(count: number, { socket }: { socket: WebSocket }): Promise<void> {
  for (let pinged = 0; pinged < count; pinged++) await once(socket, 'ping');
}

describe('an idle connection', needs(NGINX.tool), () => {
  test('survives the idle timeout of nginx because of pings', async () => {
    const ping = IDLE_LIMIT / 4;
    const { host, player } = await party(ping);
    const silent = [host, player].map((client) => pings((2 * IDLE_LIMIT) / ping, client));
    await Promise.all(silent);

    host.command({ cmd: 'to_str', to: [], data: 'still there?' });
    expect(await player.nextText()).toBe('still there?');
    player.send('still here');
    expect(await host.until('from_str')).toMatchObject({ data: 'still here' });
  });

  test('is closed by nginx without pings', async () => {
    const { host } = await party(0);
    expect((await host.closed).code).toBe(1006);
  });
});
