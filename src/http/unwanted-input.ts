import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How much of a body is read and discarded after the answer, in bytes, and how long a client may take
 * to read the answer and to close, in milliseconds.
 */
const LINGER_BYTES = 1024 * 1024;
const LINGER_TIME = 1000;

/** Node's properties of a socket: its HTTP parser, and the response that is being written. */
interface HttpSocket extends Socket {
  parser?: { onIncoming?: OnIncoming | null } | null;
  _httpMessage?: ServerResponse | null;
}

type OnIncoming = (request: IncomingMessage, keepAlive: boolean) => number;

/**
 * Stops parsing before request bodies and pipelined requests. Node parses everything that it has
 * read at once: 64 KiB of one-byte chunks take 10 ms, and of short requests 20 ms or more, for each
 * of hundreds of connections, while all other connections wait.
 *
 * Node stops parsing at an upgrade, so such a request is emitted as an `upgrade`, with the socket
 * detached from its parser. There is no documented way to do that. If a later version of Node has
 * another parser, requests are handled as usual, and a test fails.
 *
 * @param wantsBody whether the body of a request is read, by a reader that limits bytes, chunks and
 * time
 */
export function stopAtUnwantedInput(
  server: Server,
  wantsBody: (request: IncomingMessage) => boolean,
): void {
  const watch = (socket: HttpSocket): void => {
    const { parser } = socket;
    const onIncoming = parser?.onIncoming;
    // A socket that was refused has no parser.
    if (parser == null || typeof onIncoming !== 'function') return;
    parser.onIncoming = (request, keepAlive) => {
      const isWanted = wantsBody(request);
      // A request whose body is read is not an upgrade, even if it offers one.
      if (isWanted) setUpgrade(request, false);
      if ((hasBody(request) && !isWanted) || isAnswering(socket)) setUpgrade(request, true);
      return onIncoming(request, keepAlive);
    };
  };
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', watch);
}

function setUpgrade(request: IncomingMessage & { upgrade?: boolean }, upgrade: boolean): void {
  request.upgrade = upgrade;
}

/** Whether an earlier request on this socket is still being answered. */
export function isAnswering(socket: HttpSocket): boolean {
  return socket._httpMessage != null;
}

/** Whether the request has a body (RFC 9112 section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'transfer-encoding': coding, 'content-length': length } = headers;
  return coding !== undefined || (length !== undefined && !/^0+$/.test(length));
}

/** Whether Node has emitted this as an upgrade, so that nothing parses the bytes after its head. */
export function isDetached(request: IncomingMessage & { upgrade?: boolean }): boolean {
  return request.upgrade === true;
}

/**
 * Answers a request that was emitted as an `upgrade` as a plain request, and closes its socket. A
 * server may ignore upgrades (RFC 9110 section 7.8), and request bodies are not read.
 */
export function answerAndClose(
  request: IncomingMessage,
  socket: Socket,
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): void {
  // The client may never read the earlier answer, so this does not wait for it.
  if (isAnswering(socket)) return void socket.destroy();
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.on('finish', () => lingerAndClose(socket));
  response.assignSocket(socket);
  answer(request, response);
}

/**
 * Closes a socket after its answer, while the client may still be sending a body or more. To close
 * it with unread input resets the connection: the client cannot write any more, and may discard the
 * answer (RFC 9112 section 9.6). So some of the input is read. If there is more, the rest waits unread
 * until the client closes or its time is over; a client that reads while it writes has the answer by
 * then.
 */
export function lingerAndClose(socket: Socket): void {
  let left = LINGER_BYTES;
  const timer = setTimeout(() => socket.destroy(), LINGER_TIME);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroySoon());
  socket.on('data', ({ length }: Buffer) => {
    left -= length;
    if (left < 0) socket.pause();
  });
  socket.end();
}
