/** Host → everybody: every host keeps so many broadcasts on the way. */
export class Fan {
  broadcasts = true;
  #lobby;
  #window;
  #running = false;
  /** By room: how many broadcasts all have got, and how many have not got each of the next ones. */
  #done;
  #left;
  #mask;

  constructor(lobby, { window }) {
    this.#lobby = lobby;
    this.#window = window;
    // One more than the window, for the last broadcast; a power of two, to find the place quickly.
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

  hostGot() {}

  playerGot({ room }, sequence) {
    this.#lobby.tally.verified++;
    const { number } = room;
    const left = this.#left[number];
    if (--left[sequence & this.#mask] > 0) return;
    // One line is read before another: a later broadcast may be complete first.
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

  /** One more from each, behind which nothing may come. */
  sendLast() {
    for (const room of this.#lobby.rooms) room.allow(room.allowed + 1);
  }
}
