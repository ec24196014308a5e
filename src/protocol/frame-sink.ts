import type { Buffer } from 'node:buffer';
import { frameHeaderLength, writeFrameHeader } from './frame.js';

/** Bytes to be sent: a buffer, or a frame that is made while it is sent. Ranges are taken once, in order. */
export interface Output {
  readonly length: number;
  subarray(start: number, end: number): Buffer;
}

/**
 * Takes frames in the order in which they are sent. `reserve` reserves space for one frame in
 * `buffer`, and returns its offset. The space must be filled before the next call.
 */
export interface FrameSink {
  readonly buffer: Uint8Array;
  reserve(length: number): number;
  /** Adds a whole frame without a copy; its bytes must never change. */
  attach(frame: Output): void;
  /** Releases so many bytes at the end of the space that was reserved last. */
  release(length: number): void;
}

/**
 * Reserves a frame with `length` bytes of content, writes its header, and returns the content's
 * offset.
 */
export function reserveFrame(sink: FrameSink, opcode: number, length: number): number {
  const at = sink.reserve(frameHeaderLength(length) + length);
  return writeFrameHeader(sink.buffer, at, opcode, length);
}
