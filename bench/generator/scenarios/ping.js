import { Echo } from './echo.js';

/** One player, one message at a time: the next one leaves when the echo of the last is here. */
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

  playerGot(player, sequence) {
    super.playerGot(player, sequence);
    if (this.#running) this.sendLast();
  }
}
