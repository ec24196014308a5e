// Reads commands that the relay accepts with other decoders.

import { Buffer } from 'node:buffer';
import { decodeFirst } from 'cborg';

/** @typedef {import('../../dist/protocol/wmbp/commands.js').HostCommand} HostCommand */
/** @typedef {Record<string, unknown>} Fields */

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** cborg knows no tags of its own. */
const TAGS = {
  // A byte string; the relay skips any other value with this tag.
  64: (/** @type {() => unknown} */ content) => {
    const value = content();
    return value instanceof Uint8Array ? value : undefined;
  },
  57343: (/** @type {() => unknown} */ content) => {
    const [, keys, ...values] = /** @type {[unknown, unknown[], ...unknown[]]} */ (content());
    return new Map(keys.map((key, i) => [key, values[i]]));
  },
};

/**
 * Reads a frame with `cborg`.
 *
 * @param {Uint8Array} frame
 * @returns {Fields | undefined} `undefined` if it cannot, or if it reads text differently
 */
export function readWithCborg(frame) {
  // Its TextDecoder removes the mark.
  if (Buffer.from(frame.buffer, frame.byteOffset, frame.length).includes(BYTE_ORDER_MARK)) {
    return undefined;
  }
  try {
    const [map] = decodeFirst(frame, { useMaps: true, tags: TAGS });
    // An unknown key need not be text.
    const entries = [...map].filter(([key]) => typeof key === 'string');
    return Object.fromEntries(entries);
  } catch {
    return undefined;
  }
}

/**
 * The difference between a command and the fields, if there is one.
 *
 * @param {HostCommand} command
 * @param {Fields} fields
 */
export function disagreement(command, fields) {
  switch (command.cmd) {
    case 'prepare':
      return (
        differs('cmd', command.cmd, fields['cmd']) ??
        differs('max_players', exact(command.maxPlayers), exact(fields['max_players'])) ??
        differs('name', command.name, fields['name'] ?? '') ??
        featuresDiffer(command, fields)
      );
    case 'admit':
    case 'kick':
      return (
        differs('cmd', command.cmd, fields['cmd']) ??
        differs('player', exact(command.player), exact(fields['player']))
      );
    case 'send': {
      const { to, payload } = command;
      return (
        differs('cmd', payload.text ? 'to_str' : 'to', fields['cmd']) ??
        differs(
          'to',
          typeof to === 'string' ? to : String(to.map(exact)),
          recipients(fields['to']),
        ) ??
        differs('data', hex(payload.bytes), content(fields['data']))
      );
    }
    default:
      return differs('cmd', command.cmd, fields['cmd']);
  }
}

/**
 * @param {import('../../dist/protocol/wmbp/commands.js').PrepareCommand} command
 * @param {Fields} fields
 */
function featuresDiffer({ features = {} }, fields) {
  const { about = false, ask = false, password, code, times = 0 } = features;
  return (
    differs('about', about, fields['about'] ?? false) ??
    differs('ask', ask, fields['ask'] ?? false) ??
    differs('password', password, fields['password'] ?? undefined) ??
    differs('code', code, fields['code'] ?? undefined) ??
    differs('times', exact(times), exact(fields['times'] ?? 0))
  );
}

/**
 * @param {string} field
 * @param {unknown} ours
 * @param {unknown} theirs
 */
function differs(field, ours, theirs) {
  return ours === theirs ? undefined : `${field}: ${clip(ours)} here, ${clip(theirs)} there`;
}

/** @param {unknown} value */
function clip(value) {
  return String(value).slice(0, 80);
}

/** @param {unknown} to */
function recipients(to) {
  if (!Array.isArray(to)) return 'no list';
  return to.length === 0 ? 'everybody' : String(to.map(exact).filter(Number.isInteger));
}

/** @param {unknown} data */
function content(data) {
  if (typeof data === 'string') return hex(Buffer.from(data));
  if (data instanceof Uint8Array) return hex(data);
  return Array.isArray(data) ? hex(Uint8Array.from(data, Number)) : 'no data';
}

/**
 * Integers of eight bytes can be bigints, and above 2^53 decoders round differently.
 *
 * @param {unknown} value
 */
function exact(value) {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (!Number.isInteger(number) || Number.isSafeInteger(number)) return number;
  return Math.sign(Number(number)) * 2 ** 53;
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Buffer.from(bytes).toString('hex');
}
