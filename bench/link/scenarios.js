/**
 * @typedef {object} Scenario
 * @property {string} title
 * @property {string} unit
 * @property {number} size of a message, in bytes
 * @property {boolean} text
 * @property {number} lanes players who send, or rooms
 * @property {number} receivers players of each room; 0 if players send
 * @property {number} perTurn how many messages are sent in a turn at most; 0 for one after the other
 */

/** @type {Record<string, Scenario>} */
export const SCENARIOS = {
  up: load('player → host, 64 B text', { size: 64, text: true, lanes: 200, perTurn: 200 }),
  'up-1k': load('player → host, 1 KiB', { size: 1024, lanes: 200, perTurn: 200 }),
  fan8: load('host → 8 players, 64 B text', { size: 64, text: true, lanes: 50, receivers: 8 }),
  fan100: load('host → 100 players, 64 B text', { size: 64, text: true, lanes: 4, receivers: 100 }),
  'fan8-16k': load('host → 8 players, 16 KiB', { size: 16_384, lanes: 10, receivers: 8 }),
  ping: load('one message at a time, echoed', { size: 64, text: true, lanes: 1, perTurn: 0 }),
};

/**
 * @param {string} title
 * @param {Partial<Scenario>} options
 * @returns {Scenario}
 */
function load(title, { size = 64, text = false, lanes = 1, receivers = 0, perTurn }) {
  const unit = perTurn === 0 ? 'round trip' : receivers > 0 ? 'delivery' : 'message';
  return { title, unit, size, text, lanes, receivers, perTurn: perTurn ?? lanes };
}
