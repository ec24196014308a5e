import { frame, OPCODE } from '../support/raw-client.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, KIB, MIB } from './attackers.js';
import { allLeave, type CountingHost, quietPlayers, quietRoom, repeated } from './crowd.js';

/* Frames without a message count as much as messages. */

const attack = arena([], { mostToWait: WAIT_FAILS, oldSpace: 256 });
const { binary, close, ping, pong } = OPCODE;
const said = frame(binary, 'behind all of them');

for (const [name, opcode] of Object.entries({ pings: ping, pongs: pong })) {
  attack(`64 KiB of empty ${name} by each of 250 players`, async ({ relay }) => {
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, 250, { from });
    const flood = repeated(frame(opcode), Math.floor((64 * KIB) / 6));
    const all = host.receives(250 * said.length);
    for (const player of players) void player.write(flood);
    for (const player of players) void player.write(said);
    await all;
    await allLeave(host, ...players);
  });

  attack(`1 MiB of empty ${name} by each of 25 hosts`, async ({ relay }) => {
    const from = freshAddress();
    const hosts: CountingHost[] = [];
    while (hosts.length < 25) hosts.push(await quietRoom(relay, { from }));
    const flood = repeated(frame(opcode), Math.floor(MIB / 6));
    const answers = hosts.map((host) => host.receives(opcode === ping ? flood.length / 3 : 100));
    const open = frame(binary, Buffer.from('a163636d64646f70656e', 'hex'));
    for (const host of hosts) void host.write(Buffer.concat([flood, open]));
    await Promise.all(answers);
    await allLeave(...hosts);
  });
}

attack('4 MB of pongs per second for 4 seconds, by 250 players', async ({ relay }) => {
  const from = freshAddress();
  const host = await quietRoom(relay, { from });
  const players = await quietPlayers(relay, host, 250, { from });
  const some = repeated(frame(pong), 266);
  let rounds = 0;
  // Ten times per second, whether or not the relay reads it.
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (const player of players)
        if (player.raw.socket.writableLength === 0) void player.write(some);
      if (++rounds < 40) return;
      clearInterval(timer);
      resolve();
    }, 100);
  });
  await allLeave(host, ...players);
});

attack(
  '1 MiB of frames behind a close, and 1,000 closes, by each of 100 players',
  async (arena) => {
    const { relay } = arena;
    const from = freshAddress();
    const host = await quietRoom(relay, { from });
    const players = await quietPlayers(relay, host, 100, { from });
    const closing = frame(close, Uint8Array.of(0x03, 0xe8));
    const flood = repeated(frame(binary), Math.floor(MIB / 6));
    for (const player of players)
      void player.write(Buffer.concat([repeated(closing, 1000), flood]));
    await Promise.all(players.map((player) => player.receives(Number.MAX_VALUE)));
    await allLeave(host, ...players);
  },
);

attack('1 MiB of frames by each of 100 players when their room has ended', async ({ relay }) => {
  const from = freshAddress();
  const host = await quietRoom(relay, { from });
  const players = await quietPlayers(relay, host, 100, { from });
  await host.write(frame(binary, Buffer.from('a163636d646473746f70', 'hex')));
  await Promise.all(players.map((player) => player.receives(4)));
  const flood = repeated(frame(pong), Math.floor(MIB / 6));
  const closing = frame(close, Uint8Array.of(0x0f, 0xa0));
  for (const player of players) void player.write(Buffer.concat([flood, closing]));
  await Promise.all(players.map((player) => player.receives(Number.MAX_VALUE)));
  await allLeave(host, ...players);
});
