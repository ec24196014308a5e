import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { RelayOptions } from '../../src/index.js';
import type { RelayLogger } from '../../src/ops/relay-log.js';
import { MIB } from '../../src/units.js';
import { Cli } from '../support/cli.js';
import { Host, Player } from '../support/clients.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';
import {
  CADDY,
  CADDY_FOR_CLUSTER,
  NGINX,
  NGINX_FOR_CLUSTER,
  type ProxyKind,
  startProxy,
} from './proxy.js';

const TOKEN = 'open-sesame';

/** Two addresses, which stand for two machines. */
const ANA = '127.0.0.2';
const BEN = '127.0.0.3';

const KINDS = [NGINX, CADDY, NGINX_FOR_CLUSTER, CADDY_FOR_CLUSTER];

describe.each(KINDS)('behind $name', (kind) => {
  describe('with the configuration in deploy/', needs(kind.tool), () => {
    test('many and large messages pass in both directions, in order', async () => {
      const { url } = await behind(kind);
      const host = await Host.open(url, { query: '?bytes=1' });
      const player = await Player.join(url, host.code);
      const large = Buffer.alloc(3 * MIB, 'lobby');
      const many = Array.from({ length: 1000 }, (_, n) => `message ${n}`);

      player.send(large);
      for (const text of many) player.send(text);
      expect(large.equals((await host.until('from')).data)).toBe(true);
      expect((await host.inbox.take(many.length)).map(({ data }) => data)).toEqual(many);

      host.command({ cmd: 'to', to: [], data: large });
      for (const data of many) host.command({ cmd: 'to_str', to: [], data });
      expect(large.equals((await player.next()).data)).toBe(true);
      const received = await player.inbox.take(many.length);
      expect(received.map(({ data }) => data.toString())).toEqual(many);
    });

    test('wrong codes count for the address of the client', async () => {
      const { url } = await behind(kind, { limitLoopback: true, missesPerMinute: 3 });
      const host = await Host.open(url);
      for (const code of ['AAAA', 'AAAB', 'AAAC']) {
        expect(await refusal(url, code, ANA)).toBe(4004);
      }
      expect(await refusal(url, host.code, ANA)).toBe(4029);
      await Player.join(url, host.code, { localAddress: BEN });
      expect(await host.until('player_joined')).toMatchObject({ player: 1 });
    });

    test('a client cannot forge its address', async () => {
      const { url, refused } = await behind(kind, { limitLoopback: true, missesPerMinute: 3 });
      const claims = ['192.0.2.1', '192.0.2.2, 127.0.0.1', '192.0.2.3, 10.0.0.1', '192.0.2.4'];
      const codes: number[] = [];
      for (const [n, claim] of claims.entries()) {
        const headers = { 'X-Forwarded-For': claim, Forwarded: `for=${claim}`, 'X-Real-IP': claim };
        codes.push(await refusal(url, `AAA${n}`, ANA, headers));
      }
      expect(codes).toEqual([4004, 4004, 4004, 4029]);
      // The proxy forwards a loopback address, which is counted nevertheless.
      expect(refused).toEqual(claims.map(() => `${ANA} (forwarded)`));
    });

    test('connections count for the address of the client', async () => {
      const { url } = await behind(kind, { limitLoopback: true, connectionsPerAddress: 1 });
      const host = await Host.open(url);
      await Player.join(url, host.code, { localAddress: ANA });
      await host.until('player_joined');
      expect(await refusal(url, host.code, ANA)).toBe(1013);
      await Player.join(url, host.code, { localAddress: BEN });
      expect(await host.until('player_joined')).toMatchObject({ player: 2 });
    });

    test('requests of signaling-server pass, and count for the address of the client', async () => {
      const { url } = await behind(kind, { limitLoopback: true, roomsPerMinute: 1 });
      const create = async (localAddress: string) => {
        const asked = request(`${url.replace('ws', 'http')}/signaling`, {
          method: 'POST',
          localAddress,
        });
        // In chunks, because no length is given.
        asked.write('{"method":');
        asked.end('"create_data_channel"}');
        const [answer] = (await once(asked, 'response')) as [IncomingMessage];
        answer.resume();
        await once(answer, 'end');
        return answer.statusCode;
      };
      expect([await create(ANA), await create(ANA), await create(BEN)]).toEqual([200, 429, 200]);
    });

    test('pages are served, metrics are not', async () => {
      const { url, http } = await behind(kind);
      const host = await Host.open(url, { name: 'Pub quiz' });
      const page = await fetch(`${http}/${host.code}`);
      expect(await page.text()).toBe('Pub quiz');
      expect(page.headers.get('access-control-allow-origin')).toBe('*');
      expect((await fetch(`${http}/health`)).status).toBe(200);
      for (const path of ['/metrics', '/metrics?all', '/%6detrics', '//metrics', '/metrics/']) {
        const answer = await fetch(http + path);
        expect({ path, status: answer.status }).toEqual({ path, status: 404 });
        expect(await answer.text()).not.toContain('lobby_relay_rooms');
      }
    });

    test('a token in a query opens rooms, and is not logged', async () => {
      const relay = new Cli([...LOCAL, '--create-token', TOKEN]);
      const { port } = (await relay.firstLine()) as { port: number };
      const { url, http, stop } = await startProxy(kind, port);
      const host = await Host.open(url, { query: `?token=${TOKEN}` });
      await host.leave();
      const headers = { Authorization: `Bearer ${TOKEN}` };
      expect((await fetch(`${http}/CREATE?token=${TOKEN}`, { headers })).status).toBe(426);
      relay.kill('SIGTERM');
      const { stdout, stderr } = await relay.exited;
      // Proxies log most about requests that they cannot forward.
      expect((await fetch(`${http}/CREATE?token=${TOKEN}`, { headers })).status).toBe(502);

      const log = await stop();
      expect(log.match(/\/CREATE/g)?.length).toBeGreaterThanOrEqual(3);
      expect(log).toContain('502');
      expect(log + stdout + stderr).not.toContain(TOKEN);
    });

    test('all clients get 1012 when the relay restarts', async () => {
      const relay = new Cli(LOCAL);
      const { port } = (await relay.firstLine()) as { port: number };
      const { url } = await startProxy(kind, port);
      const host = await Host.open(url);
      const player = await Player.join(url, host.code);
      await host.until('player_joined');
      relay.kill('SIGTERM');
      for (const client of [host, player]) {
        expect(await client.closed).toEqual({ code: 1012, reason: 'relay restarting' });
      }
      expect(await relay.exited).toMatchObject({ code: 0, stderr: '' });
    });
  });
});

const LOCAL = ['--host', '127.0.0.1', '--port', '0', '--trust-proxy', 'loopback', '--max-lag', '0'];

/** A relay behind a proxy, and the addresses that it has refused so far. */
async function behind(kind: ProxyKind, options: RelayOptions = {}) {
  const refused: unknown[] = [];
  const log = (fields: { address?: unknown }, message: string): void => {
    if (message === 'refused') refused.push(fields.address);
  };
  const logger = { debug: log, info: log, warn: log, error: log } as unknown as RelayLogger;
  const { port } = await startRelay({ trustProxy: 'loopback', logger, ...options });
  return { ...(await startProxy(kind, port)), refused };
}

/** The close of a player who joins from this address. */
async function refusal(url: string, code: string, localAddress: string, headers = {}) {
  return (await Player.connect(url, code, { localAddress, headers }).closed).code;
}
