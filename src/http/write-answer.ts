import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.js';

/** Writes an answer. */
export function writeAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  // A 304 has no body, and its `Content-Length` would be that of the file.
  const length = status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
}
