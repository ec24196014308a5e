import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { MessageBuffer } from '../transport/message-buffer.js';

/** The longest body that is read, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

/** The most pieces in which a body may arrive: its chunks, and what is read from the socket at a time. */
const MAX_PIECES = 1024;

/** A body, or the reason why there is none. */
export type Body =
  | { readonly is: 'whole'; readonly bytes: Uint8Array }
  | { readonly is: 'tooLarge' | 'tooManyPieces' | 'tooSlow' | 'gone' };

/**
 * The length of a body according to the request's head, in bytes. That of a chunked body is not known,
 * so the maximum is assumed.
 */
export function announcedLength({ headers }: IncomingMessage): number {
  const { 'transfer-encoding': coding, 'content-length': length = '0' } = headers;
  return coding === undefined ? Number(length) : MAX_BODY_BYTES;
}

/**
 * Reads the body of a request. It must be called before the body has been read or discarded.
 *
 * @param time how long reading may take, in milliseconds
 */
export function readBody(request: IncomingMessage, time: number): Promise<Body> {
  const length = announcedLength(request);
  if (length > MAX_BODY_BYTES) return Promise.resolve({ is: 'tooLarge' });
  const total = request.headers['transfer-encoding'] === undefined ? length : Infinity;
  return new Promise((resolve) => {
    const body = new MessageBuffer();
    let pieces = 0;
    const end = (result: Body): void => {
      clearTimeout(timer);
      request.off('data', add);
      resolve(result);
    };
    const timer = setTimeout(() => end({ is: 'tooSlow' }), time);
    const add = (piece: Buffer): void => {
      pieces++;
      if (body.length + piece.length > MAX_BODY_BYTES) end({ is: 'tooLarge' });
      else if (pieces > MAX_PIECES) end({ is: 'tooManyPieces' });
      else body.add(piece, total);
    };
    request.on('data', add);
    request.once('end', () => end({ is: 'whole', bytes: body.bytes }));
    request.once('close', () => end({ is: 'gone' }));
    request.once('error', () => end({ is: 'gone' }));
  });
}
