import { EVERYBODY } from './messages.js';

/** What hosts and players have in common: a connection, and what is said once on it. */
class Actor {
  client;
  #said = [];

  /** @param {import('./lobby.js').Lobby} lobby */
  constructor(lobby) {
    this.lobby = lobby;
  }

  /** Sends something that is no message. */
  say(opcode, content) {
    this.#said.push({ opcode, content });
    this.client.schedule();
  }

  error(what) {
    this.lobby.tally.error(`${this.name}: ${what}`);
  }

  failed() {
    this.lobby.failed();
  }

  fillSaid(writer) {
    for (const { opcode, content } of this.#said) writer.other(opcode, content);
    this.#said.length = 0;
  }
}

export class Player extends Actor {
  /** The relay's id for it; 0 until the host heard from it. */
  id = 0;
  /** How many messages it has sent, and how many it may have sent. */
  sent = 0;
  allowed = 0;
  /** How many of them the host got. */
  heard = 0;
  /** The sequence number of the next message that it is to get. */
  expected = 0;
  /** When the last few messages were due, by sequence number; only where that is measured. */
  due;

  constructor(lobby, room, index) {
    super(lobby);
    this.room = room;
    this.index = index;
  }

  get name() {
    return `player ${this.index} of room ${this.room.number}`;
  }

  /** Lets it send so many messages in all. */
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
    this.fillSaid(writer);
    const { upOpcode, upPrefix, upSuffix } = this.lobby.dialect;
    while (this.sent < this.allowed) {
      writer.frame(upOpcode, upPrefix, this.room.number, this.index, this.sent++, upSuffix);
    }
  }

  frame(opcode, region, at, length) {
    this.lobby.dialect.playerFrame(this, opcode, region, at, length);
  }

  /** A message from the host has come. */
  got(region, at, length) {
    const { lobby, room, expected } = this;
    const to = lobby.scenario.broadcasts ? EVERYBODY : this.index;
    if (lobby.messages.is(region, at, length, room.number, to, expected)) {
      this.expected++;
      lobby.scenario.playerGot(this, expected);
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
      return this.error(`got ${sequence} when ${this.expected} was to come`);
    }
    this.lobby.tally.lose(sequence - this.expected, `${this.expected} to ${this.name}`);
    while (this.expected <= sequence) this.lobby.scenario.playerGot(this, this.expected++);
  }
}

export class Host extends Actor {
  #byId = [];
  /** Echoes that wait for the end of the turn: players, and sequence numbers. */
  #echoTo = [];
  #echoed = [];

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

  /** Sends a player's message back, at the end of the turn. */
  echo(player, sequence) {
    this.#echoTo.push(player);
    this.#echoed.push(sequence);
    this.client.schedule();
  }

  fill(writer) {
    this.fillSaid(writer);
    const { room } = this;
    const { downOpcode, downToAll, downSuffix } = this.lobby.dialect;
    while (room.sent < room.allowed) {
      writer.frame(downOpcode, downToAll, room.number, EVERYBODY, room.sent++, downSuffix);
    }
    for (let i = 0; i < this.#echoTo.length; i++) {
      const { index, prefix } = this.#echoTo[i];
      writer.frame(downOpcode, prefix, room.number, index, this.#echoed[i], downSuffix);
    }
    this.#echoTo.length = 0;
    this.#echoed.length = 0;
  }

  frame(opcode, region, at, length) {
    this.lobby.dialect.hostFrame(this, opcode, region, at, length);
  }

  /** A player's message has come. */
  got(id, region, at, length) {
    const player = this.#byId[id];
    const { messages, scenario } = this.lobby;
    if (
      player !== undefined &&
      messages.is(region, at, length, this.room.number, player.index, player.heard)
    ) {
      scenario.hostGot(player, player.heard++);
    } else {
      this.#explain(id, player, messages.identify(region, at, length));
    }
  }

  /** The same as CBOR integers, so many of them. */
  gotIntegers(id, region, at, end, count) {
    const player = this.#byId[id];
    const { messages, scenario } = this.lobby;
    if (
      player !== undefined &&
      messages.isIntegers(region, at, end, count, this.room.number, player.index, player.heard)
    ) {
      scenario.hostGot(player, player.heard++);
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
    if (sequence < player.heard || sequence >= player.sent) {
      return this.error(`got ${sequence} from ${player.name} when ${player.heard} was to come`);
    }
    if (sequence > player.heard) {
      this.lobby.tally.lose(sequence - player.heard, `${player.heard} from ${player.name}`);
    }
    while (player.heard <= sequence) this.lobby.scenario.hostGot(player, player.heard++);
  }

  /** The first message under an id says whose it is. */
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
  /** How many broadcasts the host has sent, and how many it may have sent. */
  sent = 0;
  allowed = 0;
  /** @type {Player[]} */
  players = [];

  constructor(lobby, number) {
    this.number = number;
    this.host = new Host(lobby, this);
  }

  /** Lets the host send so many broadcasts in all. */
  allow(total) {
    this.allowed = total;
    this.host.client.schedule();
  }
}
