import type { Home } from '../../cluster/directory/directory.js';
import type { Decided } from '../../cluster/remote/remote-seat.js';
import type { ClosedClient } from '../../cluster/remote/remote-seats.js';
import { PlayerConnection, type PlayerLimits } from '../../dialects/wmbp/player-connection.js';
import { EndWatch } from '../../http/end-watch.js';
import { readOn } from '../../http/hold-input.js';
import type { RoomRoute, Route } from '../../http/route.js';
import type { Admission } from '../../limits/admission.js';
import { OneAtATime } from '../../limits/one-at-a-time.js';
import { RecentMap } from '../../limits/recent-map.js';
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

/** The route of a client that may be sent to the relay with its room. */
export type SendableRoute = Extract<Route, { readonly go?: true }>;

/** How long other guesses of an address wait for the other relay to decide about one, in milliseconds. */
const MAX_DECISION = 1000;

/** How many codes are known to be those of rooms. */
const KNOWN_CODES = 4096;

/** Serves clients of this relay whose rooms are at other relays. */
export class RemoteClients {
  readonly #parts: RemoteClientsParts;
  /** A wrong code or password is counted before the same address can try the next one. */
  readonly #guesses = new OneAtATime(MAX_DECISION);
  /** Codes of rooms that clients have joined: to try one of these again is no guess. */
  readonly #known = new RecentMap<true>(KNOWN_CODES);
  /** How many hosts had no right to the room that they wanted to bring here. */
  #failed = 0;

  constructor(parts: RemoteClientsParts) {
    this.#parts = parts;
  }

  /**
   * The client joins, or watches, a room of another relay.
   *
   * @param findHome the relay with the room, which may be another one when it is the client's turn
   */
  join(
    code: RoomCode,
    findHome: () => Home | undefined,
    request: RemoteRequest,
    upgrade: Upgrade,
  ): void {
    const isGuess = (): boolean =>
      request.password !== undefined || this.#known.get(code) === undefined;
    const join = (decided: Decided): boolean => {
      const home = findHome();
      const seats = home && this.#parts.links()?.to(home.run);
      if (home === undefined || seats === undefined)
        return this.#refused(CLOSE_REASONS.restarting, upgrade);
      const role = request.watches ? 'viewer' : 'player';
      return this.#join(seats.room(code, home.epoch, role, decided), request, upgrade);
    };
    if (!isGuess()) return void join(() => {});
    const guess = (): Promise<void> =>
      new Promise((resolve) => {
        const isJoining = join((isSeated) => {
          if (isSeated) this.#known.set(code, true);
          resolve();
        });
        // Others may have joined this room while this one waited.
        if (!isJoining || !isGuess()) resolve();
      });
    this.#guesses.run(upgrade.address, guess).catch((error: unknown) => {
      this.#parts.log.fault(error);
      upgrade.socket.destroy();
    });
  }

  /** The client joins a room of this relay. */
  joinOwn(room: JoinableRoom, request: RemoteRequest, upgrade: Upgrade): void {
    this.#join(room, request, upgrade);
  }

  /** Closes the client with the URL of the relay with its room. Returns false if too many are closing. */
  send(url: string, target: SendableRoute, upgrade: Upgrade): boolean {
    const { acceptor, joins } = this.#parts;
    if (!acceptor.connections.mayRefuse(upgrade.address)) return false;
    const isJoin = target.kind !== 'create' && !('watches' in target);
    if (isJoin) joins.count(CLOSE_REASONS.elsewhere);
    acceptor.refuse({ ...CLOSE_REASONS.elsewhere, reason: url }, upgrade);
    return true;
  }

  /**
   * A host resumes a room of another relay, which is brought here by `take` unless that says why not, or
   * nobody wants that any more.
   *
   * @param isHere whether the room is here now; if not, the token was wrong
   * @returns whether the host was refused; if not, it is to be served as if the room had always been here
   */
  async takeOver(
    upgrade: Upgrade,
    take: (isWanted: () => boolean) => Promise<CloseReason | undefined>,
    isHere: () => boolean,
  ): Promise<boolean> {
    const { admission } = this.#parts;
    const { address } = upgrade;
    let reason = this.#refusalOfHost(address);
    if (reason === undefined) {
      // It is one connection more of this address while the cluster is asked.
      admission.connected(address);
      readOn(upgrade.socket);
      const watch = new EndWatch(upgrade.socket);
      reason = await this.#unlessFault(() => take(() => !watch.hasEnded));
      watch.stop();
      admission.disconnected(address);
    }
    if (reason === undefined) {
      // Every one counts, even with the same token: each costs the cluster several requests.
      if (!isHere()) admission.missed(address, `takeover ${++this.#failed}`, performance.now());
      return false;
    }
    readOn(upgrade.socket);
    this.refuse(reason, upgrade);
    return true;
  }

  #refusalOfHost(address: string): CloseReason | undefined {
    const { admission } = this.#parts;
    if (admission.isGuessLimited(address, performance.now())) return CLOSE_REASONS.tooManyAttempts;
    return admission.connect(address) && admission.reconnect(address);
  }

  async #unlessFault(
    take: () => Promise<CloseReason | undefined>,
  ): Promise<CloseReason | undefined> {
    try {
      return await take();
    } catch (error) {
      this.#parts.log.fault(error);
      return CLOSE_REASONS.restarting;
    }
  }

  /** Returns whether the client joins. */
  #join(room: JoinableRoom, request: RemoteRequest, upgrade: Upgrade): boolean {
    const { admission, acceptor, limits, joins } = this.#parts;
    const { address } = upgrade;
    const reason = this.refusal(address, request.watches);
    if (reason !== undefined) return this.#refused(reason, upgrade);
    const { seat: key, about, password, allValues } = request;
    const isAccepted = acceptor.accept('player', upgrade, (link) => {
      const connection = new PlayerConnection(link, limits);
      joins.count(connection.join(room, { key, about, password, allValues }));
      return connection;
    });
    if (isAccepted && admission.isOverLimit(address)) {
      acceptor.connections.terminateClosing(address);
    }
    return isAccepted;
  }

  /** Why clients of this address, or those that want to watch, are refused, whatever they join. */
  refusal(address: string, watches?: true): CloseReason | undefined {
    const { admission } = this.#parts;
    const isFull = watches ? admission.connectViewer(address) : admission.connect(address);
    return isFull ?? admission.tryCode(address, performance.now());
  }

  #refused(reason: CloseReason, upgrade: Upgrade): false {
    this.refuse(reason, upgrade);
    return false;
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
    if (reason.code === CLOSE_REASONS.noSuchRoom.code) {
      this.#known.delete(code);
      admission.missed(address, code, now);
    }
    if (reason.code !== CLOSE_REASONS.wrongPassword.code) return;
    admission.missed(address, `password ${code} ${triedPassword(request.password)}`, now);
  }
}
