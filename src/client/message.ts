import type { Data } from './api.js';
import type { Message } from './exactly-once/envelope.js';

const encoder = new TextEncoder();
// A byte order mark belongs to the text: what is sent is what arrives.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws TypeError if it is neither a string nor a Uint8Array */
export function toMessage(data: Data): Message {
  if (typeof data === 'string') return { kind: 'text', body: encoder.encode(data) };
  // A copy: it may have to be sent again when its owner has long changed it.
  if (data instanceof Uint8Array) return { kind: 'bytes', body: new Uint8Array(data) };
  throw new TypeError('expected a string or a Uint8Array');
}

/** What a game sees of it; signals are not for games, and come as text. */
export function toData({ kind, body }: Message): Data {
  return kind === 'bytes' ? body : decoder.decode(body);
}

/** As it is on the wire without an envelope. */
export function toFrame(message: Message): string | Uint8Array<ArrayBuffer> {
  const data = toData(message);
  return typeof data === 'string' ? data : new Uint8Array(data);
}

export function toSignal(signal: object): Message {
  return { kind: 'signal', body: encoder.encode(JSON.stringify(signal)) };
}
