import { once } from 'node:events';
import { connect } from 'node:net';
import { type Host, Player } from './clients.js';
import { RawClient } from './raw-client.js';

/** How many connections were closed with each code; 0 for those that stay open. */
export async function outcomes(
  clients: readonly (Host | Player)[],
): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { closed, inbox } of clients) {
    const code = await Promise.race([
      closed.then(({ code: each }) => each),
      inbox.next().then(() => 0),
    ]);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

/** `count` players who try these codes in turn. A host greets those who get in. */
export function tries(url: string, paths: readonly string[], count: number): Player[] {
  return Array.from({ length: count }, (_, index) =>
    Player.connect(url, paths[index % paths.length] ?? ''),
  );
}

/** Greets players, so that one who gets in can be told from one who is refused later. */
export async function greet(host: Host): Promise<void> {
  for (;;) {
    const { player } = await host.until('player_joined');
    host.command({ cmd: 'to_str', to: [player], data: 'welcome' });
  }
}

/** How many requests were answered with each status that arrive together, each on a connection of its own. */
export async function statuses(
  http: string,
  paths: readonly string[],
): Promise<Record<number, number>> {
  const clients = await Promise.all(
    paths.map(async () => {
      const socket = connect(Number(new URL(http).port), '127.0.0.1');
      await once(socket, 'connect');
      return new RawClient(socket);
    }),
  );
  for (const [index, client] of clients.entries()) {
    client.write(`GET /${paths[index]} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }
  const counts: Record<number, number> = {};
  for (const client of clients) {
    const answer = await client.until((bytes) => bytes.includes('\r\n\r\n'));
    const status = Number(answer.toString('latin1').split(' ')[1]);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

/** Three letters that differ for each number. */
export function letters(number: number): string {
  const alphabet = 'BCDFGHJKLM';
  return [...String(number).padStart(3, '0')].map((digit) => alphabet[Number(digit)]).join('');
}
