import { Buffer } from 'node:buffer';
import { SignalingError } from './errors.js';
import { checkJsonShape } from './json-shape.js';
import { METHODS, type Method, type SignalingRequest } from './request.js';

/** The most characters of an unknown method that the error message contains. */
const MAX_NAME = 100;

type Fields = Record<string, unknown>;

const KNOWN: ReadonlySet<unknown> = new Set(METHODS);

/** A request of which only the method has been read. */
export interface Call {
  readonly method: Method;
  readonly fields: Fields;
  readonly json: string;
}

/**
 * Reads the method of a request.
 *
 * @throws {SignalingError} if the body is not an object with a known method
 */
export function readCall(body: Uint8Array): Call {
  checkJsonShape(body);
  const json = textOf(body);
  const fields = parse(json);
  if (!Object.hasOwn(fields, 'method')) throw new SignalingError('notRpc');
  const { method } = fields;
  if (!isMethod(method)) throw new SignalingError('unknownMethod', ` ${nameOf(method)}`);
  return { method, fields, json };
}

/**
 * Reads the keys that the method requires, in the order in which the original checks them. Any value
 * counts, even `null`. Other keys are ignored.
 *
 * @throws {SignalingError} if a key is missing
 */
export function readRequest({ method, fields, json }: Call): SignalingRequest {
  switch (method) {
    case 'create_data_channel':
      return { method };
    case 'echo':
      return { method, json };
    case 'get_offer':
    case 'get_answer':
    case 'get_candidates':
      return { method, channelId: channelId(fields) };
    case 'create_offer':
      return { method, channelId: channelId(fields), text: text(fields, 'offer') };
    case 'create_answer':
      return { method, channelId: channelId(fields), text: text(fields, 'answer') };
    case 'create_candidate':
      return { method, channelId: channelId(fields), json: candidate(fields) };
    default:
      return method satisfies never;
  }
}

/** The text without the byte order mark that some languages write. */
function textOf(body: Uint8Array): string {
  const { buffer, byteOffset, length } = body;
  return Buffer.from(buffer, byteOffset, length)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

function parse(json: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new SignalingError('notRpc');
  }
  if (isObject(value)) return value;
  throw new SignalingError('notRpc');
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMethod(value: unknown): value is Method {
  return KNOWN.has(value);
}

function nameOf(method: unknown): string {
  const name = typeof method === 'string' ? method.toWellFormed() : JSON.stringify(method);
  return name.slice(0, MAX_NAME);
}

function channelId(fields: Fields): string {
  if (!Object.hasOwn(fields, 'channel_id')) throw new SignalingError('channelIdRequired');
  const { channel_id: id } = fields;
  return typeof id === 'string' ? id : '';
}

function text(fields: Fields, name: 'offer' | 'answer'): string {
  if (!Object.hasOwn(fields, name)) throw new SignalingError(`${name}Required`);
  const value = fields[name];
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function candidate(fields: Fields): string {
  if (!Object.hasOwn(fields, 'candidate')) throw new SignalingError('candidateRequired');
  return JSON.stringify(fields['candidate'], finite);
}

/** Refuses infinite numbers, as of `1e999`, which would be serialized as `null`. */
function finite(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new SignalingError('candidateFailed');
  }
  return value;
}
