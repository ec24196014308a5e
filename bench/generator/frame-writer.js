import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { HEADER_BYTES, headerWord } from './messages.js';
import { Region } from './region.js';

export const TEXT = 0x1;
export const BINARY = 0x2;

const MIN_REGION = 1 << 20;
const NATIVE_FROM = 256;
const NOTHING = Buffer.alloc(0);

/**
 * Writes masked frames (RFC 6455 section 5.3), all of one socket and turn into one buffer. There
 * are eight masks, and the filling of messages is stored with each mask applied, so that writing a
 * frame is a copy rather than an exclusive-or of every byte. The server cannot see this.
 */
export class FrameWriter {
  #region = new Region(MIN_REGION);
  #start = 0;
  #end = 0;
  #messages;
  #masks;

  /** @param {import('./messages.js').Messages} messages */
  constructor(messages) {
    this.#messages = messages;
    this.#masks = eightMasks(messages.filling);
  }

  /** How much was written since `take`. */
  get length() {
    return this.#end - this.#start;
  }

  /** Writes a frame with a message between the dialect's prefix and suffix. */
  frame(opcode, prefix, room, player, sequence, suffix = NOTHING) {
    const messages = this.#messages;
    const { size } = messages;
    let chosen = (sequence + player) & 7;
    let at = this.#header(opcode, prefix.length + size + suffix.length, this.#masks[chosen].word);
    const { bytes, view } = this.#region;
    at = copyMasked(bytes, at, prefix, this.#masks[chosen].bytes);
    // After the prefix, the mask continues in another rotation, which is another of the eight.
    chosen = rotated(chosen, prefix.length);
    const { word, filling } = this.#masks[chosen];
    for (let i = 0; i < 4; i++, at += 4) {
      view.setInt32(at, headerWord(i, room, player, sequence) ^ word, true);
    }
    const from = messages.fillingOf(room, player, sequence);
    const length = size - HEADER_BYTES;
    if (length >= NATIVE_FROM) {
      filling.copy(bytes, at, from * 4, from * 4 + length);
    } else {
      const { words } = messages;
      const count = length >> 2;
      for (let i = 0; i < count; i++) view.setInt32(at + i * 4, words[from + i] ^ word, true);
    }
    copyMasked(bytes, at + length, suffix, this.#masks[chosen].bytes);
  }

  /** Writes a frame with any content. */
  other(opcode, content) {
    const at = this.#header(opcode, content.length, this.#masks[0].word);
    copyMasked(this.#region.bytes, at, content, this.#masks[0].bytes);
  }

  /** Everything that was written, for one socket. Call `taken` before writing more. */
  take() {
    return this.#region.bytes.subarray(this.#start, this.#end);
  }

  /** @param {boolean} byKernel whether the kernel has copied it, so that the memory can be reused */
  taken(byKernel) {
    if (byKernel) this.#end = this.#start;
    else this.#start = this.#end;
  }

  #header(opcode, length, mask) {
    this.#reserve(14 + length);
    const { bytes, view } = this.#region;
    let at = this.#end;
    bytes[at++] = 0x80 | opcode;
    if (length < 126) {
      bytes[at++] = 0x80 | length;
    } else if (length < 0x10000) {
      bytes[at++] = 0x80 | 126;
      view.setUint16(at, length);
      at += 2;
    } else {
      bytes[at++] = 0x80 | 127;
      view.setUint32(at, 0);
      view.setUint32(at + 4, length);
      at += 8;
    }
    view.setInt32(at, mask, true);
    at += 4;
    this.#end = at + length;
    return at;
  }

  #reserve(length) {
    if (this.#region.bytes.length - this.#end >= length) return;
    const written = this.take();
    const region = new Region(Math.max(MIN_REGION, 2 * (written.length + length)));
    region.bytes.set(written);
    this.#region = region;
    this.#start = 0;
    this.#end = written.length;
  }
}

/** Two random masks in four rotations each: from byte n on, a mask equals its nth rotation. */
function eightMasks(filling) {
  return [randomBytes(4), randomBytes(4)].flatMap((mask) =>
    [0, 1, 2, 3].map((by) => {
      const bytes = Uint8Array.from(mask, (_, i) => mask[(i + by) & 3]);
      return {
        bytes,
        word: new DataView(bytes.buffer).getInt32(0, true),
        filling: Buffer.from(filling.map((byte, i) => byte ^ bytes[i & 3])),
      };
    }),
  );
}

function rotated(chosen, by) {
  return (chosen & 4) | ((chosen + by) & 3);
}

function copyMasked(target, at, source, mask) {
  for (let i = 0; i < source.length; i++) target[at++] = source[i] ^ mask[i & 3];
  return at;
}
