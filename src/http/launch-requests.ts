import type { ServerResponse } from 'node:http';
import type { LaunchPath } from '../launch/launch-path.js';
import {
  type LaunchedServerAnswer,
  type LaunchedServerApi,
  MAX_REPORT_BYTES,
} from '../launch/launched-server-api.js';
import type { Admission } from '../limits/admission.js';
import { CLOSE_REASONS } from '../protocol/close-codes.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import { bearerToken } from './bearer-token.js';
import { announcedLength } from './body.js';
import type { RequestBodies } from './request-bodies.js';
import type { AddressedRequest, RequestContext } from './request-context.js';
import type { Reply, Resource, Resources } from './resource.js';
import { hasBody } from './unwanted-input.js';

export interface LaunchRequestsParts {
  /** `undefined` if no game servers are started. */
  readonly serverApi: LaunchedServerApi | undefined;
  readonly admission: Admission;
}

/** Calls a method of the API with the token of the request. */
type ApiCall = (api: LaunchedServerApi, token: string | undefined) => LaunchedServerAnswer;

/** Answers requests of launched servers. */
export class LaunchRequests {
  readonly #parts: LaunchRequestsParts;
  readonly #context: RequestContext;
  readonly #bodies: RequestBodies;

  constructor(parts: LaunchRequestsParts, context: RequestContext, bodies: RequestBodies) {
    this.#parts = parts;
    this.#context = context;
    this.#bodies = bodies;
  }

  /** The handlers of the paths under `/launch/ID`. */
  get resources(): Pick<Resources, LaunchPath['kind']> {
    const answerTo = (path: LaunchPath, asked: AddressedRequest, call: ApiCall): Answer =>
      this.#answer(path, asked, call);
    const launchReady: Resource<LaunchPath> = {
      POST: (path, asked, response) => this.#ready(path, asked, response),
    };
    return {
      launched: {
        DELETE: (path, asked) => answerTo(path, asked, (api, token) => api.end(path.id, token)),
      },
      launchContext: {
        GET: (path, asked) => answerTo(path, asked, (api, token) => api.context(path.id, token)),
      },
      launchReady,
      launchPlayer: {
        PUT: (path, asked) =>
          answerTo(path, asked, (api, token) => api.claim(path.id, token, path.client)),
        DELETE: (path, asked) =>
          answerTo(path, asked, (api, token) => api.leave(path.id, token, path.client)),
      },
    };
  }

  #ready(
    path: LaunchPath,
    asked: AddressedRequest,
    response: ServerResponse,
  ): Reply | Promise<Reply> {
    const { request } = asked;
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    if (hasBody(request) && !isChunked && announcedLength(request) > MAX_REPORT_BYTES) {
      return answers.unreadBody(413, `The body is larger than ${MAX_REPORT_BYTES} bytes.`);
    }
    return this.#bodies.answer(asked, response, {
      read: (body) => this.#answer(path, asked, (api, token) => api.ready(path.id, token, body)),
      full: () => {
        this.#context.refused(CLOSE_REASONS.relayFull, asked);
        return answers.refused(503, CLOSE_REASONS.relayFull);
      },
    });
  }

  #answer({ id }: LaunchPath, asked: AddressedRequest, call: ApiCall): Answer {
    const { serverApi: api, admission } = this.#parts;
    if (api === undefined) return answers.notFound();
    const { request, address } = asked;
    const now = performance.now();
    if (admission.isGuessLimited(address, now)) {
      this.#context.refused(CLOSE_REASONS.tooManyAttempts, asked);
      return answers.tooManyAttempts();
    }
    const { authorization } = request.headers;
    // Edgegap's servers send the token alone.
    const answer = call(api, bearerToken(authorization) ?? authorization);
    if (answer.is === 'unknown') admission.missed(address, `launch ${id}`, now);
    return answers.launched(answer);
  }
}
