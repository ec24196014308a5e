import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode } from 'cbor-x';
import { WebSocket } from 'ws';
import { answerHelp } from './harness/help.js';
import { connectionLimit, ownConnectionLimit, startServer } from './harness/processes.js';
import { lobbyRelay } from './harness/servers.js';

const HELP = `usage: node bench/seats.js

Measures the cost of reconnecting (docs/protocol.md): the memory of a disconnected player, with and
without buffered messages, and how long writing 5,000 rooms to the state file delays a message.
Measures lobby-relay as built in dist/. Takes a minute. There are no options.
`;

const PLAYERS = 8;
const KEPT = 4096;

/** Rooms whose seats are measured, and all rooms that are written; fewer if descriptors are few. */
const WANTED = { rooms: 1250, snapshotRooms: 5000 };
const WANTED_CONNECTIONS = WANTED.snapshotRooms + WANTED.rooms * PLAYERS;
const possible = Math.min(connectionLimit(), ownConnectionLimit());
const share = Math.min(1, possible / WANTED_CONNECTIONS);
const ROOMS = Math.floor(WANTED.rooms * share);
const SNAPSHOT_ROOMS = Math.floor(WANTED.snapshotRooms * share);

/** How long messages are sent one after the other to find the longest delay, in milliseconds. */
const PINGING = 8000;

const stateFile = join(tmpdir(), `lobby-relay-bench-${process.pid}`);

answerHelp(HELP);
if (share < 1) {
  console.log(`The file descriptors of this machine allow only ${possible} connections: raise`);
  console.log(
    `ulimit -n to ${WANTED_CONNECTIONS + 1000} for as many rooms as in the documentation.`,
  );
}
await memory();
await snapshots();
process.exit();

/** 10,000 disconnected players. */
async function memory() {
  const relay = await start();
  const rooms = await openRooms(relay, ROOMS);
  for (const room of rooms) await seat(room, PLAYERS);
  await sleep(1000);
  for (const { players } of rooms) for (const player of players) player.terminate();
  for (const room of rooms) await room.until(({ away }) => away?.length === PLAYERS);
  const empty = await settled(relay);

  const everybody = Buffer.alloc(KEPT, 'b');
  for (const { host } of rooms) host.send(encode({ cmd: 'to', to: [], data: everybody }));
  await answered(rooms);
  const shared = await settled(relay);
  for (const { host } of rooms) {
    for (let id = 1; id <= PLAYERS; id++) {
      host.send(encode({ cmd: 'to', to: [id], data: Buffer.alloc(KEPT, id) }));
    }
  }
  await answered(rooms);
  const own = await settled(relay);
  const seats = ROOMS * PLAYERS;
  const each = (bytes) => `${Math.round(bytes / seats)} B`;
  console.log(`${seats} disconnected players in ${ROOMS} rooms; RSS ${mib(empty)} MiB`);
  console.log(
    `one buffered broadcast of ${KEPT} B per room: ${each(shared - empty)} more per seat`,
  );
  console.log(
    `and ${KEPT} B buffered for each seat separately: ${each(own - shared)} more per seat`,
  );
  for (const { host } of rooms) host.terminate();
  await relay.stop();
}

/** Sends one message at a time through a relay that writes 5,000 rooms repeatedly. */
async function snapshots() {
  const relay = await start('--state-file', stateFile);
  const rooms = await openRooms(relay, SNAPSHOT_ROOMS);
  for (const room of rooms.slice(0, ROOMS)) await seat(room, PLAYERS);
  const [first, second] = rooms;
  console.log(
    `${SNAPSHOT_ROOMS} rooms, ${ROOMS * PLAYERS} seats; one message after the other takes`,
  );
  console.log(`  ${await waits(first)} while nothing is written`);
  // With a change every tenth of a second, the file is written at its highest rate.
  const changes = setInterval(() => second.host.send(encode({ cmd: 'start' })), 100);
  const written = await waits(first);
  clearInterval(changes);
  const size = readFileSync(stateFile).length;
  console.log(`  ${written} while ${mib(size)} MiB are written every second`);
  await relay.stop();
  rmSync(stateFile, { force: true });
}

/** The times of successive messages from the host to a player, in milliseconds. */
async function waits({ host, players: [player] }) {
  const waits = [];
  const end = performance.now() + PINGING;
  while (performance.now() < end) {
    const sent = performance.now();
    const answer = new Promise((resolve) => player.once('message', resolve));
    host.send(encode({ cmd: 'to_str', to: [1], data: 'ping' }));
    await answer;
    waits.push(performance.now() - sent);
  }
  waits.sort((a, b) => a - b);
  const at = (share) => (waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(2);
  return `${at(0.5)} ms at the median, p99 ${at(0.99)}, p99.9 ${at(0.999)}, at most ${at(1)}`;
}

async function start(...options) {
  const relay = lobbyRelay();
  const flags = ['--max-heap', '0', '--ping', '0', ...options];
  return startServer({ ...relay, command: (port) => [...relay.command(port), ...flags] });
}

async function openRooms({ port }, count) {
  const rooms = [];
  for (let i = 0; i < count; i++) rooms.push(await openRoom(port));
  return rooms;
}

async function openRoom(port) {
  const host = new WebSocket(`ws://127.0.0.1:${port}/CREATE`);
  const room = { port, host, players: [], state: {}, code: '', until };
  const watchers = new Set();
  host.on('message', (data) => {
    const event = decode(data);
    if (event.cmd === 'state') room.state = event;
    if (event.cmd === 'prepare_reply') room.code = event.key;
    for (const check of watchers) check();
  });
  function until(condition) {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition(room.state, room)) return;
        watchers.delete(check);
        resolve();
      };
      watchers.add(check);
      check();
    });
  }
  await new Promise((resolve) => host.once('open', resolve));
  host.send(encode({ cmd: 'prepare', max_players: PLAYERS, hold: 600 }));
  await until(() => room.code !== '');
  return room;
}

async function seat(room, count) {
  for (let i = 0; i < count; i++) {
    const key = `${room.code}-${i}`.padEnd(16, '0');
    const player = new WebSocket(`ws://127.0.0.1:${room.port}/${room.code}?seat=${key}`);
    await new Promise((resolve) => player.once('open', resolve));
    room.players.push(player);
  }
}

/** Waits until the relay has read all commands of the hosts: the last command is answered. */
async function answered(rooms) {
  for (const room of rooms) {
    const before = room.state;
    room.host.send(encode({ cmd: 'start' }));
    await room.until((state) => state !== before);
  }
}

async function settled({ pid }) {
  await sleep(3000);
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return pages * 4096;
}

function mib(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}
