import type { HostEvent } from './messages.js';
import type { Payload } from './payload.js';

/**
 * Where frames are written, in the order in which they are to leave. `reserve` gives room for one
 * whole frame in `buffer`, from the offset that it returns; it must be filled before the next call.
 */
export interface FrameSink {
  readonly buffer: Uint8Array;
  reserve(length: number): number;
  /** Gives back so many bytes at the end of the last room. */
  giveBack(length: number): void;
}

/**
 * How a host is spoken to. Each call writes one WebSocket frame.
 *
 * Events are rare and go through a general encoder. `message` is the payload path: the envelope
 * is written by hand around bytes that are not looked into.
 */
export interface HostEncoder {
  event(sink: FrameSink, event: HostEvent): void;
  message(sink: FrameSink, from: number, payload: Payload): void;
}

/** What a host can choose when it connects: `/CREATE?format=json`, `/CREATE?bytes=1`. */
export interface HostFormat {
  readonly format: 'cbor' | 'json';
  /** Players' binary messages as CBOR byte strings, which plain WMBP hosts cannot read. */
  readonly bytes: boolean;
}
