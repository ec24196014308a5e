import { WebSocket } from 'ws';

/**
 * A `ws` socket that says when it starts to close, whoever closes it: the relay, the other end by
 * its close frame, or `ws` itself after a frame that breaks the protocol. In all three `ws` calls
 * `close`, and the hook runs before the close frame is written, so what waits can leave first.
 */
export class OrderedWebSocket extends WebSocket {
  onClosing: ((code: number | undefined) => void) | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    this.onClosing?.(code);
    super.close(code, reason);
  }
}
