import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TurnQueue } from '../transport/turn-queue.js';

/**
 * Spreads the parsing of requests over turns of the event loop. Hundreds of sockets of one address
 * may send requests at the same moment, and parsing and answering one takes 0.1 ms or more. In one
 * turn, they would delay all other connections.
 *
 * Received bytes are queued before the HTTP parser. A socket passes them to its own `push`, which
 * is replaced here and returns whether to continue reading, as Node documents `readable.push` for
 * implementers of streams. By default the parser reads directly from the socket's handle; it stops
 * doing so when there is a listener for `data`.
 */
export function spreadRequests(server: Server, queue: TurnQueue): void {
  const isTls = 'setSecureContext' in server;
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (socket.destroyed) return;
    socket.on('data', readAsStream);
    delayInput(socket, queue);
  });
  // After an upgrade, the input is no request.
  server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
    socket.off('data', readAsStream);
    delete (socket as { push?: Socket['push'] }).push;
  });
}

/**
 * The most bytes that are parsed at once. A socket reads 64 KiB at a time, and parsing that many of a
 * body in one-byte chunks takes 10 ms.
 */
const PIECE = 4 * 1024;

/** Does nothing. One function for all sockets, to save memory. */
function readAsStream(): void {}

function delayInput(socket: Socket, queue: TurnQueue): void {
  const { push } = socket;
  const queued: (Buffer | null)[] = [];
  let isReading = false;
  let wantsMore = true;
  const read = (): void => {
    const piece = takePiece(queued);
    if (socket.destroyed) return;
    wantsMore = push.call(socket, piece);
    // Node does the same at the end of its input.
    if (piece === null) socket.read(0);
    isReading = false;
    readNext();
  };
  const readNext = (): void => {
    if (isReading || queued.length === 0) return;
    // With TLS, one chunk may contain an upgrade and the next one frames.
    if (socket.push !== delayed) return passOn(socket, queued);
    isReading = true;
    queue.run(read);
  };
  const delayed = (chunk: Buffer | null): boolean => {
    queued.push(chunk);
    // After `push` has returned false, a TLS socket still delivers what it has decrypted.
    readNext();
    // After an upgrade, nothing is read until somebody reads the socket: it may be handed over to
    // another process, and what this one has read would be lost.
    return socket.push === delayed && queued.length === 0 && wantsMore;
  };
  socket.push = delayed;
}

/** Takes the first bytes of the queue; `null` is the end of the input. */
function takePiece(queued: (Buffer | null)[]): Buffer | null {
  const [first = null] = queued;
  if (first === null || first.length <= PIECE) queued.shift();
  else queued[0] = first.subarray(PIECE);
  return first?.subarray(0, PIECE) ?? null;
}

function passOn(socket: Socket, queued: (Buffer | null)[]): void {
  for (const chunk of queued.splice(0)) {
    if (socket.destroyed) return;
    socket.push(chunk);
    if (chunk === null) socket.read(0);
  }
}
