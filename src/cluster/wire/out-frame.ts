import { Buffer } from 'node:buffer';
import type { CloseReason } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import type { Handle, Join } from './frames.js';
import { KIND } from './wire.js';

/** Frames of one lane keep their order; those of others may overtake a long message. */
type Lane = number;

/** A message for one handle or for many: only these can be long. */
export type MessageFrame =
  | {
      readonly kind: typeof KIND.from;
      readonly lane: Lane;
      readonly handle: Handle;
      readonly payload: Payload;
    }
  | {
      readonly kind: typeof KIND.to;
      readonly lane: Lane;
      readonly handles: Handle[];
      readonly payload: Payload;
    };

/** A frame that is not written yet. */
export type OutFrame =
  | MessageFrame
  | {
      readonly kind: typeof KIND.join;
      readonly lane: Lane;
      readonly handle: Handle;
      readonly join: Join;
    }
  | {
      readonly kind: typeof KIND.disconnected;
      readonly lane: Lane;
      readonly handle: Handle;
      readonly isFinal: boolean;
    }
  | {
      readonly kind: typeof KIND.measured;
      readonly lane: Lane;
      readonly handle: Handle;
      readonly time: number;
    }
  | {
      readonly kind: typeof KIND.seated;
      readonly lane: Lane;
      readonly handle: Handle;
      readonly id: number;
      readonly connection: number;
    }
  | {
      readonly kind: typeof KIND.close;
      readonly lane: Lane;
      readonly handles: Handle[];
      readonly reason: CloseReason;
    }
  | {
      readonly kind: typeof KIND.pause | typeof KIND.resume | typeof KIND.measure;
      readonly lane: Lane;
      readonly handles: Handle[];
    };

/** Kind, counts, lengths and numbers of any frame. */
export const FRAME_OVERHEAD = 16;
const HANDLE_BYTES = 4;

/** At least the bytes that the frame takes on the wire, without those of its stream. */
export function frameBytes(frame: OutFrame, isStreamed = false): number {
  switch (frame.kind) {
    case KIND.from:
      return FRAME_OVERHEAD + (isStreamed ? 0 : frame.payload.bytes.length);
    case KIND.to:
      return (
        FRAME_OVERHEAD +
        frame.handles.length * HANDLE_BYTES +
        (isStreamed ? 0 : frame.payload.bytes.length)
      );
    case KIND.join:
      return joinBytes(frame.join);
    case KIND.close:
      return (
        FRAME_OVERHEAD +
        frame.handles.length * HANDLE_BYTES +
        Buffer.byteLength(frame.reason.reason)
      );
    case KIND.pause:
    case KIND.resume:
    case KIND.measure:
      return FRAME_OVERHEAD + frame.handles.length * HANDLE_BYTES;
    case KIND.disconnected:
    case KIND.measured:
    case KIND.seated:
      return FRAME_OVERHEAD;
  }
}

const JOIN_BYTES = 72;

function joinBytes({ about = '', password = '', address = '' }: Join): number {
  return (
    JOIN_BYTES + Buffer.byteLength(about) + Buffer.byteLength(password) + Buffer.byteLength(address)
  );
}
