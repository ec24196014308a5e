import { Buffer } from 'node:buffer';
import type { CloseReason } from '../../protocol/close-codes.js';
import type { Payload } from '../../protocol/payload.js';
import { KIB, MIB } from '../../units.js';
import type { BatchMemory } from '../wire/batch-memory.js';
import { readFrames } from '../wire/frame-reader.js';
import {
  type FrameHandler,
  type Handle,
  IGNORES_FRAMES,
  type Join,
  WireError,
} from '../wire/frames.js';
import { type Head, writeHead } from '../wire/head.js';
import { Streams } from '../wire/streams.js';
import { FLAG, HEAD_BYTES, KIND } from '../wire/wire.js';
import { Inbound } from './inbound.js';
import { Outbound } from './outbound.js';
import type { ReceiveWindow } from './receive-windows.js';
import type { Batch } from './sent-batches.js';

/** What a link needs from its surroundings. */
export interface LinkContext {
  /** Sends a batch to the other end. It may be lost. Its head may change until it is sent. */
  transmit(batch: Buffer): void;
  /** Requests a call of `flush` at the end of the turn. */
  schedule(link: Link): void;
  /** While the link does not keep up, reading from its clients and hosts is to be paused. */
  paceChanged(link: Link, keepsUp: boolean): void;
  /** The link has ended. All connections that use it count as disconnected. */
  broken(link: Link, reason: string): void;
}

export interface LinkParts {
  /** The number of this link at this relay. Never used again. */
  readonly local: number;
  readonly window: ReceiveWindow;
  readonly memory: BatchMemory;
  readonly context: LinkContext;
  /** The longest message, in bytes. */
  readonly maxMessage: number;
  /** The longest time without an acknowledgement, in milliseconds. Then the link breaks. */
  readonly stall: number;
}

/** Above the first size, in bytes, the link does not keep up; below the second one it does again. */
const SLOW_BYTES = MIB;
const KEEPS_UP_BYTES = 512 * KIB;

/**
 * The longest step of the clock that counts, in milliseconds. After this process was stopped, an
 * acknowledgement may have arrived that is not read yet.
 */
const MAX_STEP = 500;

/** The lane of frames that need no order with messages. */
const CONTROL = -1;

/** The lane of a room. Differs from those of handles. */
function laneOf(room: number): number {
  return CONTROL - 1 - room;
}

/**
 * One end of a link between two relays. It turns frames into batches, and batches into frames. Within a
 * lane, every frame arrives exactly once and in order, or the link breaks. It has no clock and no
 * network: times in milliseconds are passed in.
 */
export class Link {
  readonly local: number;
  /** The number of the link at the other end; 0 until something was received. */
  remote = 0;
  /** Handles the frames that arrive. */
  handler: FrameHandler = IGNORES_FRAMES;
  readonly streams: Streams;
  readonly bulk = false;
  readonly #context: LinkContext;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #stall: number;
  #isOpen = true;
  #keepsUp = true;
  #tickedAt: number | undefined;
  /** The time since the last acknowledgement, in milliseconds. */
  #idle = 0;

  constructor({ local, window, memory, context, maxMessage, stall }: LinkParts) {
    this.local = local;
    this.streams = new Streams(maxMessage);
    this.#context = context;
    this.#inbound = new Inbound(window);
    this.#outbound = new Outbound(memory, (batch) => this.#send(batch));
    this.#stall = stall;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether frames are sent as fast as they are added. */
  get keepsUp(): boolean {
    return this.#keepsUp;
  }

  /** Whether there is nothing to send, to acknowledge or to wait for. */
  get isIdle(): boolean {
    return !this.#outbound.isBusy && this.#inbound.ackAt === Number.POSITIVE_INFINITY;
  }

  /** The memory of frames that are not sent, in bytes. */
  get queuedBytes(): number {
    return this.#outbound.queue.bytes;
  }

  /** Bytes sent and not acknowledged. */
  get unacknowledgedBytes(): number {
    return this.#outbound.unacknowledged;
  }

  /** The memory of the link, in bytes. */
  get bufferedBytes(): number {
    return this.queuedBytes + this.unacknowledgedBytes + this.streams.bytes;
  }

  // From the relay with the WebSocket to the relay with the room.

  join(handle: Handle, join: Join): void {
    this.#push({ kind: KIND.join, lane: handle, handle, join });
  }

  from(handle: Handle, payload: Payload): void {
    if (!this.#isOpen) return;
    this.#outbound.queue.from(handle, payload);
    this.#added();
  }

  disconnected(handle: Handle, isFinal: boolean): void {
    this.#push({ kind: KIND.disconnected, lane: handle, handle, isFinal });
  }

  measured(handle: Handle, time: number): void {
    this.#push({ kind: KIND.measured, lane: handle, handle, time });
  }

  // From the relay with the room to the relay with the WebSocket. All that one room sends to the
  // clients of a link has the same lane, so that its order is kept.

  seated(room: number, handle: Handle, id: number, connection: number): void {
    this.#push({ kind: KIND.seated, lane: laneOf(room), handle, id, connection });
  }

  /** The same payload for several clients in succession is sent once. */
  to(room: number, handle: Handle, payload: Payload): void {
    const lane = laneOf(room);
    const { last } = this.#outbound.queue;
    const isSame = last?.kind === KIND.to && last.payload === payload && last.lane === lane;
    if (isSame && this.#outbound.queue.addHandle(last.handles, handle)) return;
    this.#push({ kind: KIND.to, lane, handles: [handle], payload });
  }

  close(room: number, handle: Handle, reason: CloseReason): void {
    const lane = laneOf(room);
    const { last } = this.#outbound.queue;
    const isSame = last?.kind === KIND.close && last.reason === reason && last.lane === lane;
    if (isSame && this.#outbound.queue.addHandle(last.handles, handle)) return;
    this.#push({ kind: KIND.close, lane, handles: [handle], reason });
  }

  setReading(handle: Handle, reading: boolean): void {
    this.#control(reading ? KIND.resume : KIND.pause, handle);
  }

  measure(handle: Handle): void {
    this.#control(KIND.measure, handle);
  }

  /** Handles a batch from the other end. */
  receive(head: Head, batch: Buffer, now: number): void {
    if (!this.#isOpen) return;
    if (this.remote === 0) this.remote = head.from;
    try {
      this.#take(head, batch, now);
    } catch (error) {
      // The other frames of the batch are lost, so the link cannot continue.
      this.break(error instanceof WireError ? error.message : 'internal error');
      if (!(error instanceof WireError)) throw error;
    }
  }

  /** Sends frames, and an acknowledgement if one is due. */
  flush(now: number): void {
    if (!this.#isOpen) return;
    this.#outbound.pump(now);
    if (this.#inbound.ackAt <= now) this.#acknowledge();
    this.#updatePace();
  }

  /** Is to be called every few milliseconds while the link is not idle. */
  tick(now: number): void {
    if (!this.#isOpen) return;
    const step = Math.min(now - (this.#tickedAt ?? now), MAX_STEP);
    this.#tickedAt = now;
    this.#idle = this.#outbound.isBusy ? this.#idle + step : 0;
    if (this.#idle >= this.#stall) return this.break('nothing was acknowledged');
    this.#outbound.tick(now);
    this.flush(now);
  }

  /** Sends everything again that is not acknowledged, after a reconnect. */
  reconnected(now: number): void {
    if (!this.#isOpen) return;
    this.#inbound.acknowledgeAgain(now);
    this.#outbound.reconnected(now);
    this.flush(now);
  }

  /** Ends the link at both ends. Breaking it twice is harmless. */
  break(reason: string): void {
    if (!this.#isOpen) return;
    this.end(reason);
    if (this.remote !== 0) this.#context.transmit(resetOf(this.local, this.remote));
  }

  /** Ends the link at this end only. */
  end(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.handler = IGNORES_FRAMES;
    this.#inbound.close();
    this.#outbound.clear();
    this.streams.clear();
    this.#context.broken(this, reason);
  }

  #take(head: Head, batch: Buffer, now: number): void {
    const { acknowledged, credit, flags, number } = head;
    if (this.#outbound.acknowledged(acknowledged, credit, now)) this.#idle = 0;
    if ((flags & FLAG.resend) !== 0) this.#outbound.resend(now);
    if ((flags & FLAG.frames) !== 0 && this.#inbound.accept(number, batch.length, now)) {
      readFrames(batch, this);
    }
    if (this.#outbound.isBusy || this.#inbound.ackAt <= now) this.#context.schedule(this);
  }

  #push(frame: Parameters<Outbound['queue']['push']>[0]): void {
    if (!this.#isOpen) return;
    this.#outbound.queue.push(frame);
    this.#added();
  }

  #added(): void {
    this.#context.schedule(this);
    if (this.#keepsUp) this.#updatePace();
  }

  #control(
    kind: typeof KIND.pause | typeof KIND.resume | typeof KIND.measure,
    handle: Handle,
  ): void {
    const { last } = this.#outbound.queue;
    if (last?.kind === kind && this.#outbound.queue.addHandle(last.handles, handle)) return;
    this.#push({ kind, lane: CONTROL, handles: [handle] });
  }

  #updatePace(): void {
    const { bytes } = this.#outbound.queue;
    const keepsUp = bytes <= (this.#keepsUp ? SLOW_BYTES : KEEPS_UP_BYTES);
    if (keepsUp === this.#keepsUp) return;
    this.#keepsUp = keepsUp;
    this.#context.paceChanged(this, keepsUp);
  }

  #send({ number, bytes }: Batch): void {
    this.#writeHead(bytes, number, FLAG.frames);
    this.#context.transmit(bytes);
  }

  #acknowledge(): void {
    const batch = Buffer.allocUnsafe(HEAD_BYTES);
    this.#writeHead(batch, this.#outbound.last, 0);
    this.#context.transmit(batch);
  }

  #writeHead(batch: Buffer, number: number, kind: number): void {
    const { acknowledged, credit, isMissing } = this.#inbound.acknowledge();
    const flags = kind | (isMissing ? FLAG.resend : 0);
    writeHead({ flags, from: this.local, to: this.remote, number, acknowledged, credit }, batch);
  }
}

/** A batch that ends the link with the number `to` at the other end. */
export function resetOf(from: number, to: number): Buffer {
  const batch = Buffer.alloc(HEAD_BYTES);
  writeHead({ flags: FLAG.reset, from, to, number: 0, acknowledged: 0, credit: 0 }, batch);
  return batch;
}
