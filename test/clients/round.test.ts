import { afterAll, beforeAll, describe, test } from 'vitest';
import { seatKey } from '../support/clients.js';
import { RelayProcess } from '../support/relay-process.js';
import { needs } from '../support/tools.js';
import { LANGUAGES, type Language, Program } from './programs.js';

/** Compilers and virtual machines are slow. In milliseconds. */
const TIMEOUT = 180_000;

/**
 * A round between programs in other languages, with independent libraries. Each host checks every event,
 * and ends with an error at the first unexpected one:
 *
 * 1. It opens a room for two with a reconnect window, and prints its code. Ana and
 *    Ben join, and say hello. It starts.
 * 2. It sends text and bytes to one, to both and to an unknown id, 1 MiB, and a hundred
 *    messages at once. Players send back what they get.
 * 3. Both ends send pings, and a message in fragments.
 * 4. Ana disconnects, and gets the host's messages of the meantime when she reconnects. Then the host
 *    disconnects, and resumes its room.
 * 5. It kicks Ben, opens the room for Cleo, and stops.
 */
async function round(relay: RelayProcess, host: Language, players: readonly Language[] = []) {
  const [first = host, second = host, third = host] = players;
  const screen = new Program(host, 'host', [relay.url]);
  const code = (await screen.line()).replace('code ', '');
  const join = (language: Language, name: string): Program =>
    new Program(language, 'player', [relay.url, code, seatKey(), name]);
  const ana = join(first, 'ana');
  await screen.says('joined 1');
  const ben = join(second, 'ben');
  await screen.says('joined 2');
  await screen.says('away 1');
  ana.tell('return');
  await ben.says('closed 4003 kicked');
  await screen.says('open');
  const cleo = join(third, 'cleo');
  for (const player of [ana, cleo]) await player.says('closed 4000 game over');
  await screen.says('closed 1001 The game is done.');
}

describe('a round', { timeout: TIMEOUT }, () => {
  let relay: RelayProcess;

  beforeAll(async () => {
    relay = await RelayProcess.start([]);
  });

  afterAll(() => relay.stop());

  describe.each(LANGUAGES)('with a host in $name', (language) => {
    test('and players in the same language', needs(language.tool), () => round(relay, language));

    const others = LANGUAGES.filter((each) => each !== language);
    test('and players in others', needs(LANGUAGES.map(({ tool }) => tool)), () =>
      round(relay, language, others),
    );
  });
});
