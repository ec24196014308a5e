import { describe, expect } from 'vitest';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, get, openRoom, upgrade } from './attackers.js';

const SETUP = { oldSpace: 256, mostToWait: WAIT_FAILS };

/** The nth /64 of a /48, as a proxy writes it. */
function subscriber(n: number): string {
  return `2001:db8:7:${n.toString(16)}::${(n % 9) + 1}`;
}

/** The nth of some codes that probably no room has. */
function code(n: number): string {
  const letters = 'BCDFGHJKLMNPQRSTVWXZ';
  return [0, 1, 2, 3].map((at) => letters[Math.floor(n / 20 ** at) % 20]).join('');
}

describe('behind a proxy that is trusted', () => {
  const attack = arena(['--trust-proxy', 'loopback'], SETUP);

  attack('all spellings of an address count as one', async ({ relay }) => {
    const ways: ((n: number) => string)[] = [
      (n) => `198.51.100.7:${40_000 + n}`,
      (n) => `[2001:db8:1::8]:${40_000 + n}`,
      (n) => `[2001:db8:2::${n.toString(16)}]`,
      (n) => `2001:DB8:3:0:${n.toString(16)}::8`,
      (n) => `::ffff:198.51.100.8, , 127.0.0.${(n % 200) + 1}:9`,
      (n) => `fe80::8%eth${n}`,
      (n) => `unknown${n}`,
      (n) => `_hidden${n}, 127.0.0.1`,
      (n) => `127.evil${n}`,
      (n) => `127.0.0.1, 127.1.${n}.1.evil`,
    ];
    for (const way of ways) {
      const proxy = freshAddress();
      const ask = (n: number) =>
        get(relay, `/${code(n)}`, { from: proxy, 'X-Forwarded-For': way(n) });
      let refused = 0;
      for (let n = 0; n < 100; n++) if ((await ask(n)) === 429) refused++;
      expect([way(0), refused > 30]).toEqual([way(0), true]);
    }
  });

  attack('an IPv6 /56, and a /48, tries 120 and 240 codes', async ({ relay }) => {
    const proxy = freshAddress();
    const tried = async (from: number, to: number): Promise<number> => {
      let missed = 0;
      for (let n = from; n < to; n++) {
        const headers = { from: proxy, 'X-Forwarded-For': subscriber(n) };
        for (let each = 0; each < 2; each++) {
          if ((await get(relay, `/${code(2 * n + each)}`, headers)) === 404) missed++;
        }
      }
      return missed;
    };
    const start = performance.now();
    const ofHalf = await tried(0, 256);
    const ofAll = ofHalf + (await tried(256, 768));
    const minutes = (performance.now() - start) / 60_000;
    expect(ofHalf).toBeGreaterThanOrEqual(120);
    expect(ofHalf).toBeLessThanOrEqual(121 + 120 * minutes);
    expect(ofAll).toBeGreaterThanOrEqual(240);
    expect(ofAll).toBeLessThanOrEqual(242 + 240 * minutes);
  });

  attack('an IPv6 /56, and a /48, opens 60 and 120 rooms', async ({ relay }) => {
    const start = performance.now();
    const ofHalf = await rooms(relay, 0, 256);
    const ofAll = ofHalf + (await rooms(relay, 256, 768));
    const minutes = (performance.now() - start) / 60_000;
    expect(ofHalf).toBeGreaterThanOrEqual(60);
    expect(ofHalf).toBeLessThanOrEqual(61 + 60 * minutes);
    expect(ofAll).toBeGreaterThanOrEqual(120);
    expect(ofAll).toBeLessThanOrEqual(122 + 120 * minutes);
    await openRoom(relay);
  });
});

describe('behind proxies of a private network', () => {
  const attack = arena(['--trust-proxy', 'private,loopback'], SETUP);

  attack('a client there cannot forge its address', async ({ relay }) => {
    const proxy = freshAddress();
    let opened = 0;
    for (let n = 0; n < 80; n++) {
      const headers = { 'X-Forwarded-For': `198.51.100.${n}, 10.0.0.5` };
      if (await opens(relay, proxy, headers)) opened++;
    }
    expect(opened).toBeGreaterThanOrEqual(30);
    expect(opened).toBeLessThan(45);
  });
});

/** How many rooms a network can open from so many of its /64s. */
async function rooms(relay: RelayProcess, from: number, to: number): Promise<number> {
  const proxy = freshAddress();
  let opened = 0;
  for (let n = from; n < to; n++) {
    if (await opens(relay, proxy, { 'X-Forwarded-For': subscriber(n) })) opened++;
  }
  return opened;
}

/** Whether a host is accepted. It disconnects at once. */
async function opens(
  relay: RelayProcess,
  from: string,
  headers: Record<string, string>,
): Promise<boolean> {
  const client = await upgrade(relay, '/CREATE', { from, headers });
  await client.until((bytes) => bytes.length > 4);
  client.socket.destroy();
  // A close comes instead of the state.
  return client.received[0] !== 0x88;
}
