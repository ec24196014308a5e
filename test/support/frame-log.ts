import type { FrameHandler, Join } from '../../src/cluster/wire/frames.js';
import type { CloseReason } from '../../src/protocol/close-codes.js';
import type { Payload } from '../../src/protocol/payload.js';

/** A frame that has arrived. */
export type Heard = readonly [kind: string, ...rest: unknown[]];

/** Records the frames that arrive. */
export class FrameLog implements FrameHandler {
  readonly heard: Heard[] = [];

  join(handle: number, join: Join): void {
    this.heard.push(['join', handle, join]);
  }

  from(handle: number, payload: Payload): void {
    this.heard.push(['from', handle, contentOf(payload)]);
  }

  disconnected(handle: number, isFinal: boolean): void {
    this.heard.push(['disconnected', handle, isFinal]);
  }

  measured(handle: number, time: number): void {
    this.heard.push(['measured', handle, time]);
  }

  seated(...which: [handle: number, id: number, connection: number]): void {
    this.heard.push(['seated', ...which]);
  }

  to(handles: readonly number[], payload: Payload): void {
    this.heard.push(['to', [...handles], contentOf(payload)]);
  }

  close(handles: readonly number[], reason: CloseReason): void {
    this.heard.push(['close', [...handles], reason]);
  }

  setReading(handles: readonly number[], reading: boolean): void {
    this.heard.push(['reading', [...handles], reading]);
  }

  measure(handles: readonly number[]): void {
    this.heard.push(['measure', [...handles]]);
  }
}

/** A message as text. Those of bytes start with `#`. */
export function contentOf({ bytes, text }: Payload): string {
  const content = Buffer.from(bytes).toString('latin1');
  return text ? content : `#${content}`;
}
