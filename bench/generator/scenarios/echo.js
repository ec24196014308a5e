import { createHistogram, performance } from 'node:perf_hooks';

/** How many messages of one player may be in transit before it skips its turn. */
const MAX_BEHIND = 4;

/**
 * Every player sends messages at a fixed rate, and the host sends each back to its sender.
 *
 * Latency is measured from the time when a message is due, not from when it is sent, so delays
 * count in full. Players take turns in random order, independent of rooms.
 */
export class Echo {
  broadcasts = false;
  /** Turns that were skipped because too many messages were in transit. */
  missed = 0;
  /** Whether latencies count. */
  recording = false;
  latencies = createHistogram({ figures: 3 });

  #lobby;
  #order;
  #step;
  #start = 0;
  #turns = 0;
  #running = false;

  /** @param {number} options.hz messages per second of each player */
  constructor(lobby, { hz }) {
    this.#lobby = lobby;
    this.#order = shuffled(lobby.players);
    this.#step = 1000 / hz / lobby.players.length;
    for (const player of lobby.players) {
      player.expected = player.sent;
      player.due = new Float64Array(MAX_BEHIND);
    }
  }

  start() {
    this.#start = performance.now();
    this.#running = true;
  }

  stop() {
    this.#running = false;
  }

  /** Sends all that is due. */
  tick(now) {
    if (!this.#running) return;
    for (;;) {
      const due = this.#start + this.#turns * this.#step;
      if (due > now) return;
      const player = this.#order[this.#turns++ % this.#order.length];
      if (player.allowed - player.expected < MAX_BEHIND) this.#send(player, due);
      else this.missed++;
    }
  }

  hostReceived(player, sequence) {
    this.#lobby.rooms[player.room.number].host.sendTo(player, sequence);
  }

  playerReceived(player, sequence) {
    this.#lobby.tally.verified++;
    if (this.recording) {
      const waited = performance.now() - player.due[sequence & (MAX_BEHIND - 1)];
      this.latencies.record(Math.max(1, Math.round(waited * 1e6)));
    }
  }

  sentTo(player) {
    return player.sent;
  }

  get outstanding() {
    return this.#lobby.players.reduce((sum, { allowed, expected }) => sum + allowed - expected, 0);
  }

  /** Sends one more message from each player, after which nothing may arrive. */
  sendLast() {
    const now = performance.now();
    for (const player of this.#lobby.players) this.#send(player, now);
  }

  #send(player, due) {
    player.due[player.allowed & (MAX_BEHIND - 1)] = due;
    player.allow(player.allowed + 1);
  }
}

/** The same order in every run. */
function shuffled(players) {
  const order = [...players];
  let state = 12345;
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = (state >>> 8) % (i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}
