import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Registry } from 'prom-client';
import type { Addresses } from '../guard/address.js';
import type { Admission } from '../guard/admission.js';
import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { RoomCode } from '../rooms/ids.js';
import type { HostPeer, PlayerPeer } from '../rooms/peer.js';
import type { Room } from '../rooms/room.js';
import { CODE_LENGTH } from '../rooms/room-code.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { Seat } from '../rooms/seat.js';
import type { Acceptor, Upgrade } from '../transport/acceptor.js';
import { HostConnection, type HostLimits } from '../transport/host-connection.js';
import { PlayerConnection, type PlayerLimits } from '../transport/player-connection.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import type { IceServer } from './ice.js';
import type { JoinCounts } from './join-counts.js';
import { type Resume, type Route, route } from './route.js';
import type { StaticFiles } from './static-files.js';

export interface FrontDoorParts {
  readonly rooms: RoomRegistry;
  readonly acceptor: Acceptor;
  readonly admission: Admission;
  readonly addresses: Addresses;
  readonly joins: JoinCounts;
  readonly limits: HostLimits & PlayerLimits & { readonly stall: number };
  readonly mayCreate: (token: string | undefined) => boolean;
  readonly mayConnect: (origin: string | undefined) => boolean;
  /** Whether too much is going on for new rooms and players. */
  readonly isOverloaded: () => boolean;
  /** What `/metrics` answers with; `undefined` if it is not served here. */
  readonly metrics: Registry | undefined;
  /** What browsers are given: pages, and the SDK. */
  readonly files: StaticFiles;
  /** Where two ends find a way to each other, for somebody who asks at this time. */
  readonly iceServers: (now: number) => readonly IceServer[];
  readonly log: {
    fault(error: unknown): void;
    refused(closing: Closing, address: string, origin: string | undefined): void;
    untrustedProxy(address: string): void;
  };
}

/** Where every HTTP request and every upgrade comes in, and is shown where to go. */
export class FrontDoor {
  /** Nobody at all: the relay is gone in a moment. */
  closed = false;
  readonly #parts: FrontDoorParts;

  constructor(parts: FrontDoorParts) {
    this.#parts = parts;
  }

  /** Answers an HTTP request; never throws or rejects. */
  async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // One that came before the one before it was answered has no socket yet. No browser does that,
    // and thousands of them fit into one packet.
    if (response.socket === null) return void request.socket.destroy();
    // Files are larger than what a kernel takes off our hands: who reads nothing is not waited for.
    response.setTimeout(this.#parts.limits.stall * 1000, () => response.destroy());
    // A request's body is of no use here, but the next request waits behind it.
    request.resume();
    const { status, headers, body } = await this.#answer(request).catch((error: unknown) => {
      this.#parts.log.fault(error);
      return answers.internalError();
    });
    // A 304 would speak of the body that it stands for, and has none.
    const length = status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length });
    response.end(body);
  }

  /**
   * Accepts a WebSocket, wherever it wants to go: a browser learns why it was refused only from
   * the close of a connection that was accepted. Never throws.
   */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    try {
      if (!wantsWebSocket(request)) return this.#answerInstead(request, socket);
      const upgrade = { request, socket, head, address: this.#addressOf(request) };
      const to = route(request.url ?? '');
      const refusal = this.#refusal(to, upgrade);
      if (refusal === undefined) this.#enter(to, upgrade);
      else this.#refuse(to, refusal, upgrade);
    } catch (error) {
      this.#parts.log.fault(error);
      socket.destroy();
    }
  }

  /** An offer to speak something else may be ignored (RFC 9110 section 7.8): curl makes one. */
  #answerInstead(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.on('finish', () => socket.destroySoon());
    socket.on('error', () => socket.destroy());
    response.assignSocket(socket);
    void this.request(request, response);
  }

  /** Why this one may not enter, the cheapest question first. */
  #refusal(to: Route, { request, address }: Upgrade): Closing | undefined {
    const { admission, mayConnect, mayCreate } = this.#parts;
    if (this.closed) return CLOSINGS.restarting;
    if (!mayConnect(request.headers.origin)) return CLOSINGS.originNotAllowed;
    const crowded = admission.connect(address);
    // Whoever has a place here already is not refused for rates or load.
    if (this.#hasPlace(to)) return crowded && this.#squeezeIn(address);
    if (crowded !== undefined) return crowded;
    const now = performance.now();
    switch (to.to) {
      case 'create':
        if (to.resume !== undefined) return this.#missedResume(to.resume, address, now);
        if (this.#parts.rooms.draining) return CLOSINGS.restarting;
        return (
          admission.openRoom(address, now) ??
          (mayCreate(to.token ?? bearerToken(request)) ? undefined : CLOSINGS.badToken)
        );
      case 'room':
        return admission.tryCode(address, now) ?? this.#miss(to.code, to.path, address);
      default:
        return CLOSINGS.noSuchRoom;
    }
  }

  /** Whether a player comes back to a seat, or a host to its room. */
  #hasPlace(to: Route): boolean {
    const { rooms } = this.#parts;
    if (to.to === 'room') {
      if (to.seat === undefined || to.code === undefined) return false;
      return rooms.find(to.code)?.hasSeat(to.seat) ?? false;
    }
    if (to.to !== 'create' || to.resume?.code === undefined) return false;
    return rooms.find(to.resume.code)?.mayResume(to.resume.token) ?? false;
  }

  /**
   * Each that comes back may leave one behind that never says that it has heard of its end: those
   * have to go before it counts how many there are.
   */
  #squeezeIn(address: string): Closing | undefined {
    const { acceptor, admission } = this.#parts;
    return acceptor.cutClosing(address) ? undefined : admission.comeBack(address);
  }

  #missedResume({ room }: Resume, address: string, now: number): Closing {
    const { admission } = this.#parts;
    if (admission.mayNotGuess(address, now)) return CLOSINGS.tooManyAttempts;
    // A wrong token is a miss of its own: there may be a room of this code.
    admission.missed(address, `resume ${room.slice(0, CODE_LENGTH)}`, now);
    return CLOSINGS.noSuchRoom;
  }

  #enter(to: Route, upgrade: Upgrade): void {
    const { acceptor, rooms, limits, joins } = this.#parts;
    if (to.to === 'create') {
      const { resume } = to;
      const enter = (host: HostPeer): Room | Closing =>
        resume?.code === undefined
          ? rooms.open(host)
          : rooms.resume(resume.code, resume.token, host);
      acceptor.accept('host', upgrade, (link) => {
        const host = new HostConnection(link, to.format, enter, limits);
        if (host.refusal !== undefined) this.#logRefusal(host.refusal, upgrade);
        return host;
      });
    } else if (to.to === 'room' && to.code !== undefined) {
      const { code, seat } = to;
      const sitDown = (player: PlayerPeer): Seat | Closing => rooms.join(code, player, seat);
      acceptor.accept('player', upgrade, (link) => {
        const player = new PlayerConnection(link, sitDown, limits);
        joins.count(player.refusal);
        if (player.refusal !== undefined) this.#logRefusal(player.refusal, upgrade);
        return player;
      });
    }
  }

  #refuse(to: Route, closing: Closing, upgrade: Upgrade): void {
    const { acceptor, joins } = this.#parts;
    this.#logRefusal(closing, upgrade);
    if (to.to === 'room') joins.count(closing);
    acceptor.refuse(closing, upgrade);
  }

  #logRefusal(closing: Closing, { address, request }: Pick<Upgrade, 'address' | 'request'>): void {
    this.#parts.log.refused(closing, address, request.headers.origin);
  }

  /** Counts a code that no room has against whoever tried it. */
  #miss(code: RoomCode | undefined, tried: string, address: string): Closing | undefined {
    if (code !== undefined && this.#parts.rooms.find(code) !== undefined) return undefined;
    this.#parts.admission.missed(address, tried, performance.now());
    return CLOSINGS.noSuchRoom;
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
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

  #iceServers(request: IncomingMessage): Answer {
    const { admission, iceServers, mayConnect } = this.#parts;
    // What carries somebody's traffic is for the pages that may use the relay, and no others.
    if (!mayConnect(request.headers.origin)) return answers.originNotAllowed();
    const address = this.#addressOf(request);
    if (!admission.askForIce(address, performance.now())) {
      this.#logRefusal(CLOSINGS.tooManyAttempts, { address, request });
      return answers.tooManyAttempts();
    }
    return answers.ice(iceServers(Date.now()));
  }

  #roomInfo(code: RoomCode | undefined, tried: string, request: IncomingMessage): Answer {
    const { admission, rooms } = this.#parts;
    const address = this.#addressOf(request);
    if (admission.mayNotGuess(address, performance.now())) {
      this.#logRefusal(CLOSINGS.tooManyAttempts, { address, request });
      return answers.tooManyAttempts();
    }
    this.#miss(code, tried, address);
    return answers.roomInfo(code && rooms.find(code), request.headers.accept ?? '');
  }

  #readiness(): Answer {
    if (this.#parts.rooms.draining) return answers.notReady('draining');
    return this.#parts.isOverloaded() ? answers.notReady('overloaded') : answers.ok();
  }

  #addressOf(request: IncomingMessage): string {
    const { addresses, log } = this.#parts;
    const address = addresses.of(request);
    if (addresses.isUntrusted(request)) log.untrustedProxy(address);
    return address;
  }
}

function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function bearerToken({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}
