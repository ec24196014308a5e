import { Buffer } from 'node:buffer';
import { TEXT } from './frame-writer.js';

const CONNECT = Buffer.from('40');
const QUOTE_BRACKET = Buffer.from('"]');
const MESSAGE = Buffer.from('42["m",');
const TO_ALL = Buffer.from('42["b","');
const TO_ONE = Buffer.from('42["t","');

/**
 * The relay of `peers/socket-io.js`: Socket.IO 5 over Engine.IO 4, WebSocket from the start. Text
 * messages only, which contain nothing that JSON would escape.
 */
export class SocketIo {
  hostPath = '/socket.io/?EIO=4&transport=websocket';
  upOpcode = TEXT;
  downOpcode = TEXT;
  upPrefix = Buffer.from('42["m","');
  upSuffix = QUOTE_BRACKET;
  downToAll = TO_ALL;
  downSuffix = QUOTE_BRACKET;

  #messages;
  #codes = new Map();

  /** @param {import('./messages.js').Messages} messages */
  constructor(messages) {
    if (messages.binary) throw new Error('socket.io: text only');
    this.#messages = messages;
  }

  playerPath() {
    return this.hostPath;
  }

  downToOne(id) {
    return Buffer.from(`42["t",${id},"`);
  }

  hostOpened() {}

  playerOpened(player, code) {
    this.#codes.set(player, code);
  }

  playerFrame(player, opcode, region, at, length) {
    if (region.has(at, TO_ALL) || region.has(at, TO_ONE)) {
      player.receive(region, at + TO_ALL.length, length - TO_ALL.length - QUOTE_BRACKET.length);
      return;
    }
    const packet = region.bytes.toString('utf8', at, at + length);
    if (opcode === TEXT && packet.startsWith('40')) {
      player.sendControl(TEXT, Buffer.from(`42["join","${this.#codes.get(player)}"]`));
      this.#codes.delete(player);
      player.seated();
    } else {
      control(player, packet);
    }
  }

  hostFrame(host, opcode, region, at, length) {
    const { bytes } = region;
    if (!region.has(at, MESSAGE)) return this.#event(host, opcode, region, at, length);
    const end = at + length;
    at += MESSAGE.length;
    let id = 0;
    while (bytes[at] !== 0x2c) id = id * 10 + bytes[at++] - 0x30;
    at += 2;
    if (end - at - QUOTE_BRACKET.length === this.#messages.size) {
      host.receive(id, region, at, this.#messages.size);
    } else {
      host.error('a message of another length');
    }
  }

  #event(host, opcode, region, at, length) {
    const packet = region.bytes.toString('utf8', at, at + length);
    if (opcode !== TEXT) return host.error(`a frame with opcode ${opcode}`);
    if (packet.startsWith('40')) return host.sendControl(TEXT, Buffer.from('42["create"]'));
    if (packet.startsWith('42["joined"')) return host.joined();
    const code = /^42\["key","([^"]+)"\]$/.exec(packet)?.[1];
    if (code !== undefined) host.ready(code);
    else control(host, packet);
  }
}

/** Handles packets of Engine.IO itself. */
function control(actor, packet) {
  if (packet.startsWith('0{')) actor.sendControl(TEXT, CONNECT);
  else if (packet === '2') actor.sendControl(TEXT, Buffer.from('3'));
  else actor.error(`a packet ${packet.slice(0, 60)}`);
}
