import { isLoopback } from '../limits/ip-address.js';
import type { GameConfig } from './config/games.js';
import type { LaunchConfig } from './config/launch-config.js';
import { countServers, type GameCounts, RequestCounts } from './fleet-counts.js';
import type { FleetObserver } from './fleet-observer.js';
import type { GameServer } from './game-server.js';
import { GameServers, type GameServersContext } from './game-servers.js';
import { givePlace } from './give-place.js';
import type { LaunchedServers } from './launched-servers.js';
import {
  LaunchError,
  type Matchmaker,
  type PendingRequest,
  type PlaceListener,
  type PlaceRequest,
  type ServedGame,
} from './matchmaker.js';
import { Parties } from './parties.js';
import type { ServerPlace } from './place.js';
import type { Starter } from './server-starter.js';
import { Session } from './session.js';
import { SessionIds } from './session-ids.js';
import type { SessionReports, SessionStore } from './session-store.js';
import { SYSTEM_TIMERS, type Timers } from './timers.js';

export interface FleetParts {
  readonly config: Pick<LaunchConfig, 'games' | 'defaultGame' | 'loopbackClientIp'>;
  readonly starter: Starter;
  readonly observer: FleetObserver;
  /** Stores sessions for the servers of games whose `ready` is `nats`. */
  readonly store?: SessionStore | undefined;
  readonly timers?: Timers;
}

/** How long to wait for the end of servers when the fleet closes, in milliseconds. */
const CLOSE_TIME = 15_000;

/** The game servers of this relay. It starts and ends them, and gives players seats on them. */
export class Fleet implements Matchmaker, SessionReports {
  readonly sessions = new Map<string, Session>();
  /** The servers that have not ended. */
  readonly servers: LaunchedServers = { find: (id) => this.#servers.get(id) };
  /** Is called with `NAME/VERSION` and how long the server took, in seconds. */
  onReady?: (game: string, seconds: number) => void;
  readonly #config: FleetParts['config'];
  readonly #games: ReadonlyMap<string, GameServers>;
  readonly #servers = new Map<string, GameServer>();
  readonly #parties: Parties;
  readonly #requestCounts = new RequestCounts();
  readonly #ids = new SessionIds();
  readonly #timers: Timers;
  readonly #store: SessionStore | undefined;
  readonly #observer: FleetObserver;
  readonly #onEmpty: (() => void)[] = [];
  #isDraining = false;

  constructor({ config, starter, observer, store, timers = SYSTEM_TIMERS }: FleetParts) {
    this.#config = config;
    this.#timers = timers;
    this.#store = store;
    this.#observer = observer;
    this.#parties = new Parties(timers, (members) => this.#place(members));
    const context: GameServersContext = {
      timers,
      observer,
      starter,
      starting: (server) => this.#starting(server),
      located: (server, { ip }) => this.#storeOf(server.game)?.located(server, ip),
      ready: ({ game }, seconds) => this.onReady?.(`${game.name}/${game.version}`, seconds),
      admit: (session, place) => this.#givePlace(session, place),
      ended: (server) => this.#ended(server),
    };
    this.#games = new Map(
      [...config.games].map(([key, game]) => [key, new GameServers(game, context)]),
    );
  }

  /**
   * Connects to NATS if a game needs it. Until then, requests for such games fail.
   *
   * @throws {NatsError} if NATS cannot be used
   */
  async open(): Promise<void> {
    await this.#store?.open(this, this.#ids.run);
  }

  find(name: string | undefined, version: string | undefined): ServedGame | undefined {
    const game = this.#find(name, version);
    if (game === undefined) return undefined;
    const place = game.ready === 'room' ? 'room' : 'server';
    return { game: game.name, version: game.version, place };
  }

  requestPlace(request: PlaceRequest, listener: PlaceListener): PendingRequest {
    const countingListener = this.#requestCounts.counting(listener);
    const game = this.#find(request.game, request.version);
    if (game === undefined) throw new TypeError('find has not found this game');
    const { mayStart } = request;
    const player = { clientAddress: this.#addressOf(request), mayStart };
    const session = new Session(this.#ids.next(), game, player, countingListener);
    this.sessions.set(session.id, session);
    session.onEnd(() => this.#sessionEnded(session));
    queueMicrotask(() => this.#begin(session, request));
    return { cancel: () => this.#cancel(session) };
  }

  sessionClaimed(id: string): void {
    this.sessions.get(id)?.claim();
  }

  sessionReleased(id: string): void {
    this.sessions.get(id)?.end();
  }

  /** The number of requests, by result. */
  get results(): ReadonlyMap<string, number> {
    return this.#requestCounts.results;
  }

  get counts(): GameCounts[] {
    return [...this.#games].map(([key, { all }]) => countServers(key, all));
  }

  /** Whether sessions can be stored in NATS; `undefined` without NATS. */
  get isStoreAvailable(): boolean | undefined {
    return this.#store?.isAvailable;
  }

  /**
   * Refuses requests from now on, and open requests that can no longer be answered: incomplete parties,
   * and players who wait for a room. Running games are not affected.
   */
  drain(): void {
    this.#isDraining = true;
    this.#parties.disband(shutdownError());
    for (const session of [...this.sessions.values()]) {
      const awaitsRoom = session.game.ready === 'room' && session.state === 'waiting';
      if (awaitsRoom) session.fail(shutdownError());
    }
  }

  /** Ends the rooms of all servers, which end with the relay. */
  endRooms(): void {
    for (const server of [...this.#servers.values()]) server.endRoom();
  }

  /** Resolves when there are no sessions, or after this time. */
  async whenEmpty(milliseconds: number): Promise<void> {
    if (this.sessions.size === 0) return;
    const empty = new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    await this.#waitAtMost(milliseconds, empty);
  }

  /** Ends all servers, and waits for them for a limited time. Closing twice is harmless. */
  async close(): Promise<void> {
    this.drain();
    const error = shutdownError();
    for (const session of [...this.sessions.values()]) session.fail(error);
    const ended = [...this.#servers.values()].map((server) => server.stop('the relay ends', error));
    await this.#waitAtMost(CLOSE_TIME, Promise.all(ended));
    await this.#store?.close();
  }

  /** The player's address for launchers: some choose the location of a server by it. */
  #addressOf({ clientAddress }: PlaceRequest): string {
    const { loopbackClientIp = clientAddress } = this.#config;
    return isLoopback(clientAddress) ? loopbackClientIp : clientAddress;
  }

  #sessionEnded({ id }: Session): void {
    this.sessions.delete(id);
    if (this.sessions.size > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #find(name: string | undefined, version: string | undefined): GameConfig | undefined {
    const { games, defaultGame } = this.#config;
    if (name === undefined) return defaultGame;
    if (version !== undefined) return games.get(`${name}/${version}`);
    return [...games.values()].find((game) => game.name === name);
  }

  #begin(session: Session, { party }: PlaceRequest): void {
    if (session.state !== 'waiting') return;
    const error = this.#refusal(session.game);
    if (error !== undefined) session.fail(error);
    else if (party === undefined) this.#place([session]);
    else this.#parties.join(session, party);
  }

  #refusal({ ready }: GameConfig): LaunchError | undefined {
    if (this.#isDraining) return shutdownError();
    if (ready === 'nats' && this.#store?.isAvailable !== true) {
      return new LaunchError(503, 'sessions cannot be stored now');
    }
    return undefined;
  }

  /** Gives all players seats on the same server, or fails for all of them. */
  #place(sessions: readonly Session[]): void {
    const [first] = sessions;
    if (first === undefined) return;
    const { name, version } = first.game;
    try {
      const servers = this.#games.get(`${name}/${version}`);
      const server = servers?.findOrStart(sessions.length, first);
      for (const session of sessions) server?.addSession(session);
    } catch (error) {
      const known = error instanceof LaunchError ? error : this.#fault(error);
      for (const session of sessions) session.fail(known);
    }
  }

  #givePlace(session: Session, place: ServerPlace): void {
    const store = this.#storeOf(session.game);
    givePlace(session, place, this.#timers, store).catch((error: unknown) =>
      session.fail(this.#fault(error)),
    );
  }

  #fault(error: unknown): LaunchError {
    this.#observer.fault(error);
    return new LaunchError(500, 'the relay has failed');
  }

  #cancel(session: Session): void {
    if (session.state !== 'waiting') return;
    this.#requestCounts.count('left');
    session.end();
  }

  #starting(server: GameServer): void {
    this.#servers.set(server.id, server);
    this.#storeOf(server.game)?.expectDigest(server);
  }

  #ended(server: GameServer): void {
    this.#servers.delete(server.id);
    this.#storeOf(server.game)?.forget(server);
  }

  #storeOf({ ready }: GameConfig): SessionStore | undefined {
    return ready === 'nats' ? this.#store : undefined;
  }

  #waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
    return new Promise((done) => {
      const stopTimer = this.#timers.after(milliseconds, done);
      void work.finally(() => {
        stopTimer();
        done();
      });
    });
  }
}

function shutdownError(): LaunchError {
  return new LaunchError(503, 'this relay is about to stop');
}
