// Rooms that outlive all faults: parties, whose clients reconnect by any relay, and rooms of the SDK.

import { setTimeout } from 'node:timers/promises';
import { Party } from './party.js';
import { Random } from './random.js';
import { SdkRoom } from './sdk-room.js';

/** @typedef {import('./crowd.js').Line} Line */

const CHECK_EVERY = 250;

/** How long all may take to be back, and to have all messages, in milliseconds. */
const SETTLE_TIME = 45_000;

/** How long the rooms of the SDK may take to open, in milliseconds. */
const START_TIME = 60_000;

/** Added to the seed. */
const OWN_SEED = 3_000_017;

export class LastingRooms {
  /** @type {Record<number, number>} how often connections of parties ended with which code */
  closes = {};
  /** @type {Party[]} */
  #parties;
  #sdkRooms;
  #violation;
  /** @type {NodeJS.Timeout | undefined} */
  #checks;

  /**
   * @param {{ lines: readonly Line[]; parties: number; sdkRooms: number; players: number; seed: number; violation: (reason: string) => void }} options
   */
  constructor({ lines, parties, sdkRooms, players, seed, violation }) {
    const random = new Random(seed + OWN_SEED);
    this.#violation = violation;
    this.#parties = Array.from(
      { length: parties },
      (_, number) =>
        new Party({
          port: () => random.pick(lines).port,
          seed,
          number,
          players,
          closed: (code) => {
            this.closes[code] = (this.closes[code] ?? 0) + 1;
          },
          violation,
        }),
    );
    this.#sdkRooms = Array.from({ length: sdkRooms }, (_, number) => {
      // The host, and a player at each relay.
      const own = /** @type {Line} */ (lines[number % lines.length]);
      return new SdkRoom({ lines: [own, ...lines], violation });
    });
  }

  async start() {
    this.#checks = setInterval(() => {
      for (const party of this.#parties) party.check();
    }, CHECK_EVERY);
    const started = Promise.all(this.#sdkRooms.map((room) => room.start())).then(() => true);
    const isInTime = await Promise.race([started, setTimeout(START_TIME, false, { ref: false })]);
    if (!isInTime) this.#violation(`rooms of the SDK do not open within ${START_TIME} ms`);
  }

  get verified() {
    const sum = (/** @type {(party: Party) => number} */ of) =>
      this.#parties.reduce((total, party) => total + of(party), 0);
    return {
      toHosts: sum(({ verified }) => verified.toHost),
      toPlayers: sum(({ verified }) => verified.toPlayers),
      sdk: this.#sdkRooms.reduce((total, { verified }) => total + verified, 0),
    };
  }

  /** Waits until all are in their seats, and messages of the SDK have arrived. */
  async settle() {
    for (const room of this.#sdkRooms) room.settle();
    const deadline = performance.now() + SETTLE_TIME;
    for (let left = this.#unsettled(); left !== undefined; left = this.#unsettled()) {
      if (performance.now() > deadline) return this.#violation(left);
      await setTimeout(50);
    }
  }

  #unsettled() {
    const party = this.#parties.findIndex(({ isComplete }) => !isComplete);
    if (party >= 0) return `party ${party} is not complete`;
    return this.#sdkRooms.map(({ underWay }) => underWay).find((left) => left !== undefined);
  }

  async finish() {
    clearInterval(this.#checks);
    for (const party of this.#parties) party.end();
    await Promise.all(this.#sdkRooms.map((room) => room.end()));
  }
}
