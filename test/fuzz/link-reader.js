// The reader of what relays send each other, and a decoder to compare it with.

import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { readFrames } from '../../dist/cluster/wire/frame-reader.js';
import { WireError } from '../../dist/cluster/wire/frames.js';
import { readHead } from '../../dist/cluster/wire/head.js';
import { Streams } from '../../dist/cluster/wire/streams.js';
import { decodeBatch } from './link-decoder.js';

/** @typedef {import('./link-decoder.d.ts').Frame} Frame */
/** @typedef {import('../../dist/protocol/payload.js').Payload} Payload */

const LONGEST_MESSAGE = 256 * 1024;

const INTEGERS = '00000000 01000000 04000000 ffffffff 00a00000 01a00000 00000001 01000400';

/** @type {import('./readers.js').Reader} */
export const LINK_READER = {
  kind: 'link',
  longest: 80 * 1024,
  tokens: [
    Buffer.from('0101010000000200000003000000040000000500000000', 'hex'),
    ...'01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 82 83 87 88 00 ff 0100 0200 0010 0110'
      .split(' ')
      .map((hex) => Buffer.from(hex, 'hex')),
    ...INTEGERS.split(' ').map((hex) => Buffer.from(hex, 'hex')),
    '\x04BCDF',
    'é',
    Buffer.from('eda080', 'hex'),
  ],
  read(bytes) {
    /** @type {Frame[]} */
    const frames = [];
    try {
      const { flags, from, to, number, acknowledged, credit } = readHead(bytes);
      readFrames(bytes, { handler: handlerOf(frames), streams: new Streams(LONGEST_MESSAGE) });
      return { head: [flags, from, to, number, acknowledged, credit], frames };
    } catch (error) {
      if (error instanceof WireError) return error;
      throw error;
    }
  },
  judge(bytes, result) {
    const expected = decode(bytes);
    if (result instanceof WireError) {
      if (expected !== undefined) throw new Error(`refuses a valid batch: ${result.message}`);
      return result.message.replace(/\d+/g, '');
    }
    if (expected === undefined) throw new Error('reads an invalid batch');
    if (!isDeepStrictEqual(result, expected)) throw new Error('reads something else');
    return expected.frames.map(([kind]) => kind).join(' ');
  },
};

/** @param {Uint8Array} bytes */
function decode(bytes) {
  try {
    return decodeBatch(bytes, LONGEST_MESSAGE);
  } catch {
    return undefined;
  }
}

/**
 * @param {Frame[]} frames
 * @returns {import('../../dist/cluster/wire/frames.js').FrameHandler}
 */
function handlerOf(frames) {
  return {
    join: (handle, join) => void frames.push(['join', handle, join]),
    from: (handle, payload) => void frames.push(['from', handle, contentOf(payload)]),
    disconnected: (handle, isFinal) => void frames.push(['disconnected', handle, isFinal]),
    measured: (handle, time) => void frames.push(['measured', handle, time]),
    seated: (...which) => void frames.push(['seated', ...which]),
    to: (handles, payload) => void frames.push(['to', handles, contentOf(payload)]),
    close: (handles, reason) => void frames.push(['close', handles, reason]),
    setReading: (handles, reading) => void frames.push(['reading', handles, reading]),
    measure: (handles) => void frames.push(['measure', handles]),
  };
}

/** @param {Payload} payload */
function contentOf({ bytes, text }) {
  return `${text ? '' : '#'}${Buffer.from(bytes).toString('latin1')}`;
}
