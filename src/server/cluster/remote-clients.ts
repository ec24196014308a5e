import type { Home } from '../../cluster/directory/directory.js';
import type { ClosedClient } from '../../cluster/remote/remote-seats.js';
import { PlayerConnection, type PlayerLimits } from '../../dialects/wmbp/player-connection.js';
import type { RoomRoute } from '../../http/route.js';
import type { Admission } from '../../limits/admission.js';
import type { JoinCounts } from '../../ops/join-counts.js';
import type { RelayLog } from '../../ops/relay-log.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { RoomCode } from '../../rooms/ids.js';
import { triedPassword } from '../../rooms/password.js';
import type { JoinableRoom } from '../../rooms/player-seat.js';
import type { Acceptor, Upgrade } from '../../transport/acceptor.js';
import type { ClusterLinks } from './cluster-links.js';

export interface RemoteClientsParts {
  readonly admission: Admission;
  readonly acceptor: Acceptor;
  readonly limits: PlayerLimits;
  readonly joins: JoinCounts;
  readonly log: RelayLog;
  readonly links: () => ClusterLinks | undefined;
}

/** What a client of this relay wants in a room of another one. */
export type RemoteRequest = Pick<
  RoomRoute,
  'seat' | 'about' | 'password' | 'allValues' | 'watches'
>;

/** Serves clients of this relay whose rooms are at other relays. */
export class RemoteClients {
  readonly #parts: RemoteClientsParts;

  constructor(parts: RemoteClientsParts) {
    this.#parts = parts;
  }

  /** The client joins, or watches, a room of another relay. */
  join(code: RoomCode, home: Home, request: RemoteRequest, upgrade: Upgrade): void {
    const seats = this.#parts.links()?.to(home.run);
    if (seats === undefined) return this.refuse(CLOSE_REASONS.restarting, upgrade);
    this.#join(
      seats.room(code, home.epoch, request.watches ? 'viewer' : 'player'),
      request,
      upgrade,
    );
  }

  /** The client joins a room of this relay. */
  joinOwn(room: JoinableRoom, request: RemoteRequest, upgrade: Upgrade): void {
    this.#join(room, request, upgrade);
  }

  #join(room: JoinableRoom, request: RemoteRequest, upgrade: Upgrade): void {
    const { admission, acceptor, limits, joins } = this.#parts;
    const { address } = upgrade;
    const reason = this.refusal(address);
    if (reason !== undefined) return this.refuse(reason, upgrade);
    const { seat: key, about, password, allValues } = request;
    const isAccepted = acceptor.accept('player', upgrade, (link) => {
      const connection = new PlayerConnection(link, limits);
      joins.count(connection.join(room, { key, about, password, allValues }));
      return connection;
    });
    if (isAccepted && admission.isOverLimit(address)) {
      acceptor.connections.terminateClosing(address);
    }
  }

  /** Why clients of this address are refused, whatever they join. */
  refusal(address: string): CloseReason | undefined {
    const { admission } = this.#parts;
    return admission.connect(address) ?? admission.tryCode(address, performance.now());
  }

  refuse(reason: CloseReason, upgrade: Upgrade): void {
    const { acceptor, joins, log } = this.#parts;
    const { request, address } = upgrade;
    joins.count(reason);
    log.refused(reason, address, request.headers.origin);
    acceptor.refuse(reason, upgrade);
  }

  /** The relay with the room has closed a client. Wrong codes and passwords count here. */
  closed({ code, address = '', reason, request }: ClosedClient): void {
    const { admission } = this.#parts;
    const now = performance.now();
    if (reason.code === CLOSE_REASONS.noSuchRoom.code) admission.missed(address, code, now);
    if (reason.code !== CLOSE_REASONS.wrongPassword.code) return;
    admission.missed(address, `password ${code} ${triedPassword(request.password)}`, now);
  }
}
