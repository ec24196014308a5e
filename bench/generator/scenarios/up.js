/** Players → host: every player keeps so many messages on the way. */
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
    for (const player of this.#lobby.players) player.allow(player.heard + this.#window);
  }

  stop() {
    this.#running = false;
  }

  hostGot(player) {
    this.#lobby.tally.verified++;
    if (this.#running) player.allow(player.heard + this.#window);
  }

  playerGot() {}

  sentTo() {
    return 0;
  }

  get outstanding() {
    return this.#lobby.players.reduce((sum, { allowed, heard }) => sum + allowed - heard, 0);
  }

  /** One more from each, behind which nothing may come. */
  sendLast() {
    for (const player of this.#lobby.players) player.allow(player.allowed + 1);
  }
}
