import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.js';

/** How long a client may take to read the answer and to close, in milliseconds. */
const LINGER_TIME = 1000;

/** Replaces the `push` of a socket, as in spread-requests.ts; `false` stops reading. */
const drop = (): boolean => false;

/**
 * Answers a request whose body has not been read to its end, and closes its connection. If it were
 * closed at once, the client's system would discard the answer (RFC 9112 section 9.6). So nothing
 * more is read, and the client has a second to close the connection.
 */
export function answerUnread(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Answer,
): void {
  const { socket } = request;
  request.pause();
  // Thousands of received chunks may still be queued for the parser.
  socket.push = drop;
  const timer = setTimeout(() => socket.destroy(), LINGER_TIME);
  response.once('close', () => clearTimeout(timer));
  const length = { 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
  response.writeHead(status, { ...headers, ...length });
  response.write(body);
}
