import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { CLOSINGS } from '../protocol/close-codes.js';
import {
  type ChunkCycle,
  type ChunkListener,
  type FrameOwner,
  FrameReader,
} from './frame-reader.js';

/** Whoever serves a WebSocket. */
export interface WebSocketOwner {
  /**
   * Closing begins; whatever is to arrive before the close frame is to be written now.
   *
   * @returns false if that takes a while; `finishClose` is to be called when it is done
   */
  closing(code: number): boolean;
  /** A whole message has come. */
  received(bytes: Buffer, binary: boolean): void;
  pinged(data: Buffer): void;
  ponged(data: Buffer): void;
  /** The socket is closed. */
  gone(): void;
}

/**
 * A `ws` socket that says when it starts to close, whoever closes it: the relay, the other end by
 * its close frame, or `ws` itself after a frame that breaks the protocol. In all three `ws` calls
 * `close`, and its owner is told before the close frame is written, so what waits can leave first.
 */
export class OrderedWebSocket<Owner extends WebSocketOwner = WebSocketOwner>
  extends WebSocket
  implements FrameOwner
{
  owner: Owner | undefined;
  emitted = 0;
  #reader: FrameReader | undefined;
  #putOff: { readonly code?: number; readonly reason?: string | Buffer } | undefined;

  /** Reads short messages without `ws`. To be called when it is open, before anything is read. */
  readShortMessages(socket: Socket, cycle: ChunkCycle): void {
    const [readByWs, another] = socket.listeners('data') as ChunkListener[];
    // If `ws` should once listen in another way, it reads everything itself.
    if (readByWs === undefined || another !== undefined) return;
    this.#reader = new FrameReader(socket, this, readByWs, cycle);
  }

  /**
   * Tells its owner, and no listeners but those for `close`: each of thousands of connections would
   * have five. What is wrong with a line or a frame needs no answer: `ws` closes by itself, with the
   * code that fits.
   */
  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    const { owner } = this;
    switch (event) {
      case 'message':
        this.emitted++;
        owner?.received(first as Buffer, second as boolean);
        return true;
      case 'ping':
        this.emitted++;
        owner?.pinged(first as Buffer);
        return true;
      case 'pong':
        this.emitted++;
        owner?.ponged(first as Buffer);
        return true;
      case 'error':
        // `ws` drops what still comes by taking its listener off, and that is not there.
        this.#reader?.stop();
        return true;
      case 'close':
        owner?.gone();
        return super.emit(event, first, second);
      default:
        return super.emit(event, first, second);
    }
  }

  override close(code?: number, reason?: string | Buffer): void {
    const isReady = this.owner?.closing(code ?? 1005) ?? true;
    // `ws` itself has no words for it.
    const { tooBig } = CLOSINGS;
    const words = reason ?? (code === tooBig.code ? tooBig.reason : undefined);
    if (isReady) super.close(code, words);
    else
      this.#putOff ??= {
        ...(code !== undefined && { code }),
        ...(words !== undefined && { reason: words }),
      };
  }

  /** Drops what still comes, whole frames or not. */
  dropInput(socket: Socket): void {
    this.#reader?.stop();
    socket.removeAllListeners('data');
    socket.resume();
  }

  /** Writes the close frame that was put off. */
  finishClose(): void {
    const putOff = this.#putOff;
    this.#putOff = undefined;
    if (putOff !== undefined) super.close(putOff.code, putOff.reason);
  }
}
