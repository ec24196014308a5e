import { WebSocket } from 'ws';
import { CLOSINGS } from '../protocol/close-codes.js';

/** Whoever serves a WebSocket. */
export interface WebSocketOwner {
  /** Closing begins; whatever is to arrive before the close frame is to be written now. */
  closing(code: number): void;
}

/**
 * A `ws` socket that says when it starts to close, whoever closes it: the relay, the other end by
 * its close frame, or `ws` itself after a frame that breaks the protocol. In all three `ws` calls
 * `close`, and its owner is told before the close frame is written, so what waits can leave first.
 */
export class OrderedWebSocket<Owner extends WebSocketOwner = WebSocketOwner> extends WebSocket {
  owner: Owner | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    this.owner?.closing(code ?? 1005);
    // `ws` itself has no words for it.
    const { tooBig } = CLOSINGS;
    super.close(code, reason ?? (code === tooBig.code ? tooBig.reason : undefined));
  }
}
