import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What Node may need beyond the deadline to answer a slow request with 408, in milliseconds. */
const ANSWER = 1500;

/**
 * Cuts sockets that have sent no whole request in time. Node's own timeouts begin with the first
 * byte, and so never end a socket that sends nothing.
 *
 * @param timeout from connect, in milliseconds
 * @returns what stops it
 */
export function enforceRequestDeadline(server: Server, timeout: number): () => void {
  const waiting = new Map<Socket, number>();
  const forget = ({ socket }: IncomingMessage): void => void waiting.delete(socket);
  const track = (socket: Socket): void => void waiting.set(socket, performance.now());
  const timer = setInterval(
    () => {
      const now = performance.now();
      for (const [socket, since] of waiting) {
        const overdue = now - since - timeout;
        // In order of their connecting: nobody behind this one is overdue, either.
        if (overdue < 0) break;
        if (hasBeenSilent(socket) || overdue > ANSWER) socket.destroy();
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

function hasBeenSilent(socket: Socket): boolean {
  // A TLS socket counts its handshake as well, and is cut a little later.
  return !(socket instanceof TLSSocket) && socket.bytesRead === 0;
}
