import { Buffer } from 'node:buffer';
import { TEXT } from './frame-writer.js';

const NOTHING = Buffer.alloc(0);
const END = Buffer.from('"}}');
const ID_LENGTH = 24;

/** From this size on, a message is a session description; a smaller one is a candidate. */
const MIN_DESCRIPTION = 1000;

/** The names of the action and the event, and what goes between the id and the message. */
const CANDIDATE = {
  action: 'send_ice_candidate',
  event: 'received_ice_candidate',
  values: '"media":"0","index":0,"name":"',
};
const DESCRIPTION = {
  action: 'send_session_description',
  event: 'received_session_description',
  values: '"session_type":"offer","sdp":"',
};

/**
 * Bellhop's protocol (docs/dialects.md). A message is the last value of a candidate or a description,
 * and contains nothing to escape. Players are the guests of a lobby.
 */
export class Bellhop {
  hostPath = '/bellhop';
  upOpcode = TEXT;
  downOpcode = TEXT;
  upPrefix = NOTHING;
  upSuffix = END;
  downSuffix = END;

  #size;
  #action;
  #values;
  #eventStart;
  #eventValues;
  /** The ids of all guests, and their positions in it plus one, which the generator uses instead. */
  #ids = [];
  #numbers = new Map();
  /** The id of each player's host, once the host has accepted the player. */
  #hosts = new Map();

  /** @param {import('./messages.js').Messages} messages */
  constructor({ binary, size }) {
    if (binary) throw new Error('bellhop: text only');
    const { action, event, values } = size < MIN_DESCRIPTION ? CANDIDATE : DESCRIPTION;
    this.#size = size;
    this.#action = action;
    this.#values = values;
    this.#eventStart = Buffer.from(`{"event":"${event}","content":{"connection_id":"`);
    this.#eventValues = Buffer.from(`",${values}`);
  }

  playerPath() {
    return this.hostPath;
  }

  downToOne(number) {
    return this.#prefixTo(this.#ids[number - 1]);
  }

  hostOpened(host) {
    act(host, 'start_lobby', {});
  }

  playerOpened(player, code) {
    act(player, 'join_lobby', { lobby_id: code });
  }

  playerFrame(player, opcode, region, at, length) {
    const host = this.#hosts.get(player);
    if (host === undefined) return this.#accepted(player, readEvent(opcode, region, at, length));
    const start = this.#startOfMessage(opcode, region, at, length);
    if (start === -1) return player.error('a message of another form');
    if (!region.has(at + this.#eventStart.length, host)) return player.error('a wrong sender');
    player.receive(region, start, this.#size);
  }

  hostFrame(host, opcode, region, at, length) {
    const start = this.#startOfMessage(opcode, region, at, length);
    if (start === -1) return this.#event(host, readEvent(opcode, region, at, length));
    const idAt = at + this.#eventStart.length;
    const id = region.bytes.latin1Slice(idAt, idAt + ID_LENGTH);
    host.receive(this.#numbers.get(id), region, start, this.#size);
  }

  #event(host, { event, content }) {
    if (event === 'lobby_started') return host.ready(content.lobby_id);
    if (event !== 'received_join_request') return host.error(`an event ${event}`);
    const id = content.connection_id;
    this.#numbers.set(id, this.#ids.push(id));
    act(host, 'accept_join_request', { player_connection_id: id, player_peer_id: 1 });
    host.joined();
  }

  #accepted(player, { event, content }) {
    if (event !== 'join_request_accepted') return player.error(`an event ${event}`);
    player.upPrefix = this.#prefixTo(content.host_connection_id);
    this.#hosts.set(player, Buffer.from(content.host_connection_id));
    player.seated();
  }

  /** Where the message of an event starts; -1 if it is another event. */
  #startOfMessage(opcode, region, at, length) {
    const valuesAt = at + this.#eventStart.length + ID_LENGTH;
    const start = valuesAt + this.#eventValues.length;
    const isMessage =
      opcode === TEXT &&
      at + length === start + this.#size + END.length &&
      region.has(at, this.#eventStart) &&
      region.has(valuesAt, this.#eventValues) &&
      region.has(start + this.#size, END);
    return isMessage ? start : -1;
  }

  #prefixTo(id) {
    return Buffer.from(
      `{"action":"${this.#action}","content":{"connection_id":"${id}",${this.#values}`,
    );
  }
}

function act(actor, action, content) {
  actor.sendControl(TEXT, Buffer.from(JSON.stringify({ action, content })));
}

function readEvent(opcode, region, at, length) {
  const text = region.bytes.toString('utf8', at, at + length);
  return opcode === TEXT ? JSON.parse(text) : { event: `in a frame with opcode ${opcode}` };
}
