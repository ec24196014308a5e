import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Addresses } from '../../limits/address.js';
import type { HandOver } from '../messages.js';

/** A request for a WebSocket that the primary has read. */
export class HandedRequest extends IncomingMessage {
  /** The address under which its client is counted. */
  address: string;

  constructor(socket: Socket, { method, url, headers, httpVersion, address }: HandOver) {
    super(socket);
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.httpVersion = httpVersion;
    this.complete = true;
    this.address = address;
  }
}

/** The addresses of requests that the primary has read. */
export const HANDED_ADDRESSES: Addresses = {
  of: (request) => (request as HandedRequest).address,
  senderOf: (request) => ({ address: (request as HandedRequest).address, isForwarded: false }),
  isUntrusted: () => false,
  ofSocket: () => undefined,
};
