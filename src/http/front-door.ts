import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Requests, type RequestsParts } from './requests.js';
import { Upgrades, type UpgradesParts } from './upgrades.js';
import { Visitors, type VisitorsParts } from './visitors.js';

export type FrontDoorParts = VisitorsParts & RequestsParts & UpgradesParts;

/** Where every HTTP request and every upgrade comes in, and is shown where to go. */
export class FrontDoor {
  readonly #log: FrontDoorParts['log'];
  readonly #requests: Requests;
  readonly #upgrades: Upgrades;

  constructor(parts: FrontDoorParts) {
    const visitors = new Visitors(parts);
    this.#log = parts.log;
    this.#requests = new Requests(parts, visitors);
    this.#upgrades = new Upgrades(parts, visitors);
  }

  /** Lets no WebSocket in any more: the relay is gone in a moment. */
  close(): void {
    this.#upgrades.closed = true;
  }

  /** Answers an HTTP request; never throws or rejects. */
  request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#requests.answer(request, response);
  }

  /** Accepts a WebSocket, or answers what wants to be something else. Never throws. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    try {
      if (wantsWebSocket(request)) this.#upgrades.accept(request, socket, head);
      else this.#answerInstead(request, socket);
    } catch (error) {
      this.#log.fault(error);
      socket.destroy();
    }
  }

  /** An offer to speak something else may be ignored (RFC 9110 section 7.8): curl makes one. */
  #answerInstead(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.on('finish', () => socket.destroySoon());
    socket.on('error', () => socket.destroy());
    try {
      response.assignSocket(socket);
    } catch {
      // It has asked for something else before, which is still being answered. Not to be waited for:
      // it may never read that.
      return void socket.destroy();
    }
    void this.request(request, response);
  }
}

function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}
