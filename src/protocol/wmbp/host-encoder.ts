import type { FrameSink } from '../frame-sink.js';
import type { Payload } from '../payload.js';
import type { HostEvent } from './events.js';

/**
 * Encodes what a host receives. Each call writes one WebSocket frame.
 *
 * Events are rare and use a general encoder. `message` is the payload path: it writes the envelope
 * around bytes that are not decoded.
 */
export interface HostEncoder {
  event(sink: FrameSink, event: HostEvent): void;
  message(sink: FrameSink, from: number, payload: Payload): void;
}

/** What a host can choose when it connects: `/CREATE?format=json`, `?bytes=1`, `?limits=1`. */
export interface HostFormat {
  readonly format: 'cbor' | 'json';
  /** Players' binary messages as CBOR byte strings, which plain WMBP hosts cannot read. */
  readonly bytes: boolean;
  /** Whether `prepare_reply` contains message size limits, which plain WMBP hosts do not know. */
  readonly limits?: true;
}
