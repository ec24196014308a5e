import { EVERYBODY } from './messages.js';

/** The common part of hosts and players: a connection, and frames other than messages. */
class Actor {
  client;
  #control = [];

  /** @param {import('./lobby.js').Lobby} lobby */
  constructor(lobby) {
    this.lobby = lobby;
  }

  /** Sends a frame that is no message. */
  sendControl(opcode, content) {
    this.#control.push({ opcode, content });
    this.client.schedule();
  }

  error(what) {
    this.lobby.tally.error(`${this.name}: ${what}`);
  }

  failed() {
    this.lobby.failed();
  }

  fillControl(writer) {
    for (const { opcode, content } of this.#control) writer.other(opcode, content);
    this.#control.length = 0;
  }
}

export class Player extends Actor {
  /** Its id in the relay; 0 until the host has received its first message. */
  id = 0;
  /** How many messages it has sent, and how many it may send in total. */
  sent = 0;
  allowed = 0;
  /** How many of them the host has received. */
  received = 0;
  /** The sequence number of the next message from the host. */
  expected = 0;
  /**
   * When the last few messages were due, by sequence number; only in scenarios that measure
   * latency.
   */
  due;
  /** How many messages the host has sent to it alone; only in the scenario `down`. */
  sentTo = 0;
  /** The bytes before its messages. */
  upPrefix;

  constructor(lobby, room, index) {
    super(lobby);
    this.room = room;
    this.index = index;
    this.upPrefix = lobby.dialect.upPrefix;
  }

  get name() {
    return `player ${this.index} of room ${this.room.number}`;
  }

  /** Lets it send this many messages in total. */
  allow(total) {
    this.allowed = total;
    this.client.schedule();
  }

  opened() {
    this.lobby.dialect.playerOpened(this, this.room.code);
  }

  seated() {
    this.lobby.seated();
  }

  fill(writer) {
    this.fillControl(writer);
    const { upOpcode, upSuffix } = this.lobby.dialect;
    while (this.sent < this.allowed) {
      writer.frame(upOpcode, this.upPrefix, this.room.number, this.index, this.sent++, upSuffix);
    }
  }

  frame(opcode, region, at, length) {
    this.lobby.dialect.playerFrame(this, opcode, region, at, length);
  }

  /** A message from the host has arrived. */
  receive(region, at, length) {
    const { lobby, room, expected } = this;
    const to = lobby.scenario.broadcasts ? EVERYBODY : this.index;
    if (lobby.messages.is(region, at, length, room.number, to, expected)) {
      this.expected++;
      lobby.scenario.playerReceived(this, expected);
    } else {
      this.#explain(lobby.messages.identify(region, at, length), to);
    }
  }

  #explain(found, to) {
    if (found === undefined) return this.error('got an altered message');
    const { room, player, sequence } = found;
    if (room !== this.room.number || player !== to) {
      return this.error(`got a message for ${player} in room ${room}`);
    }
    if (sequence < this.expected || sequence >= this.lobby.scenario.sentTo(this)) {
      return this.error(`got ${sequence}, expected ${this.expected}`);
    }
    this.lobby.tally.lose(sequence - this.expected, `${this.expected} to ${this.name}`);
    while (this.expected <= sequence) this.lobby.scenario.playerReceived(this, this.expected++);
  }
}

export class Host extends Actor {
  #byId = [];
  /** Messages to single players, to send at the end of the turn: players and sequence numbers. */
  #receivers = [];
  #sequences = [];

  constructor(lobby, room) {
    super(lobby);
    this.room = room;
  }

  get name() {
    return `host of room ${this.room.number}`;
  }

  opened() {
    this.lobby.dialect.hostOpened(this, this.lobby.playersPerRoom);
  }

  ready(code) {
    this.room.code = code;
    this.lobby.seated();
  }

  joined() {
    this.lobby.joined();
  }

  /** Sends a message to one player, at the end of the turn. */
  sendTo(player, sequence) {
    this.#receivers.push(player);
    this.#sequences.push(sequence);
    this.client.schedule();
  }

  fill(writer) {
    this.fillControl(writer);
    const { room } = this;
    const { downOpcode, downToAll, downSuffix } = this.lobby.dialect;
    while (room.sent < room.allowed) {
      writer.frame(downOpcode, downToAll, room.number, EVERYBODY, room.sent++, downSuffix);
    }
    for (let i = 0; i < this.#receivers.length; i++) {
      const { index, prefix } = this.#receivers[i];
      writer.frame(downOpcode, prefix, room.number, index, this.#sequences[i], downSuffix);
    }
    this.#receivers.length = 0;
    this.#sequences.length = 0;
  }

  frame(opcode, region, at, length) {
    this.lobby.dialect.hostFrame(this, opcode, region, at, length);
  }

  /** A message from a player has arrived. */
  receive(id, region, at, length) {
    const player = this.#byId[id];
    const { messages, scenario } = this.lobby;
    if (
      player !== undefined &&
      messages.is(region, at, length, this.room.number, player.index, player.received)
    ) {
      scenario.hostReceived(player, player.received++);
    } else {
      this.#explain(id, player, messages.identify(region, at, length));
    }
  }

  /** The same for a message as CBOR integers. */
  receiveIntegers(id, region, at, end, count) {
    const player = this.#byId[id];
    const { messages, scenario } = this.lobby;
    if (
      player !== undefined &&
      messages.isIntegers(region, at, end, count, this.room.number, player.index, player.received)
    ) {
      scenario.hostReceived(player, player.received++);
    } else {
      this.#explain(id, player, messages.identifyIntegers(region, at, end));
    }
  }

  #explain(id, known, found) {
    if (found === undefined) return this.error(`got an altered message from ${id}`);
    const { sequence } = found;
    const player = known ?? this.#introduce(id, found);
    if (found.room !== this.room.number || player?.index !== found.player) {
      return this.error(`got a message of ${found.player} in room ${found.room} as from ${id}`);
    }
    if (sequence < player.received || sequence >= player.sent) {
      return this.error(`got ${sequence} from ${player.name}, expected ${player.received}`);
    }
    if (sequence > player.received) {
      this.lobby.tally.lose(sequence - player.received, `${player.received} from ${player.name}`);
    }
    while (player.received <= sequence) this.lobby.scenario.hostReceived(player, player.received++);
  }

  /** The first message with an id tells which player has it. */
  #introduce(id, { room, player: index }) {
    const player = this.room.players[index];
    if (room !== this.room.number || player === undefined || player.id !== 0) return undefined;
    player.id = id;
    player.prefix = this.lobby.dialect.downToOne(id);
    this.#byId[id] = player;
    return player;
  }
}

/** One game. */
export class Room {
  code = '';
  /** How many broadcasts the host has sent, and how many it may send in total. */
  sent = 0;
  allowed = 0;
  /** @type {Player[]} */
  players = [];

  constructor(lobby, number) {
    this.number = number;
    this.host = new Host(lobby, this);
  }

  /** Lets the host send this many broadcasts in total. */
  allow(total) {
    this.allowed = total;
    this.host.client.schedule();
  }
}
