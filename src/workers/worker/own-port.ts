import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import * as answers from '../../http/answer.js';
import { destroyOnError } from '../../http/destroy-on-error.js';
import { type Route, route } from '../../http/route.js';
import { socketLimit } from '../../http/socket-limit.js';
import { answerAndClose } from '../../http/unwanted-input.js';
import { webServer } from '../../http/web-server.js';
import { writeAnswer } from '../../http/write-answer.js';
import { type Addresses, addresses } from '../../limits/address.js';
import { flagOf } from '../../options/describe.js';
import { OptionError } from '../../options/read.js';
import type { Options } from '../../options.js';
import { listen } from '../../server/listen.js';
import type { RelayServer } from '../../server/relay-server.js';
import { NoAnswer } from '../channel.js';
import type { Arrival, Standing } from '../messages.js';
import type { HandedAdmission } from '../standing.js';
import type { HandedRequest } from './handed-request.js';

export interface OwnPortParts {
  readonly options: Options;
  readonly port: number;
  readonly relay: RelayServer;
  readonly admission: HandedAdmission;
  /** Asks the primary about a client. Rejects with `NoAnswer` if it does not answer. */
  arrive(arrival: Arrival): Promise<Standing | null>;
  /** Says that the client with this number is decided about. */
  decided(id: number): void;
}

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
    const serve = (work: Promise<void>, connection: { destroy(): unknown }): void =>
      void work.catch((error: unknown) => {
        relay.parts.log.fault(error);
        connection.destroy();
      });
    web.server.on('request', (request, response) =>
      serve(this.#answer(request, response), response),
    );
    web.server.on('upgrade', (request, socket: Socket, head) =>
      serve(this.#accept(request, socket, head), socket),
    );
    try {
      await listen(web.server, { port, host: options.host });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = code === 'EADDRINUSE' ? `port ${port} is in use; choose others` : message;
      throw new OptionError(`${flagOf('workerPort')}: ${reason}`);
    }
  }

  async #accept(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    destroyOnError(socket);
    const { relay, admission } = this.#parts;
    const refusal = await this.#whileCounted(request, this.#route(request), (standing) =>
      admission.decide(standing, () => relay.handOver(request, socket, head)),
    );
    if (refusal === undefined) return;
    answerAndClose(request, socket, (_, response) => writeAnswer(response, refusal));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { relay, admission } = this.#parts;
    const target = this.#route(request);
    const isServed = target.kind === 'room' && /^(?:GET|HEAD)$/.test(request.method ?? '');
    const refusal = isServed
      ? await this.#whileCounted(request, target, (standing) =>
          admission.decide(standing, async () => {
            if (standing.isGuessLimited) writeAnswer(response, answers.tooManyAttempts());
            else relay.handleRequest(request, response);
          }),
        )
      : answers.misdirected();
    if (refusal !== undefined) writeAnswer(response, refusal);
  }

  /** Serves a client of this worker while the primary counts it. Returns the answer if it is none. */
  async #whileCounted(
    request: IncomingMessage,
    target: Route,
    serve: (standing: Standing) => Promise<void>,
  ): Promise<answers.Answer | undefined> {
    if (target.kind !== 'room' && target.kind !== 'create') return answers.misdirected();
    const { arrive, decided } = this.#parts;
    const address = this.#addresses.of(request);
    const id = --this.#lastId;
    try {
      const standing = await arrive({ ...purposeOf(target), id, address });
      if (standing === null) return answers.misdirected();
      (request as HandedRequest).address = address;
      await serve(standing);
      return undefined;
    } catch (error) {
      if (error instanceof NoAnswer) return answers.noAnswer();
      throw error;
    } finally {
      decided(id);
    }
  }

  #route({ url = '' }: IncomingMessage): Route {
    return route(url, this.#parts.options.codeLength);
  }
}

function purposeOf(target: Extract<Route, { readonly kind: 'room' | 'create' }>) {
  if (target.kind === 'room') {
    return { opens: false, guesses: target.password !== undefined, code: target.path };
  }
  const { resume } = target;
  return { opens: resume === undefined, guesses: resume !== undefined, code: resume?.room ?? '' };
}
