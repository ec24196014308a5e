/*
 * What a host shares with everybody, as described in docs/protocol.md, Shared values. Numbers are
 * big-endian.
 */

import { GREETING_START, type Message } from '../session/envelope.js';
import { toData } from '../session/message.js';

const KINDS = ['text', 'bytes', 'forgotten', 'state', 'patch', 'audience'] as const;

/** A shared value, or a change of the shared state. */
export interface SharedItem {
  /**
   * A value as text or bytes, or that it is forgotten; the whole state as JSON, or a patch of it; for
   * viewers only, which keys there are, and the poll.
   */
  readonly kind: (typeof KINDS)[number];
  /** The mark of the host's page: random, and the same for as long as the page is open. */
  readonly mark: number;
  /** Counts the items of the page from 1: for values over all keys, and for the state. */
  readonly number: number;
  /** The key of a value, up to 255 bytes; empty for the state. */
  readonly key: string;
  readonly content: Uint8Array;
}

/** The length of an item without key and content, in bytes. */
export const ITEM_BYTES = 10;

/** The start of an item that the relay has stored. The version differs from that of a greeting. */
const STORED = [...GREETING_START, 2];

/** Writes an item as a signal, which is a message of a session. */
export function toSharedSignal({ kind, mark, number, key, content }: SharedItem): Message {
  const name = new TextEncoder().encode(key);
  const body = new Uint8Array(ITEM_BYTES + name.length + content.length);
  const view = new DataView(body.buffer);
  view.setUint8(0, KINDS.indexOf(kind));
  view.setUint32(1, mark);
  view.setUint32(5, number);
  view.setUint8(9, name.length);
  body.set(name, ITEM_BYTES);
  body.set(content, ITEM_BYTES + name.length);
  return { kind: 'signal', body };
}

/** Writes an item as a frame, for connections without a session. */
export function toStoredFrame({ body }: Message): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(STORED.length + body.length);
  frame.set(STORED);
  frame.set(body, STORED.length);
  return frame;
}

/** Reads a signal; `undefined` if it is not an item. Other signals are JSON. */
export function readItem(body: Uint8Array): SharedItem | undefined {
  const { buffer, byteOffset, length } = body;
  const view = new DataView(buffer, byteOffset, length);
  const kind = length < ITEM_BYTES ? undefined : KINDS[view.getUint8(0)];
  if (kind === undefined) return undefined;
  const end = ITEM_BYTES + view.getUint8(9);
  return {
    kind,
    mark: view.getUint32(1),
    number: view.getUint32(5),
    key: String(toData({ kind: 'text', body: body.subarray(ITEM_BYTES, end) })),
    content: body.subarray(end),
  };
}

/** Reads a frame; `undefined` if it is not an item. */
export function readStoredFrame(frame: Uint8Array): SharedItem | undefined {
  return STORED.every((byte, index) => frame[index] === byte)
    ? readItem(frame.subarray(STORED.length))
    : undefined;
}
