import { frame, OPCODE } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, KIB, openRoom } from './attackers.js';
import { allLeave, type CountingClient, quietPlayers, repeated } from './crowd.js';

/* The largest audience of one room, as many viewers from each address as that may have. */

const VIEWERS = 10_000;
const PER_ADDRESS = 250;

/* 50 ms are promised for what one address does; these viewers have forty, and all say something at the
 * same moment, which Node reads in one turn of the event loop. */
const attack = arena([], { mostToWait: 4 * WAIT_FAILS });
const attackFromOneAddress = arena([], { mostToWait: WAIT_FAILS });

const VOTE = frame(OPCODE.text, 'A');

/** A host with an audience that votes. */
async function watchedRoom(relay: RelayProcess) {
  const host = await openRoom(relay, { features: { audience: VIEWERS } });
  host.command({ cmd: 'poll', choices: ['A', 'B'] });
  const viewers: CountingClient[] = [];
  while (viewers.length < VIEWERS) {
    const room = { code: `${host.code}?as=audience` };
    viewers.push(...(await quietPlayers(relay, room, PER_ADDRESS, { from: freshAddress() })));
  }
  return { host, viewers };
}

attack('10,000 viewers flood while the host sends to them', async ({ relay }) => {
  const { host, viewers } = await watchedRoom(relay);
  const flood = repeated(VOTE, 2500);
  for (const viewer of viewers) void viewer.write(flood);
  for (let i = 0; i < 20; i++) {
    const received = viewers.map((viewer) => viewer.receives(100));
    host.command({ cmd: 'to_str', to: [], data: 'x'.repeat(100), audience: 'only' });
    await Promise.all(received);
  }
  // A flood that goes on is closed.
  await Promise.all(viewers.map((viewer) => viewer.receives(Number.POSITIVE_INFINITY)));
  host.cut();
});

attack('10,000 viewers end with their room, and with their host', async ({ relay }) => {
  for (const end of ['stop', 'loses the connection']) {
    const { host, viewers } = await watchedRoom(relay);
    const closed = viewers.map((viewer) => viewer.receives(1));
    if (end === 'stop') host.command({ cmd: 'stop' });
    else host.cut();
    await Promise.all(closed);
    await allLeave(...viewers);
  }
});

attack('10,000 viewers disconnect at once', async ({ relay }) => {
  const { host, viewers } = await watchedRoom(relay);
  await allLeave(...viewers);
  while ((await host.until('audience')).count > 0);
  host.cut();
});

attackFromOneAddress(
  'viewers of one address send messages of 1 KiB as fast as they can',
  async ({ relay }) => {
    const from = freshAddress();
    const host = await openRoom(relay, { from, features: { audience: VIEWERS } });
    const room = { code: `${host.code}?as=audience` };
    const viewers = await quietPlayers(relay, room, PER_ADDRESS, { from });
    const flood = repeated(frame(OPCODE.text, 'x'.repeat(KIB)), 1000);
    for (const viewer of viewers) void viewer.write(flood);
    const received = viewers.map((viewer) => viewer.receives(1));
    host.command({ cmd: 'to_str', to: [], data: 'hi', audience: true });
    await Promise.all(received);
    await allLeave(...viewers);
    host.cut();
  },
);
