import type { Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { Host } from '../support/clients.js';
import type { RawClient } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { eventually, freshAddress, KIB, openRoom, openSocket, upgrade } from './attackers.js';

const attack = arena([], { oldSpace: 256, mostToWait: WAIT_FAILS });

const SCRAPES = 250;

/** Players of one address, a few less than it may have. */
const ROOM = 250;

const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';

/** Keep-alive sockets of one address. */
async function scrapers(relay: RelayProcess): Promise<Socket[]> {
  const from = freshAddress();
  const sockets: Socket[] = [];
  while (sockets.length < SCRAPES) sockets.push(await openSocket(relay, { from }));
  return sockets;
}

/** Requests the metrics on all sockets at once, and resolves with the answers. */
function scrapeAtOnce(sockets: readonly Socket[]): Promise<string[]> {
  const answers = sockets.map(
    (socket) =>
      new Promise<string>((resolve) => {
        let text = '';
        const read = (bytes: Buffer): void => {
          text += bytes.toString('latin1');
          if (!/process_cpu_seconds_total \d.*\n|Too many/.test(text)) return;
          socket.off('data', read);
          resolve(text);
        };
        socket.on('data', read);
      }),
  );
  for (const socket of sockets) socket.write(REQUEST);
  return Promise.all(answers);
}

/** Ten times 250 requests at once: requests within a second share one computation. */
async function scrapeAgainAndAgain(relay: RelayProcess): Promise<void> {
  const sockets = await scrapers(relay);
  for (let round = 0; round < 10; round++) {
    const answers = await scrapeAtOnce(sockets);
    const computations = new Set(answers.flatMap((answer) => cpuSeconds(answer) ?? []));
    // One, or two if a second has passed in between.
    expect([1, 2]).toContain(computations.size);
  }
}

/** Players in rooms of 250; each room with its players has its own address. */
async function crowd(relay: RelayProcess, count: number, hold = 0): Promise<RawClient[]> {
  const players: RawClient[] = [];
  while (players.length < count) {
    const from = freshAddress();
    const host = await Host.open(relay.url, { hold, maxPlayers: ROOM });
    onTestFinished(() => host.cut());
    for (let n = 0; n < ROOM; n++) {
      const seat = `${players.length}`.padStart(20, '0');
      players.push(await upgrade(relay, `/${host.code}?seat=${seat}`, { from }));
    }
  }
  return players;
}

const cpuSeconds = (answer: string): string | undefined =>
  /^process_cpu_seconds_total (.*)$/m.exec(answer)?.[1];

attack('250 scrapes at once, repeatedly, with 1,000 players', async ({ relay }) => {
  const players = await crowd(relay, 1000);
  await scrapeAgainAndAgain(relay);
  expect(players.every(({ socket }) => !socket.closed)).toBe(true);
});

attack('250 scrapes at once, repeatedly, with 2,000 disconnected players', async ({ relay }) => {
  const before = await relay.metric('lobby_relay_away', 'role="player"');
  const players = await crowd(relay, 2000, 600);
  for (const { socket } of players) socket.resetAndDestroy();
  await eventually(
    () => relay.metric('lobby_relay_away', 'role="player"'),
    (away) => away === before + players.length,
  );
  await scrapeAgainAndAgain(relay);
});

attack('scrapes at full speed leave capacity for new hosts', async ({ relay }) => {
  const sockets = await scrapers(relay);
  let over = false;
  const scraping = (async () => {
    let received = 0;
    while (!over) received += (await scrapeAtOnce(sockets)).join('').length;
    return received;
  })();
  for (let n = 0; n < 40; n++) {
    const host = await openRoom(relay);
    host.cut();
  }
  over = true;
  expect(await scraping).toBeGreaterThan(KIB);
});
