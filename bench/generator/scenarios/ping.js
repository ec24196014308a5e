import { Echo } from './echo.js';

/** One player, one message at a time: it sends the next one when the echo has arrived. */
export class Ping extends Echo {
  #running = false;

  constructor(lobby) {
    super(lobby, { hz: 1 });
  }

  start() {
    this.#running = true;
    this.sendLast();
  }

  stop() {
    this.#running = false;
  }

  tick() {}

  playerReceived(player, sequence) {
    super.playerReceived(player, sequence);
    if (this.#running) this.sendLast();
  }
}
