import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Host, Player } from '../support/clients.js';
import { startRelay } from '../support/relay.js';
import { isHere, NGINX, startProxy } from './proxy.js';

/** How long nothing may pass here before nginx cuts the line, in seconds; in `deploy/`, a minute. */
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

describe.skipIf(!isHere(NGINX))('a party in which nobody says anything', () => {
  test('outlives the time after which nginx cuts an idle line, by being pinged', async () => {
    const ping = IDLE_LIMIT / 4;
    const { host, player } = await party(ping);
    const silent = [host, player].map((client) => pings((2 * IDLE_LIMIT) / ping, client));
    await Promise.all(silent);

    host.command({ cmd: 'to_str', to: [], data: 'still there?' });
    expect(await player.nextText()).toBe('still there?');
    player.send('still here');
    expect(await host.until('from_str')).toMatchObject({ data: 'still here' });
  });

  test('is cut by nginx if it is not pinged', async () => {
    const { host } = await party(0);
    expect((await host.closed).code).toBe(1006);
  });
});
