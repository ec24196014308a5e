import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Admission } from '../guard/admission.js';
import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { HostPeer, PlayerPeer } from '../rooms/peer.js';
import type { Room } from '../rooms/room.js';
import { CODE_LENGTH } from '../rooms/room-code.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { Seat } from '../rooms/seat.js';
import type { Acceptor, Upgrade } from '../transport/acceptor.js';
import { HostConnection, type HostLimits } from '../transport/host-connection.js';
import { PlayerConnection, type PlayerLimits } from '../transport/player-connection.js';
import type { JoinCounts } from './join-counts.js';
import { type Resume, type Route, route } from './route.js';
import type { Visitors } from './visitors.js';

export interface UpgradesParts {
  readonly rooms: RoomRegistry;
  readonly acceptor: Acceptor;
  readonly admission: Admission;
  readonly joins: JoinCounts;
  readonly limits: HostLimits & PlayerLimits;
  readonly mayCreate: (token: string | undefined) => boolean;
  readonly mayConnect: (origin: string | undefined) => boolean;
}

/** Lets WebSockets in, as hosts and players, or tells them why not. */
export class Upgrades {
  /** Nobody at all: the relay is gone in a moment. */
  closed = false;
  readonly #parts: UpgradesParts;
  readonly #visitors: Visitors;

  constructor(parts: UpgradesParts, visitors: Visitors) {
    this.#parts = parts;
    this.#visitors = visitors;
  }

  /**
   * Accepts a WebSocket, wherever it wants to go: a browser learns why it was refused only from
   * the close of a connection that was accepted.
   */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const upgrade = { request, socket, head, address: this.#visitors.addressOf(request) };
    const to = route(request.url ?? '');
    const refusal = this.#refusal(to, upgrade);
    if (refusal !== undefined) return this.#refuse(to, refusal, upgrade);
    const { acceptor, admission } = this.#parts;
    const { address } = upgrade;
    // Who comes back may be one too many, and have left a connection behind that never confirms its
    // end: that would be a way to have ever more of them.
    if (this.#enter(to, upgrade) && admission.isOver(address)) acceptor.cutClosing(address);
  }

  /** Why this one may not enter, the cheapest question first. */
  #refusal(to: Route, { request, address }: Upgrade): Closing | undefined {
    const { admission, mayConnect, mayCreate, rooms } = this.#parts;
    if (this.closed) return CLOSINGS.restarting;
    if (!mayConnect(request.headers.origin)) return CLOSINGS.originNotAllowed;
    const crowded = admission.connect(address);
    // Whoever has a place here already is not refused for rates or load.
    if (this.#hasPlace(to)) return crowded && admission.comeBack(address);
    if (crowded !== undefined) return crowded;
    const now = performance.now();
    switch (to.to) {
      case 'create':
        if (to.resume !== undefined) return this.#missedResume(to.resume, address, now);
        if (rooms.draining) return CLOSINGS.restarting;
        return (
          admission.openRoom(address, now) ??
          (mayCreate(to.token ?? bearerToken(request)) ? undefined : CLOSINGS.badToken)
        );
      case 'room': {
        const refusal = admission.tryCode(address, now);
        if (refusal !== undefined) return refusal;
        const room = this.#visitors.findRoom(to.code, to.path, address);
        return room === undefined ? CLOSINGS.noSuchRoom : undefined;
      }
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

  #missedResume({ room }: Resume, address: string, now: number): Closing {
    const { admission } = this.#parts;
    if (admission.mayNotGuess(address, now)) return CLOSINGS.tooManyAttempts;
    // A wrong token is a miss of its own: there may be a room of this code.
    admission.missed(address, `resume ${room.slice(0, CODE_LENGTH)}`, now);
    return CLOSINGS.noSuchRoom;
  }

  /** Returns whether there is a connection; it may have been refused yet. */
  #enter(to: Route, upgrade: Upgrade): boolean {
    const { acceptor, rooms, limits, joins } = this.#parts;
    if (to.to === 'create') {
      const { resume } = to;
      const enter = (host: HostPeer): Room | Closing =>
        resume?.code === undefined
          ? rooms.open(host)
          : rooms.resume(resume.code, resume.token, host);
      return acceptor.accept('host', upgrade, (link) => {
        const host = new HostConnection(link, to.format, enter, limits);
        if (host.refusal !== undefined) this.#visitors.refused(host.refusal, upgrade);
        return host;
      });
    }
    if (to.to === 'room' && to.code !== undefined) {
      const { code, seat } = to;
      const sitDown = (player: PlayerPeer): Seat | Closing => rooms.join(code, player, seat);
      return acceptor.accept('player', upgrade, (link) => {
        const player = new PlayerConnection(link, sitDown, limits);
        joins.count(player.refusal);
        if (player.refusal !== undefined) this.#visitors.refused(player.refusal, upgrade);
        return player;
      });
    }
    return false;
  }

  #refuse(to: Route, closing: Closing, upgrade: Upgrade): void {
    const { acceptor, joins } = this.#parts;
    this.#visitors.refused(closing, upgrade);
    if (to.to === 'room') joins.count(closing);
    acceptor.refuse(closing, upgrade);
  }
}

function bearerToken({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}
