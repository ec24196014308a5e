import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { hashSecret } from '../../src/rooms/secret.js';
import { Host, joined } from '../support/clients.js';
import { RelayProcess } from '../support/relay-process.js';
import { LINUX } from '../support/tools.js';
import { MIB } from './attackers.js';

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const TIMEOUT = 120_000;

/** The largest file that is read with a heap of this size, in MiB: a bit less than an eighth. */
const HEAPS = { 64: 7.9, 256: 31.9 } as const;

let path: string;
const rows: string[] = [];

beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'state-attack-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  path = join(directory, 'rooms');
});

afterAll(() => {
  if (rows.length > 0) console.log(['  start   heap  rooms players  ', ...rows].join('\n'));
});

/** The n-th code. */
function code(n: number): string {
  return [0, 1, 2, 3].map((place) => LETTERS[Math.floor(n / 20 ** place) % 20]).join('');
}

/** As many rooms as fit into the file, each with this number of seats. */
function writeRooms(bytes: number, seatsEach: number, name = 'x'): void {
  const lines = ['{"format":"lobby-relay state","version":1}\n'];
  let left = bytes - 200;
  for (let n = 0; n < 80_000; n++) {
    const seats = Array.from({ length: seatsEach }, (_, seat) => ({
      id: seat + 1,
      key: String(n * seatsEach + seat).padStart(43, 'k'),
      away: seat % 2 === 0,
    }));
    const room = { code: code(n), name, maxPlayers: 65_535, started: false, hold: 600 };
    const rest = { resume: hashSecret('token'), lastId: seatsEach || null, seats, banned: [] };
    const line = `${JSON.stringify({ ...room, ...rest })}\n`;
    left -= Buffer.byteLength(line);
    if (left < 0) break;
    lines.push(line);
  }
  lines.push(`${JSON.stringify({ rooms: lines.length - 1, final: true })}\n`);
  writeFileSync(path, lines.join(''));
}

/** Whether a game can be played on this relay. */
async function plays(relay: RelayProcess): Promise<void> {
  const host = await Host.open(relay.url);
  const player = await joined(relay.url, host);
  player.send('up');
  expect(await host.until('from_str')).toMatchObject({ data: 'up' });
}

describe.each([64, 256] as const)('with a heap of %d MiB, the largest file', (oldSpace) => {
  const bytes = Math.floor(HEAPS[oldSpace] * MIB);

  test.each([
    ['of small rooms', () => writeRooms(bytes, 0)],
    ['of rooms with long names', () => writeRooms(bytes, 0, '\u0001'.repeat(1024))],
    ['of rooms with 8 seats', () => writeRooms(bytes, 8)],
    ['of rooms with 20,000 seats', () => writeRooms(bytes, 20_000)],
    ['of damage', () => truncate(bytes)],
    ['of one line', () => writeFileSync(path, '['.repeat(bytes))],
  ] as const)(
    '%s is read within every limit, and the relay lives',
    async (what, write) => {
      write();
      const from = performance.now();
      const options = ['--state-file', path, '--max-rooms', '80000', '--max-heap', '0'];
      const relay = await RelayProcess.start(options, { oldSpace });
      onTestFinished(() => relay.stop());
      const took = performance.now() - from;
      const rooms = await relay.metric('lobby_relay_rooms');
      const players = await relay.metric('lobby_relay_players');
      rows.push([took.toFixed(0), oldSpace, rooms, players, ` ${what}`].join('\t'));
      // A quarter of the heap for rooms of 2 KiB each, and a quarter for seats of 1 KiB each.
      expect(rooms).toBeLessThanOrEqual((oldSpace * MIB) / 4 / 2048);
      expect(players).toBeLessThanOrEqual(rooms * 1000);
      expect(players).toBeLessThanOrEqual((oldSpace * MIB) / 4 / 1024);
      await plays(relay);
      relay.signal('SIGTERM');
      expect(await relay.ended).toEqual({ code: 0, signal: null });
      expect(statSync(path).size).toBeLessThanOrEqual(bytes + MIB);
    },
    TIMEOUT,
  );
});

function truncate(bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

describe('the relay does not start, and says why, with', LINUX, () => {
  test.each([
    ['a file of 600 MiB', () => truncate(600 * MIB), /has 600 MiB/],
    ['a file of 3 GiB', () => truncate(3 * 1024 * MIB), /has 3072 MiB/],
    ['a FIFO that nobody writes to', () => execFileSync('mkfifo', [path]), /not a regular file/],
    ['a device without an end', () => symlinkSync('/dev/zero', path), /not a regular file/],
    ['a terminal', () => symlinkSync('/dev/ptmx', path), /not a regular file/],
  ] as const)('%s', async (_what, make, reason) => {
    make();
    await expect(RelayProcess.start(['--state-file', path])).rejects.toThrow(reason);
    await expect(RelayProcess.start(['--state-file', path])).rejects.toThrow(/^ended with 2: /);
    expect(existsSync(`${path}.unreadable`)).toBe(false);
  });
});
