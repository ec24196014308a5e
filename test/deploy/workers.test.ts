import { describe, expect, test } from 'vitest';
import { Host, joined } from '../support/clients.js';
import { freePorts } from '../support/free-port.js';
import { needs } from '../support/tools.js';
import { WorkersRelay } from '../support/workers.js';
import { NGINX, NGINX_FOR_WORKERS, startProxy } from './proxy.js';

describe('nginx in front of two workers', needs(NGINX.tool), () => {
  test('routes players to the port of the worker by the letters of the code', async () => {
    const [port, first] = (await freePorts(3)) as [number, number, number];
    const args = ['--port', `${port}`, '--worker-port', `${first}`, '--trust-proxy', 'loopback'];
    const relay = await WorkersRelay.start(args);
    const { url, http } = await startProxy(NGINX_FOR_WORKERS, [port, first, first + 1]);
    const upstreamOf = async (path: string): Promise<string | null> => {
      const { headers, body } = await fetch(`${http}/${path}`);
      await body?.cancel();
      return headers.get('x-upstream');
    };
    for (const host of await relay.hostOnEach()) {
      const own = `127.0.0.1:${port + relay.workerOf(host.code)}`;
      expect(await upstreamOf(host.code)).toBe(own);
      expect(await upstreamOf(host.code.toLowerCase())).toBe(own);
      const player = await joined(url, host);
      player.send('through nginx');
      expect(await host.until('from_str')).toMatchObject({ data: 'through nginx' });
    }
    expect(await upstreamOf('ready')).toBe(`127.0.0.1:${port}`);
    expect(await upstreamOf('SKETCH')).toBe(`127.0.0.1:${port}`);
    const opened = await Host.open(url);
    await joined(url, opened);
  });
});
