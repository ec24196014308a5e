import { describe, expect } from 'vitest';
import { BellhopClient } from '../support/bellhop.js';
import { frame, OPCODE } from '../support/raw-client.js';
import type { RelayProcess } from '../support/relay-process.js';
import { arena, HEALTHY_ROOMS, WAIT_FAILS } from './arena.js';
import { eventually, freshAddress, upgrade } from './attackers.js';
import { allLeave, CountingClient, repeated } from './crowd.js';

const SETUP = { oldSpace: 256, mostToWait: WAIT_FAILS };

function action(name: string, content: object): Buffer {
  return frame(OPCODE.text, JSON.stringify({ action: name, content }));
}

/** Clients of one address, which discard what they receive. */
async function crowd(relay: RelayProcess, count: number): Promise<CountingClient[]> {
  const from = freshAddress();
  const clients: CountingClient[] = [];
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(25, count - clients.length) }, () =>
      upgrade(relay, '/bellhop', { from }),
    );
    clients.push(...(await Promise.all(batch)).map((raw) => new CountingClient(raw)));
  }
  return clients;
}

/** A client with its own address. */
function connect(relay: RelayProcess): Promise<BellhopClient> {
  return BellhopClient.connect(relay.url, '', { localAddress: freshAddress() });
}

/** Waits until the relay has handled everything that these clients have sent. */
async function handled(clients: readonly CountingClient[]): Promise<void> {
  const pong = 2 + 4;
  for (const client of clients) await client.write(frame(OPCODE.ping, 'done'));
  await Promise.all(clients.map((client) => client.receives(pong)));
}

describe('clients of Bellhop', () => {
  const attack = arena(['--command-errors', '0'], SETUP);

  attack('that send the slowest JSON that is read, again and again', async ({ relay }) => {
    const values = [
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
      `{${Array.from({ length: 6000 }, (_, i) => `"${i}":1`).join()}}`,
      `[${'1.5e300,'.repeat(8000)}1]`,
      '"'.concat('\\"'.repeat(30_000), '"'),
      '['.repeat(120_000),
    ];
    const clients = await crowd(relay, 8);
    for (const value of values) {
      const json = `{"action":"send_ice_candidate","content":{"connection_id":"x","media":0,"index":0,"name":${value}}}`;
      const frames = repeated(frame(OPCODE.text, json), 8);
      await Promise.all(clients.map((client) => client.write(frames)));
      await handled(clients);
    }
    await allLeave(...clients);
  });

  attack('that send 80,000 actions which fail', async ({ relay }) => {
    const clients = await crowd(relay, 8);
    const unknown = repeated(action('join_lobby', { lobby_id: 'x', more: 1 }), 5000);
    const guesses = Buffer.concat(
      Array.from({ length: 5000 }, (_, n) =>
        action('send_ice_candidate', { connection_id: `${n}`, media: 0, index: 0, name: '' }),
      ),
    );
    for (const frames of [unknown, guesses]) {
      await Promise.all(clients.map((client) => client.write(frames)));
      await handled(clients);
    }
    await allLeave(...clients);
  });

  attack('that join and leave in a loop', async ({ relay }) => {
    const host = await connect(relay);
    await host.start('loop');
    const clients = await crowd(relay, 8);
    const loop = Buffer.concat([
      action('join_lobby', { lobby_id: 'loop' }),
      action('close_lobby', {}),
    ]);
    await Promise.all(clients.map((client) => client.write(repeated(loop, 2000))));
    for (let asked = 0; asked < 8 * 2000; asked++) await host.event('received_join_request');
    await handled(clients);
    // No guest is left in the lobby.
    const guest = await connect(relay);
    await guest.ask('loop', host);
    await eventually(
      () => relay.metric('lobby_relay_players', 'dialect="bellhop"'),
      (players) => players === 1,
    );
    await allLeave(...clients);
  });

  attack('that try 20,000 names of 2,000 bytes', async ({ relay }) => {
    const host = await connect(relay);
    await host.start('there');
    const clients = await crowd(relay, 4);
    for (let round = 0; round < 10; round++) {
      for (const [c, client] of clients.entries()) {
        const tries = Array.from({ length: 500 }, (_, n) =>
          action('join_lobby', { lobby_id: `${round} ${c} ${n}`.padEnd(2000, 'x') }),
        );
        await client.write(Buffer.concat(tries));
      }
      await handled(clients);
    }
    // These addresses have reached their limits; others have not.
    await Promise.all(
      clients.map((client) => client.write(action('join_lobby', { lobby_id: 'there' }))),
    );
    await handled(clients);
    const guest = await connect(relay);
    await guest.ask('there', host);
    expect(await host.settled()).toEqual([]);
    await allLeave(...clients);
  });

  attack('that write to a host which does not read', async ({ relay }) => {
    const host = await connect(relay);
    await host.start('slow');
    const guests = await Promise.all(Array.from({ length: 8 }, () => connect(relay)));
    for (const guest of guests) await guest.ask('slow', host);
    host.socket.pause();
    const description = { connection_id: host.id, session_type: 'offer', sdp: 'x'.repeat(60_000) };
    for (let n = 0; n < 100; n++) {
      for (const guest of guests) guest.do('send_session_description', description);
    }
    const other = await connect(relay);
    let reason = '';
    while (reason !== 'host busy') {
      other.do('join_lobby', { lobby_id: 'slow' });
      const [event] = await other.settled();
      reason = event?.content.reason ?? '';
      if (reason === '') other.do('close_lobby');
    }
    host.socket.resume();
    let received = 0;
    while (received < 8 * 100) {
      if ((await host.next()).event === 'received_session_description') received++;
    }
  });
});

describe('with no limit on rooms of an address', () => {
  const attack = arena(['--rooms-per-minute', '0', '--max-rooms', '400'], SETUP);

  attack(
    '10,000 lobbies with names of 2,000 bytes are started, and none is left',
    async ({ relay }) => {
      const clients = [...(await crowd(relay, 200)), ...(await crowd(relay, 200))];
      for (let round = 0; round < 25; round++) {
        await Promise.all(
          clients.map((client, c) => {
            const lobby_id = `${c} ${round}`.padEnd(2000, 'x');
            return client.write(action('start_lobby', { lobby_id }));
          }),
        );
        await handled(clients);
      }
      const lobbies = (): Promise<number> => relay.metric('lobby_relay_rooms', 'dialect="bellhop"');
      // The healthy rooms count towards the limit, too.
      await eventually(lobbies, (count) => count === 400 - HEALTHY_ROOMS);
      await allLeave(...clients);
      await eventually(lobbies, (count) => count === 0);
    },
  );
});
