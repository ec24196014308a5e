/** Host → all players: every host keeps `window` broadcasts in transit. */
export class Fan {
  broadcasts = true;
  #lobby;
  #window;
  #running = false;
  /**
   * Per room: how many broadcasts are complete, and how many players still miss each of the next
   * ones.
   */
  #done;
  #left;
  #mask;

  constructor(lobby, { window }) {
    this.#lobby = lobby;
    this.#window = window;
    // One more than the window, for the last broadcast; a power of two, so that a mask gives the
    // index.
    const size = 2 ** Math.ceil(Math.log2(window + 1));
    this.#mask = size - 1;
    this.#done = new Int32Array(lobby.rooms.length);
    this.#left = lobby.rooms.map(({ players }) => new Int32Array(size).fill(players.length));
  }

  start() {
    this.#running = true;
    for (const room of this.#lobby.rooms) room.allow(this.#window);
  }

  stop() {
    this.#running = false;
  }

  hostReceived() {}

  playerReceived({ room }, sequence) {
    this.#lobby.tally.verified++;
    const { number } = room;
    const left = this.#left[number];
    if (--left[sequence & this.#mask] > 0) return;
    // Connections are read one after another, so a later broadcast may be complete first.
    while (this.#done[number] < room.sent && left[this.#done[number] & this.#mask] === 0) {
      left[this.#done[number]++ & this.#mask] = room.players.length;
    }
    if (this.#running) room.allow(this.#done[number] + this.#window);
  }

  sentTo({ room }) {
    return room.sent;
  }

  get outstanding() {
    let sum = 0;
    for (const { allowed, players } of this.#lobby.rooms) {
      for (const { expected } of players) sum += allowed - expected;
    }
    return sum;
  }

  /** Sends one more message from each host, after which nothing may arrive. */
  sendLast() {
    for (const room of this.#lobby.rooms) room.allow(room.allowed + 1);
  }
}
