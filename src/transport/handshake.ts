import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Completes opening handshakes with `ws` (RFC 6455 section 4.2). `ws` documents that it accepts any
 * `Duplex` as a socket. It gets one that only forwards writes. Once the answer is written, the
 * WebSocket of `ws` is discarded.
 */
export class Handshakes {
  readonly #server = new WebSocketServer({
    noServer: true,
    // The WebSocket of `ws` is not used.
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
  });

  /**
   * Answers the request, with an HTTP error if it is invalid.
   *
   * @param accepted is called synchronously after a successful answer is written; it has to add its
   * own listener for errors of the socket
   */
  complete(request: IncomingMessage, socket: Socket, accepted: () => void): void {
    // The client has disconnected meanwhile.
    if (!socket.readable || !socket.writable) return void socket.destroy();
    // `ws` listens only to its stream, and an `error` event without a listener ends the process.
    socket.on('error', destroy);
    this.#server.handleUpgrade(request, new WriteOnly(socket), NOTHING, () => {
      accepted();
      socket.off('error', destroy);
    });
  }

  /** Answers all further requests with 503. */
  close(): void {
    this.#server.close();
  }
}

function destroy(this: Socket): void {
  this.destroy();
}

/** The writing side of a socket. */
class WriteOnly extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#socket.write(chunk);
    done();
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
