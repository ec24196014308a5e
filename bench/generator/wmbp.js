import { Buffer } from 'node:buffer';
import {
  ARRAY,
  BYTES,
  CborCursor,
  cborHead,
  cborText,
  MAP,
  TEXT as TEXT_STRING,
  UNSIGNED,
} from './cbor.js';
import { BINARY, TEXT } from './frame-writer.js';

const NOTHING = Buffer.alloc(0);
const DATA = cborText('data');

/** lobby-relay's own protocol (docs/protocol.md): CBOR at the host, plain frames at the players. */
export class Wmbp {
  upPrefix = NOTHING;
  upSuffix = NOTHING;
  downSuffix = NOTHING;
  downOpcode = BINARY;

  #messages;
  #from;
  #wrongFrom;
  #hold;
  #keys = 0;

  /**
   * @param {import('./messages.js').Messages} messages
   * @param {object} options
   * @param {boolean} options.bytes whether hosts request byte strings rather than arrays of integers
   * @param {number} options.hold the reconnect window of rooms, in seconds; 0 for none
   */
  constructor(messages, { bytes, hold }) {
    const { binary, size } = messages;
    this.#messages = messages;
    this.#hold = hold;
    this.hostPath = bytes ? '/CREATE?bytes=1' : '/CREATE';
    this.upOpcode = binary ? BINARY : TEXT;
    this.#from = fromEnvelope(binary ? 'from' : 'from_str');
    this.#wrongFrom = binary ? 'from_str' : 'from';
    this.downToAll = this.#downPrefix(cborHead(ARRAY, 0), size);
  }

  playerPath(code) {
    if (this.#hold === 0) return `/${code}`;
    return `/${code}?seat=${String(++this.#keys).padStart(16, '0')}`;
  }

  /** The bytes before a message to one player. */
  downToOne(id) {
    return this.#downPrefix(
      Buffer.concat([cborHead(ARRAY, 1), cborHead(UNSIGNED, id)]),
      this.#messages.size,
    );
  }

  hostOpened(host, maxPlayers) {
    const prepare = [
      cborHead(MAP, 4),
      cborText('cmd'),
      cborText('prepare'),
      cborText('max_players'),
      cborHead(UNSIGNED, maxPlayers),
      cborText('name'),
      cborText('bench'),
      cborText('hold'),
      cborHead(UNSIGNED, this.#hold),
    ];
    host.sendControl(BINARY, Buffer.concat(prepare));
  }

  playerOpened(player) {
    player.seated();
  }

  playerFrame(player, opcode, region, at, length) {
    if (opcode === this.upOpcode) player.receive(region, at, length);
    else player.error(`a frame with opcode ${opcode}`);
  }

  hostFrame(host, opcode, region, at, length) {
    const { bytes } = region;
    const from = this.#from;
    for (let i = 0; i < from.length; i++) {
      if (bytes[at + i] !== from[i]) return this.#event(host, opcode, region, at, at + length);
    }
    const end = at + length;
    at += from.length;
    let id = bytes[at++];
    if (id >= 24) {
      if (id === 24) id = bytes[at++];
      else if (id === 25) {
        id = region.view.getUint16(at);
        at += 2;
      } else return this.#event(host, opcode, region, end - length, end);
    }
    at += DATA.length;
    this.#data(host, id, region, at, end);
  }

  /** Reads the value of `data`, the last item of the frame. */
  #data(host, id, region, at, end) {
    const { bytes, view } = region;
    const first = bytes[at++];
    let count = first & 31;
    if (count === 24) count = bytes[at++];
    else if (count === 25) {
      count = view.getUint16(at);
      at += 2;
    } else if (count === 26) {
      count = view.getUint32(at);
      at += 4;
    } else if (count > 26) return host.error('data has an unusual head');
    const major = first >> 5;
    if (major === ARRAY) host.receiveIntegers(id, region, at, end, count);
    else if (end - at !== count) host.error('data and its frame do not end together');
    else if (major === (this.#messages.binary ? BYTES : TEXT_STRING))
      host.receive(id, region, at, count);
    else host.error(`data is of major type ${major}`);
  }

  /** Reads events, and messages that are encoded in an unusual way. */
  #event(host, opcode, region, at, end) {
    if (opcode !== BINARY) return host.error(`a frame with opcode ${opcode}`);
    const event = readEvent(region.bytes, at, end);
    switch (event.cmd) {
      case 'prepare_reply':
        return host.ready(event.key);
      case 'player_joined':
        return host.joined();
      case 'state':
        return;
      case 'from':
      case 'from_str':
        if (event.cmd === this.#wrongFrom) return host.error(`a message as ${event.cmd}`);
        return this.#data(host, event.from, region, event.dataAt, event.dataEnd);
      default:
        return host.error(`an event ${event.cmd} ${event.reason ?? ''}`);
    }
  }

  #downPrefix(to, size) {
    const { binary } = this.#messages;
    return Buffer.concat([
      cborHead(MAP, 3),
      cborText('cmd'),
      cborText(binary ? 'to' : 'to_str'),
      cborText('to'),
      to,
      DATA,
      cborHead(binary ? BYTES : TEXT_STRING, size),
    ]);
  }
}

/** The bytes before the id. */
function fromEnvelope(cmd) {
  return Buffer.concat([cborHead(MAP, 3), cborText('cmd'), cborText(cmd), cborText('from')]);
}

function readEvent(bytes, at, end) {
  const cursor = new CborCursor(bytes, at, end);
  if (cursor.head().major !== MAP) throw new Error('an event that is no map');
  const event = {};
  for (let left = cursor.argument; left > 0; left--) {
    const key = cursor.text();
    if (key === 'cmd' || key === 'key' || key === 'reason') {
      event[key] = cursor.text();
    } else if (key === 'from') {
      event.from = cursor.head().argument;
    } else {
      if (key === 'data') event.dataAt = cursor.at;
      cursor.skip();
      if (key === 'data') event.dataEnd = cursor.at;
    }
  }
  return event;
}
