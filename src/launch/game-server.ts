import type { GameConfig } from './config/games.js';
import type { FleetObserver, ServerEnd } from './fleet-observer.js';
import type { LaunchedRoom, LaunchedServer, ReadyReport } from './launched-servers.js';
import type { ServerAddress } from './launcher.js';
import { LaunchError } from './matchmaker.js';
import { placeOf, type ServerPlace } from './place.js';
import { Seats } from './seats.js';
import type { StartedServer, Starter } from './server-starter.js';
import type { Session } from './session.js';
import type { StopTimer, Timers } from './timers.js';

/** All transitions are in `GameServer`. */
type ServerState =
  | { readonly is: 'starting'; readonly stopTimer: StopTimer }
  | { readonly is: 'ready'; readonly place: ServerPlace }
  | { readonly is: 'stopping'; readonly reason: string }
  | { readonly is: 'ended' };

/** The parts of the fleet that a server uses. */
export interface ServerContext {
  readonly timers: Timers;
  readonly observer: FleetObserver;
  readonly starter: Starter;
  /** @param seconds how long it took */
  ready(server: GameServer, seconds: number): void;
  /** The server is ready for this session, which gets its place now. */
  admit(session: Session, place: ServerPlace): void;
  /** The launcher has reported the address. The server itself reports when it is ready. */
  located(server: GameServer, address: ServerAddress): void;
  ended(server: GameServer): void;
}

/** The longest status of a launcher that players get, in characters. */
const MAX_STATUS = 100;

/**
 * The time from the end of a server to the end of its room, in milliseconds: the server's last messages
 * may still be in transit.
 */
const ROOM_END_DELAY = 1000;

/** A server of a game, from its start to its end, and its players. */
export class GameServer implements LaunchedServer {
  readonly game: GameConfig;
  readonly seats: Seats;
  readonly #context: ServerContext;
  readonly #startedAt: number;
  readonly #started: StartedServer;
  #state: ServerState;
  #wasReady = false;
  #status = 'Starting';
  #address: ServerAddress | undefined;
  #report: ReadyReport | undefined;
  #room: LaunchedRoom | undefined;
  #stopEmptyTimer: StopTimer | undefined;
  #stopped: Promise<void> | undefined;

  /**
   * Starts a server.
   *
   * @throws {LaunchError} 409 if no port is free
   */
  constructor(game: GameConfig, clientAddress: string, context: ServerContext) {
    const { timers, starter } = context;
    this.game = game;
    this.#context = context;
    this.#startedAt = timers.now();
    this.seats = new Seats(game.players, () => this.#seatsChanged());
    this.#started = starter.start(game, clientAddress, {
      progress: (status) => this.#setStatus(status),
      running: (address) => this.#running(address),
      ended: (reason, error) => this.#ended({ reason, how: this.#unplannedEnd }, error),
    });
    const timeOut = () => {
      const error = new LaunchError(408, 'session still not ready, timed out.');
      void this.stop('not ready in time', error);
    };
    this.#state = { is: 'starting', stopTimer: timers.after(game.readyTime * 1000, timeOut) };
    context.observer.serverStarting(this);
  }

  get id(): string {
    return this.#started.id;
  }

  get keys(): StartedServer['keys'] {
    return this.#started.keys;
  }

  get contextIp(): string {
    return this.#started.contextIp;
  }

  get state(): ServerState['is'] {
    return this.#state.is;
  }

  /** How many more players can get seats; 0 if the server is ending, or its room accepts no players. */
  get freeSeats(): number {
    if (this.#state.is !== 'starting' && this.#state.is !== 'ready') return 0;
    const { free } = this.seats;
    return this.#room === undefined
      ? free
      : Math.min(free, this.#room.freePlaces - this.#expectedPlayers);
  }

  /** Takes a seat for a session, which gets its place when the server is ready. */
  addSession(session: Session): void {
    if (session.state !== 'waiting') return;
    this.seats.take(session);
    session.accept();
    if (this.#state.is === 'ready') this.#admit(session, this.#state.place);
    else session.progress(this.#status);
  }

  reportReady(report: ReadyReport): void {
    if (this.game.ready === 'room') return;
    this.#report = report;
    this.#becomeReady(placeOf(this.#address, report));
  }

  openedRoom(room: LaunchedRoom): void {
    this.#room = room;
    if (this.game.ready === 'room') this.#becomeReady({ is: 'room', code: room.code });
    this.changedRoom();
  }

  changedRoom(): void {
    if (this.#room !== undefined) this.seats.setRoomPlayers(this.#room.players);
  }

  endedRoom(): void {
    this.#room = undefined;
    void this.stop('its room has ended', new LaunchError(500, 'the room has ended'));
  }

  /** Ends the server's room, if there is one: no other process can resume it. */
  endRoom(): void {
    this.#room?.end();
  }

  requestEnd(): void {
    void this.stop('it asked to be ended', new LaunchError(500, 'the game server ends'));
  }

  /** @param client the player's id in its connect token, or its session */
  claim(client: string): boolean {
    return this.#sessionOf(client)?.claim() ?? false;
  }

  leave(client: string): void {
    this.#sessionOf(client)?.end();
  }

  /**
   * Ends the server, and the sessions of its players.
   *
   * @param error for players who wait
   * @returns a promise that resolves when the server has ended
   */
  stop(reason: string, error: LaunchError): Promise<void> {
    if (this.#state.is === 'ended') return Promise.resolve();
    this.#stopped ??= this.#stop(reason, error);
    return this.#stopped;
  }

  async #stop(reason: string, error: LaunchError): Promise<void> {
    this.#setState({ is: 'stopping', reason });
    this.#context.observer.serverStopping(this, reason);
    this.#endSessions(error);
    await this.#started.stop();
    this.#ended({ reason, how: 'stopped' });
  }

  #running(address: ServerAddress | undefined): void {
    this.#address = address;
    const { ready } = this.game;
    if (ready === 'launcher' || ready === 'tcp' || this.#report !== undefined) {
      const place = placeOf(address, this.#report);
      if (place === undefined) this.#stopUnreachable();
      else this.#becomeReady(place);
    } else if (address !== undefined) this.#context.located(this, address);
  }

  #stopUnreachable(): void {
    void this.stop(
      'no usable address',
      new LaunchError(502, 'the game server has no usable address'),
    );
  }

  #becomeReady(place: ServerPlace | undefined): void {
    if (this.#state.is !== 'starting' || place === undefined) return;
    this.#setState({ is: 'ready', place });
    this.#wasReady = true;
    this.#context.observer.serverReady(this, this.#seconds);
    this.#context.ready(this, this.#seconds);
    for (const session of [...this.seats.sessions]) this.#admit(session, place);
  }

  #admit(session: Session, place: ServerPlace): void {
    session.progress('Ready');
    this.#context.admit(session, place);
  }

  #ended(end: ServerEnd, error?: LaunchError): void {
    const state = this.#state;
    if (state.is === 'ended') return;
    this.#setState({ is: 'ended' });
    const planned: ServerEnd | undefined =
      state.is === 'stopping' ? { reason: state.reason, how: 'stopped' } : undefined;
    this.#context.observer.serverEnded(this, planned ?? end, this.#seconds);
    this.#endSessions(error ?? new LaunchError(500, 'the game server ended before it was ready'));
    this.#context.ended(this);
    if (this.#room !== undefined) this.#context.timers.after(ROOM_END_DELAY, () => this.endRoom());
  }

  #setState(state: ServerState): void {
    if (this.#state.is === 'starting') this.#state.stopTimer();
    if (state.is !== 'ready') this.#stopEmptyTimer?.();
    this.#state = state;
  }

  #endSessions(error: LaunchError): void {
    for (const session of [...this.seats.sessions]) session.fail(error);
  }

  /** Ends the server if it stays without players for `emptyTime`. */
  #seatsChanged(): void {
    this.#stopEmptyTimer?.();
    this.#stopEmptyTimer = undefined;
    if (this.seats.taken > 0 || this.#state.is === 'stopping' || this.#state.is === 'ended') return;
    const end = () => void this.stop('no players', new LaunchError(503, 'the game server ends'));
    this.#stopEmptyTimer = this.#context.timers.after(this.game.emptyTime * 1000, end);
  }

  #setStatus(status: string): void {
    this.#status = status.slice(0, MAX_STATUS);
    for (const session of this.seats.sessions) session.progress(this.#status);
  }

  #sessionOf(client: string): Session | undefined {
    return [...this.seats.sessions].find(
      ({ id, client: own }) => id === client || `${own}` === client,
    );
  }

  /** How many players have got the room's code, or will get it, and have not joined yet. */
  get #expectedPlayers(): number {
    return [...this.seats.sessions].filter(({ state }) => state !== 'claimed').length;
  }

  get #unplannedEnd(): ServerEnd['how'] {
    return this.#wasReady ? 'crashed' : 'unready';
  }

  get #seconds(): number {
    return (this.#context.timers.now() - this.#startedAt) / 1000;
  }
}
