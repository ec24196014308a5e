import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission } from '../limits/admission.js';
import type { Dialect } from '../protocol/dialects.js';
import { TurnQueue } from '../transport/turn-queue.js';
import * as answers from './answer.js';
import { announcedLength, MAX_BODY_BYTES } from './body.js';
import { Contents, type ContentsParts } from './contents.js';
import { LaunchRequests, type LaunchRequestsParts } from './launch-requests.js';
import { MatchmakerRequests, type MatchmakerRequestsParts } from './matchmaker-requests.js';
import { EVENTS, VALUES, WHOLE } from './play-answers.js';
import { RequestBodies, type RequestBodiesParts } from './request-bodies.js';
import type { AddressedRequest, RequestContext } from './request-context.js';
import { handlerOf, methodsOf, type Reply, type Resource, type Resources } from './resource.js';
import { RoomListAnswers } from './room-list-answers.js';
import { PagesElsewhere, RoomListPages } from './room-list-pages.js';
import { type Route, routeWithin } from './route.js';
import { SignalingRequests, type SignalingRequestsParts } from './signaling-requests.js';
import { limitStall, sendStream } from './streamed-answer.js';
import { answerUnread } from './unread-body.js';
import { hasBody, isDetached } from './unwanted-input.js';
import { writeAnswer } from './write-answer.js';

export type RequestsParts = ContentsParts &
  RequestBodiesParts &
  SignalingRequestsParts &
  MatchmakerRequestsParts &
  LaunchRequestsParts & {
    /** The enabled dialects. */
    readonly dialects: ReadonlySet<Dialect>;
    readonly admission: Admission;
    readonly limits: { readonly stall: number; readonly codeLength: number };
    readonly log: { fault(error: unknown): void };
  };

/** Answers HTTP requests. */
export class Requests {
  readonly #parts: RequestsParts;
  readonly #context: RequestContext;
  readonly #route: (target: string) => Route;
  readonly #contents: Contents;
  readonly #resources: Resources;
  readonly #turns = new TurnQueue();

  constructor(parts: RequestsParts, context: RequestContext) {
    this.#parts = parts;
    this.#context = context;
    this.#route = routeWithin(parts);
    this.#contents = new Contents(parts, context);
    this.#resources = this.#buildResources();
  }

  /** Whether the body of this request is read, because it is a POST that may be answered. */
  wantsBody(request: IncomingMessage): boolean {
    if (request.method !== 'POST' || !hasBody(request)) return false;
    const { POST } = this.#resourceOf(this.#route(request.url ?? ''));
    return POST !== undefined && announcedLength(request) <= MAX_BODY_BYTES;
  }

  /** Answers a request; never throws. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    // A pipelined request has no socket yet. No browser pipelines, and thousands of such requests fit
    // into one packet.
    if (response.socket === null) return void request.socket.destroy();
    // Files are larger than the kernel's send buffer: a client that reads nothing is disconnected.
    limitStall(response, this.#parts.limits.stall * 1000);
    const readsBody = !isDetached(request) && this.wantsBody(request);
    if (!readsBody) discardBody(request, response);
    const reply = (answer: Reply): void => {
      if ('stream' in answer) sendStream(response, answer);
      else if (readsBody && !request.complete) answerUnread(request, response, answer);
      else writeAnswer(response, answer);
    };
    const fail = (error: unknown): void => {
      this.#parts.log.fault(error);
      if (response.headersSent) response.destroy();
      else reply(answers.internalError());
    };
    try {
      const answer = this.#answerTo(request, response);
      // Synchronously if possible: work in a later turn would not count against the turn's budget.
      if (answer instanceof Promise) this.#replyLater(answer, reply).catch(fail);
      else reply(answer);
    } catch (error) {
      fail(error);
    }
  }

  /** Hundreds of requests may wait for the same promise, such as that of the metrics. */
  async #replyLater(answer: Promise<Reply>, reply: (answer: Reply) => void): Promise<void> {
    const later = await answer;
    await this.#turns.settle(() => reply(later));
  }

  /** Answers, unless too many requests of this address are being answered already. */
  #answerTo(request: IncomingMessage, response: ServerResponse): Reply | Promise<Reply> {
    const { requests } = this.#parts.admission;
    const address = this.#context.addressOf(request);
    if (!requests.take(address)) return this.#contents.tooManyAttempts({ request, address });
    // Not before the answer is written: a client that reads nothing occupies a socket, and a
    // proxy's too.
    response.once('close', () => requests.free(address));
    return this.#byMethod({ request, address }, response);
  }

  #byMethod(asked: AddressedRequest, response: ServerResponse): Reply | Promise<Reply> {
    const { method = '', url = '' } = asked.request;
    const target = this.#route(url);
    const resource = this.#resourceOf(target);
    if (method === 'OPTIONS') return answers.preflight(methodsOf(resource));
    const handler = handlerOf(resource, method);
    return handler?.(target, asked, response) ?? answers.methodNotAllowed(methodsOf(resource));
  }

  #resourceOf({ kind }: Route): Resource {
    // Each kind of route has a resource of its own type.
    return this.#resources[kind] as Resource;
  }

  #buildResources(): Resources {
    const contents = this.#contents;
    const { rooms, elsewhere } = this.#parts;
    const pages = elsewhere ? new PagesElsewhere(elsewhere) : new RoomListPages(rooms.lists);
    const bodies = new RequestBodies(this.#parts);
    const signaling = new SignalingRequests(this.#parts, this.#context, bodies);
    const matchmaker = new MatchmakerRequests(this.#parts, this.#context, bodies);
    const launched = new LaunchRequests(this.#parts, this.#context, bodies);
    const lists = new RoomListAnswers(pages, this.#context, bodies);
    const upgrade: Resource = { GET: answers.upgradeRequired };
    const signalingPost: Resource = { POST: (_, ...asked) => signaling.answer(...asked) };
    // Clients of signaling-server may know an address and no path.
    const atRoot = this.#parts.dialects.has('signaling') ? signalingPost : {};
    return {
      home: { GET: (_, asked) => contents.home(asked), ...atRoot },
      room: { GET: (target, asked) => contents.roomInfo(target, asked) },
      roomList: { GET: (target, ...asked) => lists.answer(target, ...asked) },
      quickJoin: upgrade,
      create: upgrade,
      bellhop: upgrade,
      signaling: { ...signalingPost, other: () => signaling.notPost() },
      matchmaker: upgrade,
      request: { POST: (target, ...asked) => matchmaker.answer(target, VALUES, ...asked) },
      wannaplay: { POST: (target, ...asked) => matchmaker.answer(target, WHOLE, ...asked) },
      play: { POST: (target, ...asked) => matchmaker.answer(target, EVENTS, ...asked) },
      ...launched.resources,
      health: { GET: answers.ok },
      ready: { GET: () => contents.readiness() },
      metrics: { GET: () => contents.metrics() },
      ice: { GET: (_, asked) => contents.iceServers(asked) },
      address: { GET: (_, { request }) => contents.address(request) },
      file: { GET: ({ path }, { request }) => contents.file(path, request) },
    };
  }
}

/** Discards a body that is not read: the next request would wait for its end. */
function discardBody(request: IncomingMessage, response: ServerResponse): void {
  if (hasBody(request)) response.shouldKeepAlive = false;
  request.resume();
}
