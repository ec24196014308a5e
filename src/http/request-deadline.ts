import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Time after the deadline in which Node answers a slow request with 408, in milliseconds. */
const ANSWER_TIME = 1500;

/**
 * Destroys sockets that have not sent a complete request in time. Node's own timeouts start with the
 * first byte, so they do not apply to a socket that sends nothing.
 *
 * @param timeout time since the socket has connected, in milliseconds
 * @returns a function that stops it
 */
export function enforceRequestDeadline(server: Server, timeout: number): () => void {
  const waiting = new Map<Socket, number>();
  const forget = ({ socket }: IncomingMessage): void => void waiting.delete(socket);
  const track = (socket: Socket): void => {
    waiting.set(socket, performance.now());
    // Many never send a request: health checks connect and close, scanners send something else.
    socket.once('close', () => waiting.delete(socket));
  };
  const timer = setInterval(
    () => {
      const now = performance.now();
      for (const [socket, since] of waiting) {
        const overdue = now - since - timeout;
        // Sockets are in the order in which they connected: no later one is overdue either.
        if (overdue < 0) break;
        if (hasSentNothing(socket) || overdue > ANSWER_TIME) socket.destroy();
      }
    },
    Math.min(1000, timeout / 2),
  );
  timer.unref();
  server.on('connection', (socket) => {
    if (!isTls(server)) track(socket);
  });
  server.on('secureConnection', track);
  server.prependListener('request', forget);
  server.prependListener('upgrade', forget);
  return () => clearInterval(timer);
}

function isTls(server: Server): boolean {
  return 'setSecureContext' in server;
}

function hasSentNothing(socket: Socket): boolean {
  // A TLS socket also counts the bytes of its handshake, and is destroyed a little later.
  return !(socket instanceof TLSSocket) && socket.bytesRead === 0;
}
