// biome-ignore-all lint/style/noExcessiveLinesPerFile: one state machine, whose steps share its state for speed
import { Buffer, isUtf8 } from 'node:buffer';
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } from '../protocol/frame.js';
import { MessageBuffer } from './message-buffer.js';
import type { Unfinished } from './unfinished-message.js';
import { MASK_LENGTH, rotateKey, unmask, unmaskWith } from './unmask.js';

/** Close codes for invalid input (RFC 6455 section 7.4.1). */
export const PROTOCOL_ERROR = 1002;
export const INVALID_UTF8 = 1007;
export const TOO_MANY_PIECES = 1008;
export const TOO_BIG = 1009;

/** A close frame without a code (RFC 6455 section 7.1.5). */
export const NO_CODE = 1005;

/** Handles parsed frames. Bytes are views of memory that is theirs alone from then on. */
export interface FrameHandler {
  /** A whole message. Text is valid UTF-8. */
  message(bytes: Uint8Array, binary: boolean): void;
  ping(data: Buffer): void;
  pong(data: Buffer): void;
  /** The other end closes. Later input is ignored. */
  closeFrame(code: number, reason: Buffer): void;
  /** The input violates the protocol or a limit, as the code says. Later input is ignored. */
  broken(code: number): void;
  /** So many frames have been parsed since the last call, at most `FRAMES_AT_ONCE`. */
  parsed(frames: number): void;
}

/** After so many frames of a chunk, the handler is told, because it may have to pause. */
export const FRAMES_AT_ONCE = 16;

/** Bits of the first byte of a frame (RFC 6455 section 5.2). */
const FINAL = 0x80;
const RESERVED = 0x70;
const OPCODE = 0x0f;

/** Bit of the second byte: the frame is masked, as every frame of a client must be. */
const MASKED = 0x80;

/** Values of the length field that mean a length in 16 or 64 bits follows. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** The header of an empty message: opcode, length and key. */
const SHORTEST_HEADER = 2 + MASK_LENGTH;
const LONGEST_HEADER = SHORTEST_HEADER + 8;

/** Opcodes from here on are control frames, which may come between the fragments of a message. */
const FIRST_CONTROL = 0x8;
const MAX_CONTROL = 125;

/** Messages up to this length take a fast path. No limit on messages is lower. */
const MAX_SHORT = 512;

/** How many frames a message may consist of. Each costs as much as a message. */
const MAX_FRAGMENTS = 16 * 1024;

/**
 * After this many chunks of one message, chunks must contain this many bytes on average, because
 * each costs a system call. 16 MiB in the smallest usual packets are far from this limit.
 */
const FREE_PIECES = 4096;
const MIN_PIECE = 64;

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Parses the frames of a client (RFC 6455 section 5) without a socket: chunks in, messages, pings,
 * pongs and a close out. It can be paused between two frames, and returns how far it has read. It
 * buffers at most one incomplete message.
 */
export class FrameParser {
  /** May be set while a frame is handled: parsing stops after that frame. */
  paused = false;
  readonly #handler: FrameHandler;
  readonly #maxMessage: number;
  #ended = false;
  #isReading = false;
  #skipsMessages = false;

  /** The first bytes of an incomplete header. */
  #header = NOTHING;

  // The current frame, from its header.
  #isFinal = false;
  #opcode = 0;
  #frameLength = 0;
  /** Remaining bytes of its payload, and the key for the next one. */
  #left = 0;
  #key = 0;
  /** Whether the current frame is incomplete. */
  #inFrame = false;
  /** The payload so far of a control frame. */
  #control: MessageBuffer | undefined;

  // The current message, if it does not arrive in one frame and chunk.
  #message: MessageBuffer | undefined;
  /** Its opcode if further fragments follow, else 0. */
  #fragmented = 0;
  #fragments = 0;
  /** Total length of its frames so far, from their headers. */
  #messageLength = 0;
  #pieces = 0;
  /** How many messages, and frames between them, have begun that `#readShort` did not read. */
  #begun = 0;

  /** @param maxMessage the longest message in bytes; a longer one fails with 1009 */
  constructor(handler: FrameHandler, maxMessage: number) {
    this.#handler = handler;
    this.#maxMessage = maxMessage;
  }

  /** Buffered bytes of an incomplete message. */
  get bufferedBytes(): number {
    return (this.#message?.length ?? 0) + (this.#control?.length ?? 0) + this.#header.length;
  }

  /** The message or frame that is incomplete. */
  get unfinished(): Unfinished | undefined {
    const exists = this.#inFrame || this.#fragmented !== 0 || this.#header.length > 0;
    return exists ? { id: this.#begun, bytes: this.bufferedBytes } : undefined;
  }

  /** Drops the current message and all later ones. */
  skipMessages(): void {
    this.#skipsMessages = true;
    this.#message = undefined;
  }

  /**
   * Parses a chunk, and unmasks it in place.
   *
   * @returns where parsing stopped: before the end only if it is paused. After a close or an error,
   * all input counts as read
   * @throws if its own handler calls it, because messages would arrive in the wrong order
   */
  read(chunk: Buffer): number {
    if (this.#isReading) throw new Error('frames are read while a frame is handled');
    this.#isReading = true;
    try {
      let at = 0;
      if (this.#inFrame || this.#header.length > 0) at = this.#readOn(chunk);
      // Read once per chunk, because V8 does not inline these getters.
      const { buffer: memory, byteOffset } = chunk;
      while (at < chunk.length && !this.paused && !this.#ended) {
        at = this.#readSome(chunk, at, memory, byteOffset);
      }
      return this.#ended ? chunk.length : at;
    } finally {
      this.#isReading = false;
    }
  }

  /** Parses a few frames, and returns where parsing stopped. */
  #readSome(chunk: Buffer, start: number, memory: ArrayBufferLike, byteOffset: number): number {
    let at = start;
    let frames = 0;
    while (frames < FRAMES_AT_ONCE && at < chunk.length && !this.paused && !this.#ended) {
      const next = this.#readShort(chunk, at, memory, byteOffset);
      at = next === at ? this.#readFrame(chunk, at) : next;
      frames++;
    }
    this.#handler.parsed(frames);
    return at;
  }

  /**
   * Parses the short message that starts here, if there is one, and returns where it ends.
   *
   * The message is a `Uint8Array`, which takes 13 ns to create; `subarray` of a `Buffer` takes 36.
   */
  #readShort(chunk: Buffer, at: number, memory: ArrayBufferLike, byteOffset: number): number {
    const first = chunk[at];
    if (first !== (FINAL | TEXT) && first !== (FINAL | BINARY)) return at;
    if (chunk.length - at < SHORTEST_HEADER || this.#fragmented !== 0) return at;
    let length = (chunk[at + 1] as number) - MASKED;
    let start = at + SHORTEST_HEADER;
    if (length === LENGTH_16) {
      length = chunk.readUInt16BE(at + 2);
      start += 2;
    } else if (length < 0 || length === LENGTH_64) return at;
    const end = start + length;
    if (length > MAX_SHORT || end > chunk.length) return at;
    const any = unmask(chunk, start, length);
    const bytes = new Uint8Array(memory, byteOffset + start, length);
    if (first === (FINAL | TEXT) && any >= 0x80 && !isUtf8(bytes)) {
      this.#fail(INVALID_UTF8);
      return chunk.length;
    }
    this.#handler.message(bytes, first === (FINAL | BINARY));
    return end;
  }

  /** Parses the frame that starts here, as far as it has arrived. Returns where parsing stopped. */
  #readFrame(chunk: Buffer, at: number): number {
    const length = this.#readHeader(chunk, at);
    if (this.#ended) return chunk.length;
    if (length > 0) return this.#readPayload(chunk, at + length);
    if (this.#fragmented === 0) this.#begun++;
    // Copied, because the rest may take long to arrive and a view would retain the whole chunk.
    this.#header = join(NOTHING, chunk.subarray(at));
    return chunk.length;
  }

  /** The same for a frame that started in an earlier chunk. */
  #readOn(chunk: Buffer): number {
    this.#pieces++;
    if (this.#isInPieces) {
      this.#fail(TOO_MANY_PIECES);
      return chunk.length;
    }
    if (this.#inFrame) return this.#readPayload(chunk, 0);
    const before = this.#header.length;
    const header = join(this.#header, chunk.subarray(0, LONGEST_HEADER - before));
    const length = this.#readHeader(header, 0);
    if (this.#ended) return chunk.length;
    if (length === 0) {
      this.#header = header;
      return chunk.length;
    }
    this.#header = NOTHING;
    return this.#readPayload(chunk, length - before);
  }

  get #isInPieces(): boolean {
    return this.#pieces > FREE_PIECES && this.#pieces * MIN_PIECE > (this.#message?.length ?? 0);
  }

  /** Returns the length of the header; 0 if it is incomplete or invalid (then `#ended` is set). */
  #readHeader(bytes: Buffer, at: number): number {
    const there = bytes.length - at;
    if (there < 2) return 0;
    const first = bytes[at] as number;
    const length7 = (bytes[at + 1] as number) - MASKED;
    const opcode = first & OPCODE;
    const isFinal = (first & FINAL) !== 0;
    if ((first & RESERVED) !== 0 || !this.#fits(opcode, isFinal, length7) || length7 < 0) {
      return this.#fail(PROTOCOL_ERROR);
    }
    const lengthBytes = length7 === LENGTH_16 ? 2 : length7 === LENGTH_64 ? 8 : 0;
    if (there < 2 + lengthBytes) return 0;
    const length = lengthBytes === 0 ? length7 : readLength(bytes, at + 2, lengthBytes);
    const total = opcode < FIRST_CONTROL ? this.#messageLength + length : 0;
    // An empty frame does not lengthen the message.
    if (total > this.#maxMessage && length > 0) return this.#fail(TOO_BIG);
    if (there < SHORTEST_HEADER + lengthBytes) return 0;
    this.#key = bytes.readInt32LE(at + 2 + lengthBytes);
    this.#startFrame(opcode, isFinal, length);
    return SHORTEST_HEADER + lengthBytes;
  }

  /** Whether such a frame is allowed here (RFC 6455 sections 5.4 and 5.5). */
  #fits(opcode: number, isFinal: boolean, length7: number): boolean {
    if (opcode === CONTINUATION) return this.#fragmented !== 0;
    if (opcode === TEXT || opcode === BINARY) return this.#fragmented === 0;
    if (opcode < CLOSE || opcode > PONG) return false;
    return isFinal && length7 <= MAX_CONTROL && !(opcode === CLOSE && length7 === 1);
  }

  #startFrame(opcode: number, isFinal: boolean, length: number): void {
    this.#inFrame = true;
    this.#opcode = opcode;
    this.#isFinal = isFinal;
    this.#frameLength = length;
    this.#left = length;
    if (this.#fragmented === 0) this.#begun++;
    if (opcode >= FIRST_CONTROL) return;
    this.#messageLength += length;
    if (opcode !== CONTINUATION && !isFinal) this.#fragmented = opcode;
  }

  /** Reads the payload from here on, and returns where it stopped. */
  #readPayload(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    const length = end - at;
    const isData = this.#opcode < FIRST_CONTROL;
    const isSkipped = isData && this.#skipsMessages;
    const isAscii = isSkipped || length === 0 || unmaskWith(chunk, at, length, this.#key) < 0x80;
    this.#left -= length;
    const piece = chunk.subarray(at, end);
    const isWhole = this.#left === 0 && length === this.#frameLength;
    if (!isData) this.#addToControl(piece, isWhole);
    else if (isWhole && this.#isFinal && this.#fragmented === 0) {
      this.#endMessage(piece, this.#opcode, isAscii);
    } else this.#addToMessage(piece);
    if (this.#left > 0) this.#key = rotateKey(this.#key, length);
    return this.#ended ? chunk.length : end;
  }

  #addToControl(piece: Buffer, isWhole: boolean): void {
    let data = piece;
    if (!isWhole) {
      this.#control ??= new MessageBuffer();
      this.#control.add(piece, this.#frameLength);
      if (this.#left > 0) return;
      data = this.#control.bytes;
      this.#control = undefined;
    }
    this.#endFrame();
    if (this.#opcode === CLOSE) this.#endByClose(data);
    else if (this.#opcode === PING) this.#handler.ping(data);
    else this.#handler.pong(data);
  }

  #addToMessage(piece: Buffer): void {
    if (!this.#skipsMessages && piece.length > 0) {
      this.#message ??= new MessageBuffer();
      this.#message.add(piece, this.#isFinal ? this.#messageLength : Number.POSITIVE_INFINITY);
    }
    if (this.#left > 0) return;
    this.#fragments++;
    if (this.#fragments > MAX_FRAGMENTS) return void this.#fail(TOO_MANY_PIECES);
    this.#endFrame();
    if (!this.#isFinal) return;
    const opcode = this.#fragmented === 0 ? this.#opcode : this.#fragmented;
    this.#endMessage(this.#message?.bytes ?? NOTHING, opcode, false);
  }

  /** Ends a frame, and its message unless further fragments follow. */
  #endFrame(): void {
    this.#inFrame = false;
    if (this.#fragmented === 0) this.#pieces = 0;
  }

  #endMessage(bytes: Buffer, opcode: number, isAscii: boolean): void {
    this.#message = undefined;
    this.#fragmented = 0;
    this.#fragments = 0;
    this.#messageLength = 0;
    this.#endFrame();
    const isValid = opcode === BINARY || isAscii || this.#skipsMessages || isUtf8(bytes);
    if (!isValid) return void this.#fail(INVALID_UTF8);
    this.#handler.message(bytes, opcode === BINARY);
  }

  #endByClose(data: Buffer): void {
    const code = data.length === 0 ? NO_CODE : data.readUInt16BE(0);
    const reason = data.subarray(2);
    if (data.length > 0 && !mayBeSent(code)) return void this.#fail(PROTOCOL_ERROR);
    if (!isUtf8(reason)) return void this.#fail(INVALID_UTF8);
    this.end();
    this.#handler.closeFrame(code, reason);
  }

  /** Returns 0, for callers that return a length. */
  #fail(code: number): 0 {
    this.end();
    this.#handler.broken(code);
    return 0;
  }

  /** Stops parsing. All later input counts as read. */
  end(): void {
    this.#ended = true;
    this.#inFrame = false;
    this.#fragmented = 0;
    this.#header = NOTHING;
    this.#message = undefined;
    this.#control = undefined;
  }
}

function join(some: Buffer, more: Buffer): Buffer {
  const joined = Buffer.allocUnsafeSlow(some.length + more.length);
  joined.set(some);
  joined.set(more, some.length);
  return joined;
}

/** Inexact above 53 bits, which is far above every limit. */
function readLength(bytes: Buffer, at: number, lengthBytes: 2 | 8): number {
  if (lengthBytes === 2) return bytes.readUInt16BE(at);
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

/** Whether a close frame may carry this code (RFC 6455 section 7.4, and IANA's registry). */
function mayBeSent(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}
