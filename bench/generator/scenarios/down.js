/** Host → single players: every host keeps `window` messages to each of its players in transit. */
export class Down {
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
    for (const player of this.#lobby.players) {
      while (player.sentTo < this.#window) this.#send(player);
    }
  }

  stop() {
    this.#running = false;
  }

  hostReceived() {}

  playerReceived(player) {
    this.#lobby.tally.verified++;
    if (this.#running) this.#send(player);
  }

  sentTo(player) {
    return player.sentTo;
  }

  get outstanding() {
    return this.#lobby.players.reduce((sum, { sentTo, expected }) => sum + sentTo - expected, 0);
  }

  /** Sends one more message to each player, after which nothing may arrive. */
  sendLast() {
    for (const player of this.#lobby.players) this.#send(player);
  }

  #send(player) {
    player.room.host.sendTo(player, player.sentTo++);
  }
}
