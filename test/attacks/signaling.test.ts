import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { answersTo, freshAddress, KIB, openSocket } from './attackers.js';

/* Requests of signaling-server, with the heap of a small machine. */

const HEAD = 'HTTP/1.1\r\nHost: x\r\n';
const CHUNKED = `POST /signaling ${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

/** How long a flood takes, in milliseconds. */
const FLOOD = 3000;

const CONNECTIONS = 200;

/** A client with persistent connections, as browsers and libraries use. */
class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #relay: RelayProcess;
  readonly #from: string;

  constructor(relay: RelayProcess, from = freshAddress()) {
    this.#relay = relay;
    this.#from = from;
    onTestFinished(() => this.#agent.destroy());
  }

  /** The status of an answer, and its body. Status 0 if the connection was cut. */
  async post(body: object | string): Promise<{ status: number; text: string }> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const asked = request({
      port: this.#relay.port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/signaling',
      localAddress: this.#from,
      agent: this.#agent,
    });
    asked.end(text);
    try {
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      let said = '';
      for await (const bytes of answer) said += bytes;
      return { status: answer.statusCode ?? 0, text: said };
    } catch {
      return { status: 0, text: '' };
    }
  }

  async create(): Promise<string | undefined> {
    const { status, text } = await this.post({ method: 'create_data_channel' });
    return status === 200 ? JSON.parse(text).channel_id : undefined;
  }
}

const statusesOf = (answers: readonly string[]): number[] =>
  answers.map((answer) => Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? 0));

/** Sends this repeatedly on 32 connections of one address; returns how many answers had this status. */
async function flood(relay: RelayProcess, body: object | string, status: number): Promise<number> {
  const client = new Client(relay);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const end = performance.now() + FLOOD;
  let answered = 0;
  const loops = Array.from({ length: 32 }, async () => {
    while (performance.now() < end) if ((await client.post(text)).status === status) answered++;
  });
  await Promise.all(loops);
  return answered;
}

const withLength = (body: string): string => `Content-Length: ${body.length}\r\n\r\n${body}`;

/** JSON of 64 KiB that repeats this as often as possible. */
function filled(before: string, repeated: string, after: string): string {
  const count = Math.floor((64 * KIB - before.length - after.length) / repeated.length);
  return before + repeated.repeat(count) + after;
}

describe('bodies', () => {
  const attack = arena([], { oldSpace: 64, mostToWait: WAIT_FAILS });

  attack('200 signaling requests in 64 KiB of one-byte chunks', async ({ relay }) => {
    const statuses = statusesOf(
      await answersTo(relay, CONNECTIONS, CHUNKED + '1\r\nx\r\n'.repeat(10_000)),
    );
    expect(statuses.every((status) => [0, 413, 429].includes(status))).toBe(true);
    expect(statuses).toContain(413);
  });

  attack('200 signaling requests whose one-byte chunks arrive later', async ({ relay }) => {
    const chunks = '1\r\nx\r\n'.repeat(5000);
    const statuses = statusesOf(await answersTo(relay, CONNECTIONS, CHUNKED, chunks, chunks));
    expect(statuses.every((status) => [0, 413, 429].includes(status))).toBe(true);
  });

  attack('200 signaling requests whose bodies never come', async ({ relay }) => {
    const statuses = statusesOf(
      await answersTo(relay, CONNECTIONS, `POST /signaling ${HEAD}Content-Length: 65536\r\n\r\n{`),
    );
    expect(statuses.every((status) => [408, 429].includes(status))).toBe(true);
    expect(statuses).toContain(408);
  });

  attack('64 signaling requests whose bodies come a byte at a time', async ({ relay }) => {
    const from = freshAddress();
    const end = performance.now() + FLOOD;
    const slow = Array.from({ length: 64 }, async () => {
      const socket = await openSocket(relay, { from });
      socket.setNoDelay(true);
      socket.resume();
      socket.write(`POST /signaling ${HEAD}Content-Length: 65536\r\n\r\n`);
      while (performance.now() < end && socket.writable) {
        await new Promise((resolve) => socket.write('x', resolve));
      }
      socket.destroy();
    });
    await Promise.all(slow);
  });

  attack('200 signaling requests of more than 64 KiB', async ({ relay }) => {
    const statuses = statusesOf(
      await answersTo(relay, CONNECTIONS, `POST / ${HEAD}${withLength('x'.repeat(70_000))}`),
    );
    expect(statuses.every((status) => [413, 429].includes(status))).toBe(true);
  });

  attack('200 connections that send 64 KiB of signaling requests at once', async ({ relay }) => {
    await answersTo(
      relay,
      CONNECTIONS,
      `POST /signaling ${HEAD}${withLength('{"method":"echo"}')}`.repeat(700),
    );
  });
});

describe('JSON', () => {
  const attack = arena([], { oldSpace: 64, mostToWait: WAIT_FAILS });

  attack('64 KiB of nested lists, again and again', async ({ relay }) => {
    expect(await flood(relay, '['.repeat(64 * KIB), 400)).toBeGreaterThan(0);
  });

  attack('64 KiB of unknown keys, again and again', async ({ relay }) => {
    expect(await flood(relay, filled('{"method":"echo"', ',"":0', '}'), 400)).toBeGreaterThan(0);
  });

  attack('as many values as are read, again and again', async ({ relay }) => {
    const keys = Array.from({ length: 330 }, (_, i) => `"${i * 4_000_009}${'x'.repeat(150)}":[]`);
    const body = `{"method":"echo",${keys.join()}}`;
    expect(await flood(relay, body, 200)).toBeGreaterThan(0);
  });

  attack('64 KiB of escapes, again and again', async ({ relay }) => {
    const body = filled('{"method":"echo","a":"', '\\u0000', '"}');
    expect(await flood(relay, body, 200)).toBeGreaterThan(0);
  });

  attack('64 KiB of digits, again and again', async ({ relay }) => {
    const body = filled('{"method":"echo","a":', '9', '}');
    expect(await flood(relay, body, 200)).toBeGreaterThan(0);
  });
});

describe('channels', () => {
  const attack = arena(['--rooms-per-minute', '0'], { oldSpace: 64, mostToWait: WAIT_FAILS });

  attack('10,000 channels of 50 addresses, filled up', async ({ relay }) => {
    const offer = 'x'.repeat(60 * KIB);
    let created = 0;
    let full = 0;
    for (let i = 0; i < 50; i++) {
      const client = new Client(relay);
      const creating = Array.from({ length: 200 }, async () => {
        const channel_id = await client.create();
        if (channel_id === undefined) full++;
        else created++;
        if (channel_id !== undefined && created % 20 === 0) {
          await client.post({ method: 'create_offer', channel_id, offer });
        }
      });
      await Promise.all(creating);
    }
    expect(created + full).toBe(10_000);
    expect(created).toBeGreaterThan(1000);
    expect(await relay.metric('lobby_relay_signaling_bytes')).toBeLessThanOrEqual(8 * KIB * KIB);
  });

  attack(
    '64 clients of 8 addresses that read none of the 128 KiB they ask for',
    async ({ relay }) => {
      const sockets = [];
      for (let i = 0; i < 8; i++) {
        const from = freshAddress();
        const client = new Client(relay, from);
        const channel_id = await client.create();
        if (channel_id === undefined) continue;
        for (let j = 0; j < 3; j++) {
          const candidate = `${j}${'x'.repeat(40 * KIB)}`;
          await client.post({ method: 'create_candidate', channel_id, candidate });
        }
        const body = JSON.stringify({ method: 'get_candidates', channel_id });
        for (let j = 0; j < 64; j++) {
          const socket = await openSocket(relay, { from });
          socket.pause();
          socket.write(`POST /signaling ${HEAD}${withLength(body)}`);
          sockets.push(socket);
        }
      }
      await pause(FLOOD);
      for (const socket of sockets) socket.destroy();
    },
  );
});
