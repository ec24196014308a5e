/*
 * The envelope that two ends with this SDK put around what they send each other, as
 * docs/protocol.md describes it. Numbers are big-endian.
 */

/** What a message is for its receiver. `signal` is the SDK's own: WebRTC offers and the like. */
export type Kind = 'text' | 'bytes' | 'signal';

export interface Message {
  readonly kind: Kind;
  /** UTF-8 if the kind is not `bytes`. */
  readonly body: Uint8Array;
}

/** How two ends find each other, and where to go on after a line was lost. */
export interface Greeting {
  /** The sender's own mark: random, the same for as long as it remembers what it has had. */
  readonly from: number;
  /** The mark of the end that it is for, as far as known; 0 if unknown. */
  readonly to: number;
  /** A question, by a number of the asker's: where do you go on? 0 if this is none. */
  readonly ask: number;
  /** With the question: how many messages of `to` the asker has had. */
  readonly had: number;
  /** The number of the question that this answers; 0 if none. */
  readonly answer: number;
  /** With the answer: messages up to this number were for an earlier page of the asker. */
  readonly origin: number;
  /** With the answer: the number of the next message that the asker will get. */
  readonly next: number;
  /** From the host: the player's id; from a player: 0. */
  readonly player: number;
}

/** A frame between two ends that have greeted each other. */
export type Frame =
  | { readonly is: 'message'; readonly message: Message; readonly ack: number | undefined }
  | { readonly is: 'ack'; readonly ack: number }
  | { readonly is: 'ping' }
  | { readonly is: 'greeting'; readonly greeting: Greeting };

const KINDS = ['text', 'bytes', 'signal'] as const;

/** In place of a kind: no message. With `ACK` an acknowledgement alone, without it a ping. */
const NOTHING = 3;

/** A bit of the first byte: four bytes with an acknowledgement follow. */
const ACK = 4;
const ACK_LENGTH = 4;

/** What every greeting begins with: no UTF-8, and no number that another frame begins with. */
const SIGNATURE = [0x9e, 0x6c, 0x6f, 0x62, 0x62, 0x79, 0x0d, 0x0a];
const VERSION = 1;
const FIELDS = ['from', 'to', 'ask', 'had', 'answer', 'origin', 'next', 'player'] as const;
const HEAD_LENGTH = SIGNATURE.length + 1;

/** How long a greeting is, in bytes. */
export const GREETING_LENGTH = HEAD_LENGTH + FIELDS.length * 4;

/** A message in its envelope: one byte more, or five with an acknowledgement. */
export function writeMessage({ kind, body }: Message, ack?: number): Uint8Array<ArrayBuffer> {
  const head = ack === undefined ? 1 : 1 + ACK_LENGTH;
  const frame = new Uint8Array(head + body.length);
  frame[0] = KINDS.indexOf(kind) | (ack === undefined ? 0 : ACK);
  if (ack !== undefined) writeNumber(frame, 1, ack);
  frame.set(body, head);
  return frame;
}

/** An acknowledgement alone: so many messages have been had. */
export function writeAck(ack: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(1 + ACK_LENGTH);
  frame[0] = NOTHING | ACK;
  writeNumber(frame, 1, ack);
  return frame;
}

/** Asks for an acknowledgement at once: a sign of life. */
export function writePing(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(NOTHING);
}

export function writeGreeting(greeting: Greeting): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(GREETING_LENGTH);
  frame.set(SIGNATURE);
  frame[SIGNATURE.length] = VERSION;
  FIELDS.forEach((field, index) => {
    writeNumber(frame, HEAD_LENGTH + index * 4, greeting[field]);
  });
  return frame;
}

/** What a frame says, or `undefined` if it is in no envelope. */
export function readFrame(frame: Uint8Array): Frame | undefined {
  const [first] = frame;
  if (first === undefined) return undefined;
  const greeting = readGreeting(frame);
  if (greeting !== undefined) return { is: 'greeting', greeting };
  if (first > (NOTHING | ACK)) return undefined;
  const head = first & ACK ? 1 + ACK_LENGTH : 1;
  if (frame.length < head) return undefined;
  const ack = first & ACK ? readNumber(frame, 1) : undefined;
  const kind = KINDS[first & NOTHING];
  if (kind !== undefined) {
    return { is: 'message', message: { kind, body: frame.subarray(head) }, ack };
  }
  if (frame.length > head) return undefined;
  return ack === undefined ? { is: 'ping' } : { is: 'ack', ack };
}

/** The greeting that a frame is, or `undefined`: a plain end's message is none. */
export function readGreeting(frame: Uint8Array): Greeting | undefined {
  if (frame.length !== GREETING_LENGTH || frame[SIGNATURE.length] !== VERSION) return undefined;
  if (SIGNATURE.some((byte, index) => frame[index] !== byte)) return undefined;
  const numbers = FIELDS.map((field, index) => [field, readNumber(frame, HEAD_LENGTH + index * 4)]);
  return Object.fromEntries(numbers);
}

function writeNumber(frame: Uint8Array, at: number, value: number): void {
  for (let shift = 24; shift >= 0; shift -= 8) frame[at++] = value >>> shift;
}

function readNumber(frame: Uint8Array, at: number): number {
  let value = 0;
  for (let end = at + 4; at < end; at++) value = value * 256 + (frame[at] ?? 0);
  return value;
}
