import type { IncomingMessage } from 'node:http';
import { type RoomJsonLimits, roomJson } from '../dialects/wmbp/room-json.js';
import type { Admission } from '../limits/admission.js';
import type { SharedScrape } from '../ops/shared-scrape.js';
import { CLOSE_REASONS } from '../protocol/close-codes.js';
import type { RoomCode } from '../rooms/ids.js';
import type { Rooms } from '../rooms/rooms.js';
import { prefersJson, prefersPage } from './accept.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import type { Described, Elsewhere } from './elsewhere.js';
import type { IceServer } from './ice.js';
import { isFromThisMachine } from './local-request.js';
import type { AddressedRequest, RequestContext } from './request-context.js';
import type { RoomRoute } from './route.js';
import type { StaticFiles } from './static-files.js';

export interface ContentsParts {
  readonly rooms: Rooms;
  /** Rooms in other processes; `undefined` if there are none. */
  readonly elsewhere: Elsewhere | undefined;
  readonly admission: Admission;
  readonly limits: RoomJsonLimits;
  readonly mayConnect: (origin: string | undefined) => boolean;
  /** Whether the relay refuses new rooms and players because of overload. */
  readonly isOverloaded: () => boolean;
  /** The metrics; `undefined` if `/metrics` is not served here. */
  readonly metrics: SharedScrape | undefined;
  /** Pages and the SDK. */
  readonly files: StaticFiles;
  /** The STUN and TURN servers for a request at this time. */
  readonly iceServers: (now: number) => readonly IceServer[];
  /** URLs at which other devices reach this relay, the best first. */
  readonly networkUrls: () => readonly string[];
}

/** Answers requests that only read: rooms, pages, the state of the relay. */
export class Contents {
  readonly #parts: ContentsParts;
  readonly #context: RequestContext;

  constructor(parts: ContentsParts, context: RequestContext) {
    this.#parts = parts;
    this.#context = context;
  }

  home({ request: { headers } }: AddressedRequest): Answer {
    const page = this.#parts.files.get('/');
    return page !== undefined && prefersPage(headers.accept)
      ? answers.file(page, headers)
      : answers.help();
  }

  async roomInfo(
    { code, path, seat, json }: RoomRoute,
    { request, address }: AddressedRequest,
  ): Promise<Answer> {
    const { admission } = this.#parts;
    const isLimited = (): boolean => admission.isGuessLimited(address, performance.now());
    if (isLimited()) return this.tooManyAttempts({ request, address });
    const room = code && (await this.#describe(code, seat));
    if (room === 'noAnswer') return answers.noAnswer();
    // Simultaneous requests of the address may have used up its attempts meanwhile.
    if (isLimited()) return this.tooManyAttempts({ request, address });
    if (room === undefined) admission.missed(address, path, performance.now());
    const asJson = json || prefersJson(request.headers.accept);
    return answers.roomInfo(room && (asJson ? room.json : room.name));
  }

  readiness(): Answer {
    if (this.#parts.rooms.draining) return answers.notReady('draining');
    const { notReady } = this.#parts.elsewhere ?? {};
    if (notReady !== undefined) return answers.notReady(notReady);
    const isOverloaded = this.#parts.isOverloaded() || this.#parts.elsewhere?.isOverloaded;
    return isOverloaded ? answers.notReady('overloaded') : answers.ok();
  }

  metrics(): Answer | Promise<Answer> {
    const { metrics } = this.#parts;
    return metrics === undefined ? answers.notFound() : answers.metrics(metrics);
  }

  iceServers(asked: AddressedRequest): Answer {
    const { admission, iceServers, mayConnect } = this.#parts;
    // Credentials for the TURN server are only for pages that may use the relay.
    if (!mayConnect(asked.request.headers.origin)) return answers.originNotAllowed();
    if (!admission.requestIce(asked.address, performance.now())) return this.tooManyAttempts(asked);
    return answers.ice(iceServers(Date.now()));
  }

  address(request: IncomingMessage): Answer {
    const urls = isFromThisMachine(request) ? this.#parts.networkUrls() : [];
    return urls.length === 0 ? answers.notFound() : answers.address(urls);
  }

  file(path: string, { headers }: IncomingMessage): Answer {
    const file = this.#parts.files.get(path);
    return file === undefined ? answers.notFound() : answers.file(file, headers);
  }

  tooManyAttempts(refused: AddressedRequest): Answer {
    this.#context.refused(CLOSE_REASONS.tooManyAttempts, refused);
    return answers.tooManyAttempts();
  }

  async #describe(code: RoomCode, seat: RoomRoute['seat']): Promise<Described> {
    const { elsewhere, limits } = this.#parts;
    const room = await this.#context.locate(code);
    if (room === undefined) return elsewhere?.describe(code, seat);
    return { name: room.info.name, json: roomJson(room, seat, limits) };
  }
}
