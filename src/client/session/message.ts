import type { Data, Sendable } from '../api.js';
import type { Message } from './envelope.js';

const encoder = new TextEncoder();
// A byte order mark is part of the text, which must arrive unchanged.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws TypeError if it is neither a string nor bytes */
export function toMessage(data: Sendable): Message {
  if (typeof data === 'string') return { kind: 'text', body: encoder.encode(data) };
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
    const { buffer = data as ArrayBuffer, byteOffset = 0, byteLength } = data as Partial<DataView>;
    // A copy, because the game may change the bytes before they are retransmitted.
    return { kind: 'bytes', body: new Uint8Array(buffer, byteOffset, byteLength).slice() };
  }
  throw new TypeError('expected a string, an ArrayBuffer or a view of one');
}

/** Converts a message for the game; a signal, which is not for the game, to text. */
export function toData({ kind, body }: Message): Data {
  return kind === 'bytes' ? body : decoder.decode(body);
}

export function toSignal(signal: object): Message {
  return { kind: 'signal', body: encoder.encode(JSON.stringify(signal)) };
}
