import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import * as answers from '../../http/answer.js';
import { type Route, route } from '../../http/route.js';
import { socketLimit } from '../../http/socket-limit.js';
import { webServer } from '../../http/web-server.js';
import { type Addresses, addresses } from '../../limits/address.js';
import { flagOf } from '../../options/describe.js';
import { OptionError } from '../../options/read.js';
import type { Options } from '../../options.js';
import { listen } from '../../server/listen.js';
import type { RelayServer } from '../../server/relay-server.js';
import type { Arrival, Standing } from '../messages.js';
import type { HandedAdmission } from '../standing.js';
import type { HandedRequest } from './handed-request.js';

export interface OwnPortParts {
  readonly options: Options;
  readonly port: number;
  readonly relay: RelayServer;
  readonly admission: HandedAdmission;
  /** Asks the primary about a client. Rejects if it does not answer. */
  arrive(arrival: Arrival): Promise<Standing | null>;
  /** Says that the client with this number is decided about. */
  decided(id: number): void;
}

/** What a proxy sent here that is for the port of the relay, or of another worker. */
const MISDIRECTED = 421;
const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const MISDIRECTED_TEXT = 'This port is for rooms of one worker: use the port of the relay.\n';

/**
 * The port of a worker, to which a proxy may route rooms by the letters of their codes: then no socket is
 * handed over. Limits per address hold, because the primary is asked about each client.
 */
export class OwnPort {
  readonly #parts: OwnPortParts;
  readonly #addresses: Addresses;
  #lastId = 0;

  constructor(parts: OwnPortParts) {
    this.#parts = parts;
    this.#addresses = addresses(parts.options.trustProxy);
  }

  /** @throws {OptionError} if it cannot listen */
  async listen(): Promise<void> {
    const { options, port, relay } = this.#parts;
    const { core } = relay.parts;
    const sockets = socketLimit(this.#addresses, core.admission.sockets);
    const { maxConnections } = core;
    const web = webServer({ ...options, maxConnections, sockets, wantsBody: () => false });
    web.server.on('request', (request, response) => void this.#answer(request, response));
    web.server.on('upgrade', (request, socket: Socket, head) => {
      void this.#accept(request, socket, head);
    });
    try {
      await listen(web.server, { port, host: options.host });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code === 'EADDRINUSE' ? `port ${port} is in use; choose others` : message;
      throw new OptionError(`${flagOf('workerPort')}: ${reason}`);
    }
  }

  async #accept(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const { relay, admission } = this.#parts;
    const target = this.#route(request);
    const isServed = await this.#whileCounted(request, target, (standing) =>
      admission.decide(standing, () => relay.handOver(request, socket, head)),
    );
    if (isServed) return;
    const head421 = `HTTP/1.1 ${MISDIRECTED} Misdirected Request`;
    const length = `Content-Length: ${MISDIRECTED_TEXT.length}`;
    socket.end(`${head421}\r\nConnection: close\r\n${length}\r\n\r\n${MISDIRECTED_TEXT}`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { relay, admission } = this.#parts;
    const target = this.#route(request);
    const isRoom = target.kind === 'room' && /^(?:GET|HEAD)$/.test(request.method ?? '');
    const isServed =
      isRoom &&
      (await this.#whileCounted(request, target, (standing) =>
        admission.decide(standing, async () => {
          if (standing.isGuessLimited) send(response, answers.tooManyAttempts());
          else relay.handleRequest(request, response);
        }),
      ));
    if (isServed) return;
    send(response, { status: MISDIRECTED, headers: TEXT, body: MISDIRECTED_TEXT });
  }

  /** Serves a client of this worker while the primary counts it. Returns whether it is one. */
  async #whileCounted(
    request: IncomingMessage,
    target: Route,
    serve: (standing: Standing) => Promise<void>,
  ): Promise<boolean> {
    if (target.kind !== 'room' && target.kind !== 'create') return false;
    const { arrive, decided } = this.#parts;
    const address = this.#addresses.of(request);
    const id = --this.#lastId;
    try {
      const standing = await arrive({ ...purposeOf(target), id, address });
      if (standing === null) return false;
      (request as HandedRequest).address = address;
      await serve(standing);
      return true;
    } catch {
      // The primary does not answer: the client may try again.
      return false;
    } finally {
      decided(id);
    }
  }

  #route({ url = '' }: IncomingMessage): Route {
    return route(url, this.#parts.options.codeLength);
  }
}

function send(response: ServerResponse, { status, headers, body }: answers.Answer): void {
  response.writeHead(status, headers);
  response.end(body);
}

function purposeOf(target: Extract<Route, { readonly kind: 'room' | 'create' }>) {
  if (target.kind === 'room') {
    return { opens: false, guesses: target.password !== undefined, code: target.path };
  }
  const { resume } = target;
  return { opens: resume === undefined, guesses: resume !== undefined, code: resume?.room ?? '' };
}
