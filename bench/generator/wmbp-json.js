import { Buffer } from 'node:buffer';
import { TEXT } from './frame-writer.js';

const NOTHING = Buffer.alloc(0);
const MESSAGE = Buffer.from('{"cmd":"from_str","from":');
const DATA = Buffer.from(',"data":"');
const END = Buffer.from('"}');

/** lobby-relay's own protocol with JSON at the host. Text that contains nothing to escape. */
export class WmbpJson {
  hostPath = '/CREATE?format=json';
  upOpcode = TEXT;
  downOpcode = TEXT;
  upPrefix = NOTHING;
  upSuffix = NOTHING;
  downToAll = Buffer.from('{"cmd":"to_str","to":[],"data":"');
  downSuffix = END;

  #messages;

  /** @param {import('./messages.js').Messages} messages */
  constructor(messages) {
    if (messages.binary) throw new Error('json: text only');
    this.#messages = messages;
  }

  playerPath(code) {
    return `/${code}`;
  }

  /** The bytes before a message to one player. */
  downToOne(id) {
    return Buffer.from(`{"cmd":"to_str","to":[${id}],"data":"`);
  }

  hostOpened(host, maxPlayers) {
    const prepare = { cmd: 'prepare', max_players: maxPlayers, name: 'bench' };
    host.sendControl(TEXT, Buffer.from(JSON.stringify(prepare)));
  }

  playerOpened(player) {
    player.seated();
  }

  playerFrame(player, opcode, region, at, length) {
    if (opcode === TEXT) player.receive(region, at, length);
    else player.error(`a frame with opcode ${opcode}`);
  }

  hostFrame(host, opcode, region, at, length) {
    if (!region.has(at, MESSAGE)) return this.#event(host, opcode, region, at, length);
    const { bytes } = region;
    const { size } = this.#messages;
    const end = at + length;
    at += MESSAGE.length;
    let id = 0;
    while (bytes[at] >= 0x30 && bytes[at] <= 0x39) id = id * 10 + bytes[at++] - 0x30;
    const isWhole =
      end - at === DATA.length + size + END.length &&
      region.has(at, DATA) &&
      region.has(end - END.length, END);
    if (isWhole) host.receive(id, region, at + DATA.length, size);
    else host.error('a message of another form');
  }

  #event(host, opcode, region, at, length) {
    if (opcode !== TEXT) return host.error(`a frame with opcode ${opcode}`);
    const event = JSON.parse(region.bytes.toString('utf8', at, at + length));
    if (event.cmd === 'prepare_reply') host.ready(event.key);
    else if (event.cmd === 'player_joined') host.joined();
    else if (event.cmd !== 'state') host.error(`an event ${event.cmd} ${event.reason ?? ''}`);
  }
}
