import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TurnQueue } from '../transport/turn-queue.js';

/**
 * Spreads TLS handshakes over turns of the event loop. For a client's first message, the relay
 * computes a key exchange and a signature, which take 1 ms with a common RSA key, and hundreds of
 * clients may connect at the same moment.
 *
 * A socket is passed to TLS when its first bytes have arrived and it is its turn: Node's servers
 * accept sockets that are emitted as `connection`. A socket that sends nothing is destroyed after
 * `timeout`.
 *
 * @param accept is called before a socket is read; if it returns false, it has destroyed the socket
 * @param timeout time until the first bytes, in milliseconds
 */
export function spreadHandshakes(
  server: Server,
  queue: TurnQueue,
  accept: (socket: Socket) => boolean,
  timeout: number,
): void {
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
  server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'connection') return emit(event, ...args);
    const socket = args[0] as Socket;
    if (accept(socket)) waitForTurn(socket, queue, timeout, () => void emit(event, socket));
    return true;
  };
}

function waitForTurn(socket: Socket, queue: TurnQueue, timeout: number, proceed: () => void): void {
  const timer = setTimeout(() => void socket.destroy(), timeout);
  socket.once('close', () => clearTimeout(timer));
  socket.on('error', ignore);
  socket.push = (chunk: Buffer | null): boolean => {
    delete (socket as { push?: Socket['push'] }).push;
    clearTimeout(timer);
    if (chunk === null) {
      socket.destroy();
      return false;
    }
    queue.run(() => {
      if (socket.destroyed) return;
      // TLS reads what the socket has received so far.
      socket.push(chunk);
      proceed();
    });
    return false;
  };
}

/** Ignores errors before TLS has the socket; TLS reports later ones. */
function ignore(): void {}
