// Hosts and players of the SDK, in a process of their own. The parent process asks, and gets answers.

import { setTimeout as sleep } from 'node:timers/promises';
import { Balancer } from './balancer.js';
import { Game } from './game.js';

/** How many rooms are opened at a time. */
const AT_ONCE = 4;

/** How often the end of something is looked for, in milliseconds. */
const LOOK_EVERY = 20;

const { ports, rooms, players, interval } = JSON.parse(process.argv[2]);
const balancer = await Balancer.start(ports);
/** @type {Game[]} */
const games = [];

process.on('message', async ({ question, timeout }) => {
  process.send(await ANSWERS[question](timeout));
});
process.on('disconnect', () => process.exit());
let left = rooms;
await Promise.all(Array.from({ length: AT_ONCE }, openRooms));
process.send('ready');

async function openRooms() {
  while (left-- > 0) {
    const urls = Array(players).fill(balancer.url);
    games.push(await Game.start({ host: balancer.url, players: urls, interval }));
  }
}

const ANSWERS = {
  /** Forgets the gaps so far. */
  begin() {
    for (const game of games) game.takeLongestGap();
    return {};
  },

  /** Waits until everybody hears everybody again. */
  async goOn(timeout) {
    const said = games.map((game) => game.said);
    const end = performance.now() + timeout;
    const isBack = (game, i) => game.hasHeard(said[i] + 1);
    while (!games.every(isBack) && performance.now() < end) await sleep(LOOK_EVERY);
    return {
      rooms: games.filter(isBack).length,
      hosts: games.filter(({ hostIsOpen }) => hostIsOpen).length,
      seats: sum(({ openSeats }) => openSeats),
      longestGap: Math.max(...games.map((game) => game.takeLongestGap())),
    };
  },

  /** Stops talking, and waits until everything has arrived. */
  async end(timeout) {
    for (const game of games) game.quieten();
    await Promise.all(games.map((game) => game.whenHeard(game.said, timeout)));
    // What is doubled would come now.
    await sleep(1000);
    const counts = {};
    for (const game of games) {
      for (const [name, count] of Object.entries(game.counts)) {
        counts[name] = (counts[name] ?? 0) + count;
      }
    }
    const { user, system } = process.cpuUsage();
    const faults = games.flatMap((game) => game.faults);
    return { counts, faults: faults.slice(0, 10), faultCount: faults.length, cpu: user + system };
  },
};

function sum(of) {
  return games.reduce((total, game) => total + of(game), 0);
}
