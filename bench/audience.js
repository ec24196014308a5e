import { Agent, get as httpGet } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, rssOf } from './generator/process-stats.js';
import { answerHelp } from './harness/help.js';
import {
  observe,
  observeWhile,
  openRoom,
  pingRoom,
  start,
  total,
  Viewer,
} from './harness/lobby.js';
import { machine, machineLine } from './harness/machine.js';
import { connectionLimit, ownConnectionLimit } from './harness/processes.js';

const HELP = `usage: node bench/audience.js

Measures an audience of 10,000 viewers of one room, a public list of 5,000 rooms, and joins of
players who get 64 values (docs/protocol.md): how long a message to all viewers takes and costs,
and how long another room waits meanwhile. Measures lobby-relay as built in dist/, on one core.
Takes two minutes. There are no options.
`;

const POSSIBLE = Math.min(connectionLimit(), ownConnectionLimit()) - 100;
const VIEWERS = Math.min(10_000, POSSIBLE);
const ROOMS = Math.min(5000, POSSIBLE);

const JOINS = 5000;
const VALUE_BYTES = 1024;

const BROADCASTS = 50;
const AT_ONCE = 64;

/** How long another room is observed for one figure, in milliseconds. */
const OBSERVING = 10_000;

/** The text of a vote, as a masked frame with a mask of zeros. */
const VOTE = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x41]);

async function audience() {
  const relay = await start();
  const host = await openRoom(relay, { audience: VIEWERS });
  const other = await pingRoom(relay);
  const before = rssOf(relay.pid);
  console.log(`alone, another room waits ${await observe(other, OBSERVING)}`);

  let started = performance.now();
  let viewers = [];
  const joinWaits = await observeWhile(other, async () => {
    viewers = await joinAll(relay, host);
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${VIEWERS} viewers join at ${(VIEWERS / seconds).toFixed(0)}/s; it waits ${joinWaits}`,
  );
  await sleep(3000);
  const each = (rssOf(relay.pid) - before) / VIEWERS / 1024;
  console.log(`memory of a viewer: ${each.toFixed(1)} KiB of RSS`);

  for (const size of [64, 1024, 16 * 1024]) {
    const cpu = cpuOf(relay.pid);
    const times = [];
    const waits = await observeWhile(other, async () => {
      for (let i = 0; i < BROADCASTS; i++) {
        started = performance.now();
        const all = allReceive(viewers, size);
        host.send({ cmd: 'to_str', to: [], audience: true, data: 'x'.repeat(size) });
        await all;
        times.push(performance.now() - started);
      }
    });
    times.sort((a, b) => a - b);
    const used = (total(cpuOf(relay.pid)) - total(cpu)) / BROADCASTS;
    const rate = (VIEWERS * BROADCASTS) / (times.reduce((sum, time) => sum + time, 0) / 1000);
    console.log(
      `${size} B to all: ${times[BROADCASTS >> 1].toFixed(0)} ms at the median, at most ` +
        `${times.at(-1).toFixed(0)}; ${(used * 1000).toFixed(0)} ms of CPU; ` +
        `${(rate / 1000).toFixed(0)}k deliveries/s; another room waits ${waits}`,
    );
  }

  host.send({ cmd: 'poll', choices: ['A', 'B'] });
  await host.until(({ cmd }) => cmd === 'tally');
  const votes = await observeWhile(other, async () => {
    started = performance.now();
    for (const { socket } of viewers) socket.write(VOTE);
    await host.until(({ cmd, counts }) => cmd === 'tally' && counts[0] === VIEWERS);
    console.log(`all vote: counted after ${(performance.now() - started).toFixed(0)} ms`);
  });
  console.log(`  another room waits ${votes}`);

  const flood = Buffer.concat(new Array(5000).fill(VOTE));
  const cpu = cpuOf(relay.pid);
  const floods = await observeWhile(other, async () => {
    for (const { socket } of viewers) socket.write(flood);
    await sleep(OBSERVING);
  });
  const share = (total(cpuOf(relay.pid)) - total(cpu)) / (OBSERVING / 1000);
  console.log(
    `all send 5,000 messages, and are closed: ${(share * 100).toFixed(0)} % of the core; another room waits ${floods}`,
  );

  const next = await openRoom(relay, { audience: VIEWERS });
  const all = await joinAll(relay, next);
  const ends = await observeWhile(other, async () => {
    started = performance.now();
    const closed = Promise.all(all.map((viewer) => viewer.closed));
    next.send({ cmd: 'stop' });
    await closed;
    console.log(
      `the room ends: all are closed after ${(performance.now() - started).toFixed(0)} ms`,
    );
  });
  console.log(`  another room waits ${ends}`);
  await relay.stop();
}

/** Fills the audience of a room. */
async function joinAll(relay, { code }) {
  const viewers = [];
  const join = async () => {
    while (viewers.length < VIEWERS) {
      const viewer = new Viewer(relay.port, `/${code}?as=audience`);
      viewers.push(viewer);
      await viewer.opened;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, join));
  return viewers;
}

async function list() {
  const relay = await start('--list');
  const hosts = [];
  const open = async () => {
    while (hosts.length < ROOMS) {
      const place = hosts.push(undefined) - 1;
      const listing = JSON.stringify({ level: place, text: 'x'.repeat(900) });
      hosts[place] = await openRoom(relay, { list: 'bench', listing });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  const other = await pingRoom(relay);
  console.log(
    `${ROOMS} rooms in a list; alone, another room waits ${await observe(other, OBSERVING)}`,
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  for (const changing of [false, true]) {
    let isOver = false;
    let answers = 0;
    let longest = 0;
    const cpu = cpuOf(relay.pid);
    const read = async () => {
      while (!isOver) {
        const started = performance.now();
        await fetchList(relay, agent);
        longest = Math.max(longest, performance.now() - started);
        answers++;
      }
    };
    const readers = Array.from({ length: 4 }, read);
    const waits = await observeWhile(other, async () => {
      const end = performance.now() + OBSERVING;
      while (performance.now() < end) {
        if (changing) {
          const host = hosts[Math.floor(Math.random() * ROOMS)];
          host.send({ cmd: 'start' });
          host.send({ cmd: 'open' });
        }
        await sleep(1);
      }
    });
    isOver = true;
    await Promise.all(readers);
    const share = (total(cpuOf(relay.pid)) - total(cpu)) / (OBSERVING / 1000);
    const how = changing ? 'while 1,000 rooms a second start and open' : 'while nothing changes';
    console.log(
      `read ${(answers / (OBSERVING / 1000)).toFixed(0)}/s ${how}: an answer takes at most ` +
        `${longest.toFixed(0)} ms, ${(share * 100).toFixed(0)} % of the core; it waits ${waits}`,
    );
  }
  const players = [];
  const cpu = cpuOf(relay.pid);
  const started = performance.now();
  const waits = await observeWhile(other, async () => {
    const join = async () => {
      while (players.length < Math.min(2000, POSSIBLE - ROOMS)) {
        const player = new Viewer(relay.port, '/ANY?list=bench');
        players.push(player);
        await player.opened;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, join));
  });
  const seconds = (performance.now() - started) / 1000;
  const used = (total(cpuOf(relay.pid)) - total(cpu)) / players.length;
  console.log(
    `${players.length} players join any room at ${(players.length / seconds).toFixed(0)}/s, ` +
      `${(used * 1000).toFixed(2)} ms of CPU each; another room waits ${waits}`,
  );
  await relay.stop();
}

async function values() {
  for (const keys of [0, 64]) {
    const relay = await start();
    const host = await openRoom(relay, { with: true, max_players: 2 * AT_ONCE });
    for (let key = 0; key < keys; key++) {
      host.send({ cmd: 'to_str', to: [], keep: `key ${key}`, data: 'x'.repeat(VALUE_BYTES) });
    }
    const other = await pingRoom(relay);
    const cpu = cpuOf(relay.pid);
    const started = performance.now();
    let joined = 0;
    const waits = await observeWhile(other, async () => {
      const join = async () => {
        while (joined++ < JOINS) {
          const player = new Viewer(relay.port, `/${host.code}`);
          const all = player.receives(keys * (VALUE_BYTES + 4));
          await player.opened;
          if (keys > 0) await all;
          player.socket.destroy();
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, join));
    });
    const seconds = (performance.now() - started) / 1000;
    const used = (total(cpuOf(relay.pid)) - total(cpu)) / JOINS;
    console.log(
      `players who get ${keys} values join at ${(JOINS / seconds).toFixed(0)}/s, ` +
        `${(used * 1000).toFixed(2)} ms of CPU each; another room waits ${waits}`,
    );
    await relay.stop();
  }
}

function allReceive(viewers, size) {
  const frame = size + (size < 126 ? 2 : 4);
  return Promise.all(viewers.map((viewer) => viewer.receives(frame)));
}

function fetchList({ port }, agent) {
  return new Promise((resolve, reject) => {
    const request = httpGet(
      { port, host: '127.0.0.1', path: '/rooms/bench', agent },
      (response) => {
        response.on('data', () => {});
        response.on('end', resolve);
      },
    );
    request.on('error', reject);
  });
}

answerHelp(HELP);
console.log(machineLine(machine()));
await audience();
await list();
await values();
process.exit();
