import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Admittance } from '../dialects/admittance.js';
import type { Bellhop } from '../dialects/bellhop/bellhop.js';
import type { Bevygap } from '../dialects/bevygap/bevygap.js';
import type { Wmbp } from '../dialects/wmbp/wmbp.js';
import type { LaunchedServerApi } from '../launch/launched-server-api.js';
import type { ClientAdmission } from '../limits/admission.js';
import type { JoinCounts } from '../ops/join-counts.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { Dialect } from '../protocol/dialects.js';
import { NO_CODE } from '../rooms/ids.js';
import type { Room } from '../rooms/room.js';
import type { Acceptor, Upgrade } from '../transport/acceptor.js';
import type { Connection, Link } from '../transport/connection.js';
import { bearerToken } from './bearer-token.js';
import type { Elsewhere } from './elsewhere.js';
import { holdInput, readOn } from './hold-input.js';
import type { RequestContext } from './request-context.js';
import { codeOf, type Route, routeWithin } from './route.js';

export interface UpgradesParts {
  /** The enabled dialects. */
  readonly dialects: ReadonlySet<Dialect>;
  readonly rooms: { readonly hasLists: boolean };
  readonly wmbp: Wmbp;
  readonly bellhop: Bellhop;
  /** `undefined` if no game servers are started. */
  readonly bevygap: Bevygap | undefined;
  /** Knows the servers that the relay has started; `undefined` if it starts none. */
  readonly serverApi: LaunchedServerApi | undefined;
  readonly clientAdmission: ClientAdmission;
  /** Rooms in other processes; `undefined` if there are none. */
  readonly elsewhere: Elsewhere | undefined;
  readonly acceptor: Acceptor;
  readonly joins: JoinCounts;
  readonly mayConnect: (origin: string | undefined) => boolean;
  readonly limits: { readonly codeLength: number };
}

/** Accepts WebSockets as hosts and players, or closes them with the reason for the refusal. */
export class Upgrades {
  /** Whether all WebSockets are refused, because the relay is about to stop. */
  closed = false;
  readonly #parts: UpgradesParts;
  readonly #context: RequestContext;
  readonly #route: (target: string) => Route;

  constructor(parts: UpgradesParts, context: RequestContext) {
    this.#parts = parts;
    this.#context = context;
    this.#route = routeWithin(parts);
  }

  /**
   * Accepts a WebSocket at any path: browsers see the reason for a refusal only if the WebSocket is
   * accepted and then closed. The caller handles errors of the socket.
   */
  async accept(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const upgrade = { request, socket, head, address: this.#context.addressOf(request) };
    const target = this.#route(request.url ?? '');
    const { elsewhere } = this.#parts;
    if (elsewhere !== undefined && (await this.#isTaken(elsewhere, target, upgrade))) return;
    const room = await this.#locate(target);
    // There is no `await` after this, so that limits apply to simultaneous connections.
    const admittance = this.#admit(target, room, upgrade);
    if (admittance.is === 'refused') {
      this.#report(isJoin(target, room), admittance.reason, upgrade);
      const create = this.#refusedConnection(target, upgrade);
      return this.#parts.acceptor.refuse(admittance.reason, upgrade, create);
    }
    const isAccepted = this.#parts.acceptor.accept(admittance.role, upgrade, (link) => {
      const { connection, refusal } = admittance.serve(link);
      this.#report(isJoin(target, room), refusal, upgrade);
      return connection;
    });
    if (isAccepted) this.#limitClosing(upgrade.address);
  }

  async #isTaken(elsewhere: Elsewhere, target: Route, upgrade: Upgrade): Promise<boolean> {
    const { origin } = upgrade.request.headers;
    if (this.closed || !this.#parts.mayConnect(origin)) return false;
    holdInput(upgrade.socket);
    await elsewhere.settled(codeOf(target) ?? NO_CODE);
    const isTaken = await elsewhere.take(target, upgrade);
    if (!isTaken) readOn(upgrade.socket);
    return isTaken;
  }

  /** The room with the code of the path or the query, if there is one. */
  async #locate(target: Route): Promise<Room | undefined> {
    return this.#context.locate(codeOf(target));
  }

  #admit(target: Route, room: Room | undefined, upgrade: Upgrade): Admittance {
    const { clientAdmission, bellhop, bevygap, mayConnect, wmbp } = this.#parts;
    const { request, address } = upgrade;
    const { authorization, origin } = request.headers;
    if (this.closed) return { is: 'refused', reason: CLOSE_REASONS.restarting };
    if (!mayConnect(origin)) return { is: 'refused', reason: CLOSE_REASONS.originNotAllowed };
    const now = performance.now();
    switch (target.kind) {
      case 'create': {
        const token = target.token ?? bearerToken(authorization);
        return wmbp.host({ ...target, token }, room, address, now);
      }
      case 'room':
        return wmbp.player(target, room, address, now);
      case 'quickJoin':
        return wmbp.quickJoin(target, address, now);
      case 'bellhop':
        return bellhop.admit(target.token ?? bearerToken(authorization), address);
      case 'matchmaker':
        if (bevygap === undefined) return { is: 'refused', reason: CLOSE_REASONS.noSuchRoom };
        return bevygap.admit(this.#context.callerOf(upgrade, target.query.clientIp));
      default:
        return {
          is: 'refused',
          reason: clientAdmission.connect(address) ?? CLOSE_REASONS.noSuchRoom,
        };
    }
  }

  /** What a refused connection is, if its clients need more than a close code. */
  #refusedConnection(target: Route, upgrade: Upgrade): ((link: Link) => Connection) | undefined {
    const { bevygap } = this.#parts;
    if (target.kind !== 'matchmaker' || bevygap === undefined) return undefined;
    const caller = this.#context.callerOf(upgrade, target.query.clientIp);
    return (link) => bevygap.connection(link, caller);
  }

  /** Counts attempts to join, and logs refusals. Viewers do not join. */
  #report(isJoin: boolean, refusal: CloseReason | undefined, upgrade: Upgrade): void {
    if (isJoin) this.#parts.joins.count(refusal);
    if (refusal !== undefined) this.#context.refused(refusal, upgrade);
  }

  /**
   * A client that reconnects may exceed a limit, and its replaced connection may never confirm the
   * close. Repeated, that would use up connections, so closing connections of its address are
   * terminated.
   */
  #limitClosing(address: string): void {
    const { acceptor, clientAdmission } = this.#parts;
    if (clientAdmission.isOverLimit(address)) acceptor.connections.terminateClosing(address);
  }
}

function isJoin(target: Route, room: Room | undefined): boolean {
  if (target.kind !== 'room') return target.kind === 'quickJoin';
  return !(target.watches && room?.audience !== undefined);
}
