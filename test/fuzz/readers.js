// Functions that read external input without a socket, and how to check their results.

import { Buffer } from 'node:buffer';
import { maxHeaderSize } from 'node:http';
import { route } from '../../dist/http/route.js';
import { CommandError } from '../../dist/protocol/wmbp/command-error.js';
import { readCommand } from '../../dist/protocol/wmbp/read-command.js';
import { BELLHOP_READER } from './bellhop-reader.js';
import { LINK_READER } from './link-reader.js';
import { disagreement, readWithCborg } from './oracles.js';
import { SIGNALING_READER } from './signaling-reader.js';

/**
 * @typedef {object} Reader
 * @property {string} kind its folder in the corpus
 * @property {number} [longest] the longest possible input, in bytes
 * @property {readonly (string | Uint8Array)[]} tokens
 * @property {(bytes: Buffer) => any} read the function whose time and memory are measured
 * @property {(bytes: Buffer, result: any) => string} judge returns the kind of the result; throws
 * if it is not one that can be
 */

const KEYS = ['cmd', 'to', 'data', 'name', 'player', 'max_players'];
const VALUES = ['prepare', 'start', 'open', 'kick', 'stop', 'to', 'to_str', 'from', 'state'];

/** Heads with a special meaning: wide and indefinite ones, tags, floats, simple values. */
const HEADS =
  '00 17 18 19 1a 1b 1b7fffffffffffffff 1bffffffffffffffff 1c 1f 20 38 3b 40 41 58 5a 5b 5f 5fff ' +
  '60 61 78 7a 7b 7f 7fff 80 81 98 9a 9affffffff 9b 9f 9fff a0 a1 b8 b9 ba bb bf bfff c0 c1 c2 d81c ' +
  'd81d d833 d840 d84041 d84e d9d9f7 d90102 d9dfff d9dfff8319e00080 d9e000 d9f0ff da dbffffffffffffffff e0 f4 f5 ' +
  'f6 f7 f800 f820 f8ff f9 f93c00 f97c00 f97e00 fa fb fb4008000000000000 fb7ff8000000000000 ff';

/** @type {readonly Reader[]} */
export const READERS = [
  {
    kind: 'cbor',
    tokens: [
      ...HEADS.split(' ').map((hex) => Buffer.from(hex, 'hex')),
      ...[...KEYS, ...VALUES].map(cborText),
      'é',
      '\ufeff',
      Buffer.from('eda080', 'hex'),
    ],
    read: (bytes) => decode(bytes, true),
    judge(bytes, command) {
      if (command instanceof CommandError) return outcome(command);
      agree(command, readWithCborg(bytes));
      return outcome(command);
    },
  },
  {
    kind: 'json',
    tokens: [
      ...[...KEYS, ...VALUES].map((word) => JSON.stringify(word)),
      ...KEYS.map((word) => `"${word}":`),
      ...'{ } [ ] , : " \\ \\u \\ud800 \\u0000 null true false 0 -0 1e400 1.5 255 256 [] {} [0]'.split(
        ' ',
      ),
      '"__proto__":',
      '"toString":',
      '\u2028',
      Buffer.from('efbbbf', 'hex'),
      Buffer.from('ff', 'hex'),
      '\0',
    ],
    read: (bytes) => decode(bytes, false),
    judge(bytes, command) {
      if (command instanceof CommandError) return outcome(command);
      // Some languages add bytes around JSON, which are ignored.
      const json = bytes
        .toString()
        .replace(/^\ufeff/, '')
        .replace(/[\0\t\n\r ]+$/, '');
      const entries = Object.entries(JSON.parse(json));
      agree(command, Object.fromEntries(entries.map(([key, value]) => [key, wellFormed(value)])));
      return outcome(command);
    },
  },
  BELLHOP_READER,
  LINK_READER,
  {
    kind: 'route',
    longest: maxHeaderSize,
    tokens: [
      ...'/ /CREATE /bellhop /signaling /health /ready /metrics ? & = % %00 %2e .. // [ ] # * : @ ; \\ + format=json bytes=1'.split(
        ' ',
      ),
      ' ',
      '\0',
      '\r\n',
      'BCDF',
      'http://localhost',
      '__proto__',
      'é',
      '\u017f', // in capitals an S
    ],
    // Node's parser passes a string in which each character is a byte.
    read: (bytes) => route(bytes.toString('latin1')),
    judge(bytes, found) {
      const text = bytes.toString();
      checkRoute(text, route(text));
      return checkRoute(bytes.toString('latin1'), found);
    },
  },
  SIGNALING_READER,
];

/**
 * @param {Buffer} bytes
 * @param {boolean} binary
 */
function decode(bytes, binary) {
  try {
    // It may write to the frame, which is also read in other ways.
    return readCommand(Buffer.from(bytes), binary);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

/**
 * @param {import('../../dist/protocol/wmbp/commands.js').HostCommand} command
 * @param {Record<string, unknown> | undefined} fields
 */
function agree(command, fields) {
  const reason = fields && disagreement(command, fields);
  if (reason !== undefined) throw new Error(`read in two ways: ${reason}`);
}

/**
 * Inputs with the same outcome are alike.
 *
 * @param {import('../../dist/protocol/wmbp/commands.js').HostCommand | CommandError} result
 */
function outcome(result) {
  if (result instanceof CommandError)
    return `${result.code} ${result.message.replace(/\d+|".*"/g, '')}`;
  if (result.cmd !== 'send') return result.cmd;
  const { to, payload } = result;
  const size = Math.ceil(Math.log2(payload.bytes.length + 1));
  return `${payload.text ? 'text' : 'bytes'} of 2^${size} to ${to === 'everybody' ? to : Math.min(to.length, 3)}`;
}

/**
 * @param {string} target
 * @param {import('../../dist/http/route.js').Route} found
 */
function checkRoute(target, found) {
  const path = found.kind === 'file' && found.path === whole(target) ? found.path : pathOf(target);
  switch (found.kind) {
    case 'create':
      if (path !== '/CREATE') throw new Error(`${path} is no way to open a room`);
      return `create ${found.format.format} ${found.format.bytes}`;
    case 'room':
      if (found.code !== undefined && found.code !== path.slice(1).toUpperCase()) {
        throw new Error(`${path} leads to ${found.code}`);
      }
      return `room ${found.code === undefined ? 'that cannot be' : ''}`;
    case 'bellhop':
    case 'signaling':
      if (path !== `/${found.kind}`) throw new Error(`${path} leads to ${found.kind}`);
      return found.kind;
    case 'home':
    case 'health':
    case 'ready':
    case 'metrics':
    case 'ice':
    case 'address':
      return found.kind;
    case 'file':
      if (found.path !== path) throw new Error(`${path} leads to ${found.path}`);
      return found.kind;
    default:
      throw new Error(`leads to ${JSON.stringify(found)}`);
  }
}

/**
 * A target up to its query.
 *
 * @param {string} target
 */
function whole(target) {
  return target.split('?', 1)[0] ?? '';
}

/**
 * The path of a target, which may be in absolute form.
 *
 * @param {string} target
 */
function pathOf(target) {
  return whole(target.replace(/^(https?|wss?):\/\/[^/?]+/i, '')) || (target && '/');
}

/**
 * Escapes of lone surrogates have no UTF-8, and become U+FFFD.
 *
 * @param {unknown} value
 */
function wellFormed(value) {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** @param {string} word */
function cborText(word) {
  return Buffer.concat([Buffer.of(0x60 | word.length), Buffer.from(word)]);
}
