import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { destroyOnError } from './destroy-on-error.js';
import { RequestContext, type RequestContextParts } from './request-context.js';
import { Requests, type RequestsParts } from './requests.js';
import { answerAndClose, isAnswering } from './unwanted-input.js';
import { Upgrades, type UpgradesParts } from './upgrades.js';

/** The protocol's name in `Upgrade` (RFC 6455 section 4.2.1). */
const WEBSOCKET = 'websocket';

export type FrontDoorParts = RequestContextParts & RequestsParts & UpgradesParts;

/** Receives every HTTP request and every upgrade, and passes it on. */
export class FrontDoor {
  readonly #log: FrontDoorParts['log'];
  readonly #requests: Requests;
  readonly #upgrades: Upgrades;

  constructor(parts: FrontDoorParts) {
    const context = new RequestContext(parts);
    this.#log = parts.log;
    this.#requests = new Requests(parts, context);
    this.#upgrades = new Upgrades(parts, context);
  }

  /** Refuses all further WebSockets: the relay is about to stop. */
  close(): void {
    this.#upgrades.closed = true;
  }

  /** Whether the body of this request is read. */
  wantsBody(request: IncomingMessage): boolean {
    return this.#requests.wantsBody(request);
  }

  /** Answers an HTTP request; never throws. */
  request(request: IncomingMessage, response: ServerResponse): void {
    this.#requests.answer(request, response);
  }

  /** Accepts a WebSocket, or answers another upgrade as a plain request. Never throws or rejects. */
  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    destroyOnError(socket);
    try {
      if (!wantsWebSocket(request)) {
        return answerAndClose(request, socket, (...args) => this.request(...args));
      }
      // The answer to the earlier request would be written after this handshake.
      if (isAnswering(socket)) return void socket.destroy();
      // `ws` expects one protocol rather than a list.
      request.headers.upgrade = WEBSOCKET;
      await this.#upgrades.accept(request, socket, head);
    } catch (error) {
      this.#log.fault(error);
      socket.destroy();
    }
  }
}

/**
 * Both headers are case-insensitive lists (RFC 9110 section 7.8). Requests with a body are checked here
 * without `Connection: upgrade`, too. A proxy that does not know `Upgrade` forwards that header, and sends
 * the requests of other clients on the same connection.
 */
function wantsWebSocket({ headers: { upgrade, connection } }: IncomingMessage): boolean {
  return includes(upgrade, WEBSOCKET) && includes(connection, 'upgrade');
}

function includes(header: string | undefined, element: string): boolean {
  const elements = header?.toLowerCase().split(',') ?? [];
  return elements.some((each) => each.trim() === element);
}
