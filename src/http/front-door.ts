import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { Acceptor } from '../transport/acceptor.js';
import { serveHost } from '../transport/host-connection.js';
import { servePlayer } from '../transport/player-connection.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import { type Route, route } from './route.js';

export interface FrontDoorParts {
  readonly rooms: RoomRegistry;
  readonly acceptor: Acceptor;
  readonly metrics: Registry;
  readonly log: { fault(error: unknown): void };
}

/** Where every HTTP request and every upgrade comes in, and is shown where to go. */
export class FrontDoor {
  /** No new rooms and players: the relay is on its way out. */
  draining = false;
  readonly #parts: FrontDoorParts;

  constructor(parts: FrontDoorParts) {
    this.#parts = parts;
  }

  /** Answers an HTTP request; never throws or rejects. */
  async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A request's body is of no use here, but the next request waits behind it.
    request.resume();
    const { status, headers, body } = await this.#answer(request).catch((error: unknown) => {
      this.#parts.log.fault(error);
      return answers.internalError();
    });
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  }

  /**
   * Accepts a WebSocket, wherever it wants to go: a browser learns why it was refused only from
   * the close of a connection that was accepted. Never throws.
   */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    try {
      this.#upgrade(route(request.url ?? ''), request, socket, head);
    } catch (error) {
      this.#parts.log.fault(error);
      socket.destroy();
    }
  }

  #upgrade(to: Route, request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { acceptor, rooms } = this.#parts;
    const refuse = (closing: Closing): void =>
      acceptor.accept('player', request, socket, head, (connection) => connection.close(closing));
    if (this.draining) return refuse(CLOSINGS.restarting);
    if (to.to === 'create') {
      const { format } = to;
      acceptor.accept('host', request, socket, head, (connection) => {
        serveHost(connection, format, rooms);
      });
    } else if (to.to === 'room' && to.code !== undefined) {
      const { code } = to;
      acceptor.accept('player', request, socket, head, (connection) => {
        servePlayer(connection, code, rooms);
      });
    } else {
      refuse(CLOSINGS.noSuchRoom);
    }
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method, url, headers } = request;
    if (method !== 'GET' && method !== 'HEAD') return answers.otherMethod(method);
    const { rooms, metrics } = this.#parts;
    const to = route(url ?? '');
    const accept = headers.accept ?? '';
    switch (to.to) {
      case 'home':
        return answers.home(accept);
      case 'room':
        return answers.roomInfo(to.code && rooms.find(to.code), accept);
      case 'create':
        return answers.upgradeRequired();
      case 'health':
        return answers.health(true);
      case 'ready':
        return answers.health(!this.draining);
      case 'metrics':
        return answers.metrics(await metrics.metrics(), metrics.contentType);
      case 'nowhere':
        return answers.notFound();
      default:
        return to satisfies never;
    }
  }
}
