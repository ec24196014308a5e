/** Players → host: every player keeps `window` messages in transit. */
export class Up {
  broadcasts = false;
  #lobby;
  #window;
  #running = false;

  constructor(lobby, { window }) {
    this.#lobby = lobby;
    this.#window = window;
  }

  start() {
    this.#running = true;
    for (const player of this.#lobby.players) player.allow(player.received + this.#window);
  }

  stop() {
    this.#running = false;
  }

  hostReceived(player) {
    this.#lobby.tally.verified++;
    if (this.#running) player.allow(player.received + this.#window);
  }

  playerReceived() {}

  sentTo() {
    return 0;
  }

  get outstanding() {
    return this.#lobby.players.reduce((sum, { allowed, received }) => sum + allowed - received, 0);
  }

  /** Sends one more message from each player, after which nothing may arrive. */
  sendLast() {
    for (const player of this.#lobby.players) player.allow(player.allowed + 1);
  }
}
