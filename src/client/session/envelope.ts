/*
 * The envelope around messages between two ends with this SDK, as described in docs/protocol.md.
 * Numbers are big-endian.
 */

/** The type of a message. Signals are messages of the SDK itself, such as WebRTC offers. */
export type MessageKind = 'text' | 'bytes' | 'signal';

export interface Message {
  readonly kind: MessageKind;
  /** UTF-8 unless the kind is `bytes`. */
  readonly body: Uint8Array;
}

/** With greetings, two ends detect each other, and agree where to continue on a new connection. */
export interface Greeting {
  /** The sender's mark: random, and the same for as long as the sender knows what it has received. */
  readonly from: number;
  /** The receiver's mark; 0 if unknown. */
  readonly to: number;
  /** The number of a question, which asks where to continue; 0 if this is not a question. */
  readonly question: number;
  /** With a question: how many messages of `to` its sender has received. */
  readonly received: number;
  /** The number of the question that this greeting answers; 0 if it answers none. */
  readonly answer: number;
  /**
   * With an answer: messages up to this number were for an earlier page of the receiver. In a notice: 1
   * if its sender answers time frames.
   */
  readonly origin: number;
  /**
   * With an answer: the number of the next message. In a question that answers nothing: 1 to request the
   * size limit of messages. In a notice, which neither asks nor answers: this limit, in bytes.
   */
  readonly next: number;
  /** From the host: the player's id; from a player: 0. */
  readonly player: number;
}

/** A frame that measures the round-trip time. */
export interface TimeFrame {
  /** The sender's time, for the receiver to send back; NaN if there is none. */
  readonly time: number;
  /** The receiver's time, sent back; NaN if there is none. */
  readonly echo: number;
}

/** A frame of the session. */
export type Frame =
  | { readonly is: 'message'; readonly message: Message; readonly ack: number | undefined }
  | { readonly is: 'ack'; readonly ack: number }
  | { readonly is: 'ping' }
  | ({ readonly is: 'time' } & TimeFrame)
  | { readonly is: 'greeting'; readonly greeting: Greeting };

const KINDS = ['text', 'bytes', 'signal'] as const;

/** In place of a kind: there is no message. With `ACK` it is an acknowledgement, without it a ping. */
const NO_MESSAGE = 3;

/** A bit of the first byte: an acknowledgement of four bytes follows. */
const ACK = 4;
const ACK_LENGTH = 4;

/** The first byte of a time frame, in which two floating-point numbers of eight bytes follow. */
const TIME = 8;
const TIME_LENGTH = 17;

/** The largest overhead of the envelope, in bytes. */
export const ENVELOPE_BYTES = 1 + ACK_LENGTH;

/** The start of every greeting: not valid UTF-8, and different from other frames. */
export const GREETING_START = [0x9e, 0x6c, 0x6f, 0x62, 0x62, 0x79, 0x0d, 0x0a];

/** The start, then the version. */
const HEAD = [...GREETING_START, 1];
const FIELDS = [
  'from',
  'to',
  'question',
  'received',
  'answer',
  'origin',
  'next',
  'player',
] as const;

/** The length of a greeting, in bytes. */
export const GREETING_LENGTH = HEAD.length + FIELDS.length * 4;

/** Writes a message in its envelope of one byte, or five with an acknowledgement. */
export function writeMessage({ kind, body }: Message, ack?: number): Uint8Array<ArrayBuffer> {
  return write(KINDS.indexOf(kind), body, ack);
}

/** Writes an acknowledgement without a message: how many messages were received. */
export function writeAck(ack: number): Uint8Array<ArrayBuffer> {
  return write(NO_MESSAGE, [], ack);
}

/** Writes a ping, which requests an immediate acknowledgement. */
export function writePing(): Uint8Array<ArrayBuffer> {
  return write(NO_MESSAGE, []);
}

export function writeTime({ time, echo }: TimeFrame): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(TIME_LENGTH);
  frame[0] = TIME;
  view(frame).setFloat64(1, time);
  view(frame).setFloat64(9, echo);
  return frame;
}

function write(first: number, body: ArrayLike<number>, ack?: number): Uint8Array<ArrayBuffer> {
  const head = ack === undefined ? 1 : ENVELOPE_BYTES;
  const frame = new Uint8Array(head + body.length);
  frame.set(body, head);
  frame[0] = first;
  if (ack !== undefined) {
    frame[0] |= ACK;
    view(frame).setUint32(1, ack);
  }
  return frame;
}

export function writeGreeting(greeting: Greeting): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(GREETING_LENGTH);
  frame.set(HEAD);
  FIELDS.forEach((field, index) => {
    view(frame).setUint32(HEAD.length + index * 4, greeting[field]);
  });
  return frame;
}

/** Reads a frame; `undefined` if it is not one of this SDK. */
export function readFrame(frame: Uint8Array): Frame | undefined {
  const greeting = readGreeting(frame);
  if (greeting !== undefined) return { is: 'greeting', greeting };
  const [first = 0xff] = frame;
  if (first === TIME && frame.length === TIME_LENGTH) {
    return { is: 'time', time: view(frame).getFloat64(1), echo: view(frame).getFloat64(9) };
  }
  const head = first & ACK ? ENVELOPE_BYTES : 1;
  if (first > (NO_MESSAGE | ACK) || frame.length < head) return undefined;
  const ack = first & ACK ? view(frame).getUint32(1) : undefined;
  const kind = KINDS[first & NO_MESSAGE];
  if (kind !== undefined) {
    return { is: 'message', message: { kind, body: frame.subarray(head) }, ack };
  }
  if (frame.length > head) return undefined;
  return ack === undefined ? { is: 'ping' } : { is: 'ack', ack };
}

/** Reads a greeting; `undefined` if the frame is not one. */
export function readGreeting(frame: Uint8Array): Greeting | undefined {
  if (frame.length !== GREETING_LENGTH) return undefined;
  if (HEAD.some((byte, index) => frame[index] !== byte)) return undefined;
  const read = (index: number): number => view(frame).getUint32(HEAD.length + index * 4);
  return Object.fromEntries(FIELDS.map((field, index) => [field, read(index)])) as never;
}

function view({ buffer, byteOffset }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset);
}
