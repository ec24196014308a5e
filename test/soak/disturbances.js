// Faults between the relays of a cluster, by their logs: these may disconnect players at edges.

/** How long after a fault its effects may show, in milliseconds. */
const EFFECTS = 15_000;

/** How much later than its effects a fault may be in the log, in milliseconds. */
const LOG_DELAY = 2_000;

const LOST = 'connection to NATS lost; rooms of this relay go on';
const CONNECTED = 'connected to NATS again';
const BROKEN = 'link to another relay broken';
const MESSAGES = [
  LOST,
  CONNECTED,
  BROKEN,
  'another relay is silent',
  'another relay is back',
  'another relay has ended',
];

export class Disturbances {
  /** How often a connection to NATS was lost, and how many ends of links broke. */
  counts = { lost: 0, broken: 0 };
  #last = Number.NEGATIVE_INFINITY;
  /** @type {Set<object>} the logs of relays that have no connection to NATS */
  #without = new Set();

  /** For the log of a relay, from its start to its end. */
  logOfRelay() {
    const log = {
      /**
       * Reads a line. Returns whether it tells of a fault that is expected.
       *
       * @param {string} message
       */
      read: (message) => {
        if (!MESSAGES.includes(message)) return false;
        this.#last = performance.now();
        if (message === LOST) {
          this.counts.lost++;
          this.#without.add(log);
        } else if (message === CONNECTED) this.#without.delete(log);
        else if (message === BROKEN) this.counts.broken++;
        return true;
      },
      end: () => void this.#without.delete(log),
    };
    return log;
  }

  /**
   * Reports something that only a fault between relays excuses, unless there was one.
   *
   * @param {() => void} violation
   */
  excuse(violation) {
    const since = performance.now() - EFFECTS;
    setTimeout(() => {
      if (this.#without.size === 0 && this.#last < since) violation();
    }, LOG_DELAY);
  }
}
