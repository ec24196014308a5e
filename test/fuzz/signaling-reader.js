// The reader of signaling-server's requests, and a model of it without limits.

import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { SIGNALING_ERRORS, SignalingError } from '../../dist/protocol/signaling/errors.js';
import { readCall, readRequest } from '../../dist/protocol/signaling/read-request.js';
import { METHODS } from '../../dist/protocol/signaling/request.js';

/** @typedef {Record<string, unknown>} Fields */

const KEYS = ['method', 'channel_id', 'offer', 'answer', 'candidate'];

/** @type {ReadonlySet<string>} */
const BOUNDS = new Set([SIGNALING_ERRORS.tooDeep, SIGNALING_ERRORS.tooManyValues]);

/** @type {import('./readers.js').Reader} */
export const SIGNALING_READER = {
  kind: 'signaling',
  longest: 64 * 1024,
  tokens: [
    ...[...KEYS, ...METHODS].map((word) => JSON.stringify(word)),
    ...KEYS.map((word) => `"${word}":`),
    ...'{ } [ ] , : " \\ \\u \\ud800 null true false 0 -0 1e400 1.5 [] {}'.split(' '),
    '"__proto__":',
    '[[[[[[[[[[[[[[[[',
    '0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,',
    Buffer.from('efbbbf', 'hex'),
    Buffer.from('ff', 'hex'),
  ],
  read(bytes) {
    try {
      return readRequest(readCall(bytes));
    } catch (error) {
      if (error instanceof SignalingError) return error;
      throw error;
    }
  },
  judge(bytes, result) {
    const fields = parse(bytes);
    if (result instanceof SignalingError) return judgeError(result.message, fields);
    if (fields === undefined) throw new Error('reads what is no JSON object');
    const problem = problemOf(fields);
    if (problem !== undefined) throw new Error(`reads what has: ${problem}`);
    judgeRequest(result, fields);
    return result.method;
  },
};

/**
 * @param {string} message
 * @param {Fields | undefined} fields
 */
function judgeError(message, fields) {
  if (BOUNDS.has(message)) return message;
  const expected = fields === undefined ? SIGNALING_ERRORS.notRpc : problemOf(fields);
  if (expected === undefined || !message.startsWith(expected)) {
    throw new Error(`says ${message.slice(0, 80)}, and not ${expected}`);
  }
  return expected;
}

/**
 * @param {any} request
 * @param {Fields} fields
 */
function judgeRequest(request, fields) {
  const { method } = request;
  if (method !== fields['method']) throw new Error(`takes ${fields['method']} for ${method}`);
  if (method === 'echo') return same(JSON.parse(request.json), fields);
  if (method === 'create_data_channel') return;
  const id = fields['channel_id'];
  same(request.channelId, typeof id === 'string' ? id : '');
  if (method === 'create_candidate')
    return same(JSON.parse(request.json), plain(fields['candidate']));
  if (!method.startsWith('create_')) return;
  const value = fields[method.slice('create_'.length)];
  if (typeof value === 'string') same(request.text, value);
  else same(JSON.parse(request.text), plain(value));
}

/**
 * The error of a request, in the order of the documentation.
 *
 * @param {Fields} fields
 */
function problemOf(fields) {
  if (!Object.hasOwn(fields, 'method')) return SIGNALING_ERRORS.notRpc;
  const method = String(fields['method']);
  if (typeof fields['method'] !== 'string' || !METHODS.some((known) => known === method)) {
    return SIGNALING_ERRORS.unknownMethod;
  }
  if (method === 'echo' || method === 'create_data_channel') return undefined;
  if (!Object.hasOwn(fields, 'channel_id')) return SIGNALING_ERRORS.channelIdRequired;
  if (!method.startsWith('create_')) return undefined;
  const name = method.slice('create_'.length);
  if (!Object.hasOwn(fields, name)) return `${name} is required`;
  const isKept =
    name !== 'candidate' || isDeepStrictEqual(plain(fields[name]), noZeros(fields[name]));
  return isKept ? undefined : SIGNALING_ERRORS.candidateFailed;
}

/**
 * A value after a round trip through JSON: infinite numbers become `null`.
 *
 * @param {unknown} value
 */
function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

/**
 * The value with 0 for -0, because `JSON.stringify` writes 0.
 *
 * @param {unknown} value
 * @returns {unknown}
 */
function noZeros(value) {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(noZeros);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, each]) => [key, noZeros(each)]));
}

/**
 * @param {unknown} ours
 * @param {unknown} theirs
 */
function same(ours, theirs) {
  if (!isDeepStrictEqual(ours, theirs)) throw new Error('reads another value');
}

/**
 * @param {Buffer} bytes
 * @returns {Fields | undefined}
 */
function parse(bytes) {
  try {
    const value = JSON.parse(bytes.toString().replace(/^\ufeff/, ''));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? value : undefined;
  } catch {
    return undefined;
  }
}
