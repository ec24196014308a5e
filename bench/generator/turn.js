/**
 * Once per turn of the event loop, after all input is handled, each client that has something to send
 * writes it at once.
 */
export class Turn {
  /** Increases with all work, so that the poller can see whether a turn was idle. */
  activity = 0;

  #waiting = [];
  #running = [];

  /** @param {{ scheduled: boolean, flush(): void }} client */
  schedule(client) {
    if (client.scheduled) return;
    client.scheduled = true;
    if (this.#waiting.push(client) === 1) setImmediate(this.flush);
  }

  flush = () => {
    const running = this.#waiting;
    this.#waiting = this.#running;
    this.#running = running;
    this.activity += running.length;
    for (const client of running) {
      client.scheduled = false;
      client.flush();
    }
    running.length = 0;
  };
}
