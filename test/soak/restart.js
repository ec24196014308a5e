// Restarts the relay under load, with SIGTERM and with kill -9, and checks that all clients reconnect
// to their seats. All connections pass through the fault proxy.
//
//   node test/soak/restart.js [--rooms 200] [--players 8] [--seconds 5] [--seed S] [-- flags of the relay]

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readNumbers } from './arguments.js';
import { FaultProxy } from './fault-proxy.js';
import { Party } from './party.js';
import { anySeed, Random } from './random.js';
import { RelayProcess } from './relay-process.js';

const { numbers, rest: relayFlags } = readNumbers({
  rooms: 200,
  players: 8,
  seconds: 5,
  seed: anySeed(),
});
const { rooms, players, seconds, seed } = numbers;

/** How long all may take to reconnect, and the hosts to be notified, in milliseconds. */
const BACK_TIME = 20_000;
const STOP_TIME = 4_000;
const CHECK_EVERY = 250;
const LOOK_EVERY = 10;
const MAX_REASONS = 5;

/** Below the range of ephemeral ports, so that no other process gets it during the restart. */
const PORTS = { min: 10_000, end: 30_000 };

/** @type {string[]} */
const reasons = [];
/** @type {Map<number, number>} */
const closes = new Map();

/** @param {string} reason */
function violation(reason) {
  if (reasons.length < MAX_REASONS) reasons.push(reason);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

console.log(`restart: ${rooms} rooms of ${players}, --seed ${seed}`);
const directory = mkdtempSync(join(tmpdir(), 'relay-restart-'));
process.once('exit', () => rmSync(directory, { recursive: true }));
const port = await freePort();
let relay = await startRelay();
const proxy = await FaultProxy.start({ relayPort: port, seed });
/** @type {Party[]} */
const parties = [];
const checks = setInterval(() => {
  for (const party of parties) party.check();
}, CHECK_EVERY);

for (let number = 0; number < rooms; number++) {
  const closed = (/** @type {number} */ code) => void closes.set(code, (closes.get(code) ?? 0) + 1);
  parties.push(new Party({ port: () => proxy.port, seed, number, players, closed, violation }));
  if (number % 10 === 9) await setTimeout(50);
}
await until('all clients are connected', () => parties.every(({ isBack }) => isBack));
await setTimeout(seconds * 1000);

await restart('SIGTERM', async () => {
  const began = performance.now();
  const exit = await relay.stop(STOP_TIME);
  console.log(`  SIGTERM: ended after ${(performance.now() - began).toFixed(0)} ms`);
  if (exit !== 0) violation(`the relay exits with ${exit} on SIGTERM`);
});
await setTimeout(seconds * 1000);
await restart('kill -9', () => relay.kill());
await setTimeout(seconds * 1000);
proxy.endFaults();
await until('all hosts know that all players are connected', () =>
  parties.every(({ isComplete }) => isComplete),
);

report();
clearInterval(checks);
for (const party of parties) party.stop();
proxy.close();
await relay.stop(STOP_TIME);
process.exit(reasons.length === 0 ? 0 : 1);

/**
 * @param {string} how
 * @param {() => Promise<void>} end
 */
async function restart(how, end) {
  await end();
  for (const party of parties) party.newRound();
  const before = performance.now();
  relay = await startRelay();
  const started = performance.now();
  await until(`all clients are reconnected after ${how}`, () =>
    parties.every(({ isBack }) => isBack),
  );
  const guests = parties.flatMap((party) => party.guests);
  const starting = `listening again after ${(started - before).toFixed(0)} ms`;
  console.log(`  ${how}: ${starting}; reconnected within (median / 99 % / worst)`);
  console.log(
    `    hosts ${times(
      parties.map(({ hostBackAt }) => hostBackAt),
      started,
    )}`,
  );
  console.log(
    `    players ${times(
      guests.map(({ backAt }) => backAt),
      started,
    )}`,
  );
}

/**
 * @param {readonly (number | undefined)[]} moments of those who are back
 * @param {number} since
 */
function times(moments, since) {
  const back = moments.filter((moment) => moment !== undefined).map((moment) => moment - since);
  back.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    back[Math.ceil(back.length * share) - 1] ?? Number.NaN;
  const figures = [at(0.5), at(0.99), at(1)].map((ms) => ms.toFixed(0)).join(' / ');
  return `${back.length} of ${moments.length}: ${figures} ms`;
}

/**
 * @param {string} what
 * @param {() => boolean} isSo
 */
async function until(what, isSo) {
  const deadline = performance.now() + BACK_TIME;
  while (!isSo() && reasons.length === 0) {
    if (performance.now() > deadline) return violation(`not within ${BACK_TIME} ms: ${what}`);
    await setTimeout(LOOK_EVERY);
  }
}

function startRelay() {
  const state = join(directory, 'state');
  const flags = ['--port', String(port), '--state-file', state, '--ping', '2', ...relayFlags];
  return RelayProcess.start(flags, violation);
}

async function freePort() {
  const random = new Random(anySeed());
  for (;;) {
    const candidate = random.int(PORTS.min, PORTS.end);
    const server = createServer().listen(candidate, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return candidate;
  }
}

function report() {
  const sum = (/** @type {(party: Party) => number} */ of) =>
    parties.reduce((total, party) => total + of(party), 0);
  const faults = Object.entries(proxy.faults).map(([kind, count]) => `${kind} ${count}`);
  const codes = [...closes].map(([code, count]) => `${code} ${count}×`);
  console.log(`  faults: ${faults.join(', ')}; ${proxy.connections} connections through the proxy`);
  const replaced = sum((party) => party.replaced);
  console.log(`  closes: ${codes.join(', ')}; ${replaced}× replaced by an own late attempt`);
  console.log(
    `  verified: to hosts ${sum((p) => p.verified.toHost)}, to players ${sum((p) => p.verified.toPlayers)}; not buffered ${sum((p) => p.missed)}`,
  );
  for (const reason of reasons) console.log(`restart: FAILED (--seed ${seed}): ${reason}`);
  if (reasons.length === 0) console.log(`restart: passed (--seed ${seed})`);
}
