import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Admission } from '../guard/admission.js';
import { CLOSINGS } from '../protocol/close-codes.js';
import type { RoomCode } from '../rooms/ids.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import type { IceServer } from './ice.js';
import { route } from './route.js';
import type { StaticFiles } from './static-files.js';
import type { Visit, Visitors } from './visitors.js';

export interface RequestsParts {
  readonly rooms: RoomRegistry;
  readonly admission: Admission;
  readonly limits: { readonly stall: number };
  readonly mayConnect: (origin: string | undefined) => boolean;
  /** Whether too much is going on for new rooms and players. */
  readonly isOverloaded: () => boolean;
  /** What `/metrics` answers with; `undefined` if it is not served here. */
  readonly metrics: Registry | undefined;
  /** What browsers are given: pages, and the SDK. */
  readonly files: StaticFiles;
  /** Where two ends find a way to each other, for somebody who asks at this time. */
  readonly iceServers: (now: number) => readonly IceServer[];
  readonly log: { fault(error: unknown): void };
}

/** Answers HTTP requests. */
export class Requests {
  readonly #parts: RequestsParts;
  readonly #visitors: Visitors;

  constructor(parts: RequestsParts, visitors: Visitors) {
    this.#parts = parts;
    this.#visitors = visitors;
  }

  /** Answers a request; never throws or rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // One that came before the one before it was answered has no socket yet. No browser does that,
    // and thousands of them fit into one packet.
    if (response.socket === null) return void request.socket.destroy();
    // Files are larger than what a kernel takes off our hands: who reads nothing is not waited for.
    response.setTimeout(this.#parts.limits.stall * 1000, () => response.destroy());
    // A request's body is of no use here, but the next request waits behind it.
    request.resume();
    const { status, headers, body } = await this.#answerTo(request).catch((error: unknown) => {
      this.#parts.log.fault(error);
      return answers.internalError();
    });
    // A 304 would speak of the body that it stands for, and has none.
    const length = status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length });
    response.end(body);
  }

  async #answerTo(request: IncomingMessage): Promise<Answer> {
    const { method, url, headers } = request;
    if (method !== 'GET' && method !== 'HEAD') return answers.otherMethod(method);
    const to = route(url ?? '');
    switch (to.to) {
      case 'home':
        return this.#home(headers);
      case 'room':
        return this.#roomInfo(to.code, to.path, request);
      case 'create':
        return answers.upgradeRequired();
      case 'health':
        return answers.ok();
      case 'ready':
        return this.#readiness();
      case 'metrics': {
        const { metrics } = this.#parts;
        return metrics === undefined ? answers.notFound() : answers.metrics(metrics);
      }
      case 'ice':
        return this.#iceServers(request);
      case 'file': {
        const file = this.#parts.files.get(to.path);
        return file === undefined ? answers.notFound() : answers.file(file, headers);
      }
      default:
        return to satisfies never;
    }
  }

  #home(headers: IncomingHttpHeaders): Answer {
    const page = this.#parts.files.get('/');
    const wantsPage = headers.accept?.includes('text/html') === true;
    return page !== undefined && wantsPage ? answers.file(page, headers) : answers.help();
  }

  #roomInfo(code: RoomCode | undefined, tried: string, request: IncomingMessage): Answer {
    const address = this.#visitors.addressOf(request);
    if (this.#parts.admission.mayNotGuess(address, performance.now())) {
      return this.#tooManyAttempts({ request, address });
    }
    const room = this.#visitors.findRoom(code, tried, address);
    return answers.roomInfo(room, request.headers.accept ?? '');
  }

  #readiness(): Answer {
    if (this.#parts.rooms.draining) return answers.notReady('draining');
    return this.#parts.isOverloaded() ? answers.notReady('overloaded') : answers.ok();
  }

  #iceServers(request: IncomingMessage): Answer {
    const { admission, iceServers, mayConnect } = this.#parts;
    // What carries somebody's traffic is for the pages that may use the relay, and no others.
    if (!mayConnect(request.headers.origin)) return answers.originNotAllowed();
    const address = this.#visitors.addressOf(request);
    if (!admission.askForIce(address, performance.now())) {
      return this.#tooManyAttempts({ request, address });
    }
    return answers.ice(iceServers(Date.now()));
  }

  #tooManyAttempts(visit: Visit): Answer {
    this.#visitors.refused(CLOSINGS.tooManyAttempts, visit);
    return answers.tooManyAttempts();
  }
}
