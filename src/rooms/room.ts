// biome-ignore-all lint/style/noExcessiveLinesPerFile: all that can be done with a room, in one place; each method delegates

import type { CloseReason } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import type { AskingContext } from './asking.js';
import { Audience } from './audience.js';
import type { Deliveries } from './deliveries.js';
import { Entrance } from './entrance.js';
import { type Features, grant, relist } from './features.js';
import type { PlayerId } from './ids.js';
import type { JoinRequest } from './join-request.js';
import type { JoinResult } from './join-result.js';
import type { HostPeer, PlayerPeer } from './peer.js';
import { type KickOptions, Players, type PlayersContext } from './players.js';
import { ReconnectWindow } from './reconnect-window.js';
import { UNKNOWN_TOKEN } from './resume-token.js';
import type { ContextOf } from './room-context.js';
import type { RoomEvent } from './room-event.js';
import { RoomHost } from './room-host.js';
import type {
  OfflineBuffers,
  PlayerAbout,
  RoomChanges,
  RoomIdentity,
  RoomInfo,
  RoomSettings,
  RoomSnapshot,
} from './room-info.js';
import type { SavedRoom } from './saved-room.js';
import type { Seat } from './seat.js';
import type { SeatIndex } from './seat-index.js';
import type { SeatKey } from './seat-key.js';
import type { SecretHash } from './secret.js';
import { Times, type TimesContext } from './times.js';
import type { RoomTotals } from './totals.js';
import { count, noTraffic } from './traffic.js';
import { RoomValues } from './values.js';
import type { ViewerPeer, WatchRequest, WatchResult } from './viewer.js';

/** What a room needs from its surroundings. */
export type RoomContext = ContextOf<Room>;

/**
 * One game and its players.
 *
 * A room ends when its host's connection ends, or when the host does not resume within the reconnect
 * window. It passes events and messages to its peers, and knows neither sockets nor protocols.
 */
export class Room implements PlayersContext, AskingContext, TimesContext {
  readonly identity: RoomIdentity;
  readonly values: RoomValues;
  /** `undefined` if nobody can watch the room. */
  readonly audience: Audience | undefined;
  readonly traffic = noTraffic();
  #features: Features | undefined;
  #name: string;
  readonly #window: ReconnectWindow | undefined;
  readonly #context: RoomContext;
  readonly totals: RoomTotals;
  readonly #host: RoomHost;
  readonly #players: Players;
  readonly #entrance: Entrance;
  readonly #times: Times | undefined;

  private constructor(
    identity: RoomIdentity,
    settings: Omit<RoomSettings, 'reconnectWindow'> & { readonly started: boolean },
    window: ReconnectWindow | undefined,
    context: RoomContext,
  ) {
    this.identity = identity;
    this.#features = settings.features && grant(settings.features, context);
    this.#name = settings.name;
    this.#window = window;
    this.#context = context;
    this.totals = context.totals;
    this.values = new RoomValues(context);
    this.#players = new Players(this, window);
    this.#host = new RoomHost(window, {
      disconnected: () => context.hostDisconnected(this),
      resumed: () => context.hostResumed(this),
      paceChanged: () => context.hostPaceChanged(this),
      setReading: (reading) => this.#players.setReading(reading),
      end: (reason) => this.end(reason),
    });
    this.#entrance = new Entrance(settings, {
      players: this.#players,
      host: this.#host,
      features: this.features,
      mostPlayers: context.maxPlayers,
      hasReconnectWindow: window !== undefined,
      room: this,
    });
    this.#times = Times.of(this, { seats: this.#players.seats, host: this.#host });
    this.audience = Audience.of(this);
  }

  /** `undefined` for a plain room. */
  get features(): Features | undefined {
    return this.#features;
  }

  get seatIndex(): SeatIndex | undefined {
    return this.#context.seatIndex;
  }

  /** Starts a timer; returns a function that stops it. */
  after(milliseconds: number, action: () => void): () => void {
    return this.#context.after(milliseconds, action);
  }

  /** The round-trip time of a player, in milliseconds. */
  measured(player: PlayerId, time: number): void {
    this.#times?.add(player, time);
  }

  /** A new room for this host. */
  static open(
    identity: RoomIdentity,
    settings: RoomSettings,
    host: HostPeer,
    context: RoomContext,
  ): Room {
    const window = ReconnectWindow.request(settings.reconnectWindow, context);
    const room = new Room(identity, { ...settings, started: false }, window, context);
    room.#host.open(host);
    return room;
  }

  /** A saved room. Everybody is disconnected. */
  static restore(identity: RoomIdentity, saved: SavedRoom, context: RoomContext): Room {
    const room = new Room(identity, saved, ReconnectWindow.restore(saved, context), context);
    room.#host.await(undefined);
    room.#players.restore(saved, context.maxPlayers);
    room.#entrance.asking?.restore(saved);
    room.audience?.restore(saved);
    return room;
  }

  /** What everybody who knows the code may know. */
  get info(): RoomInfo {
    return {
      code: this.identity.code,
      name: this.#name,
      players: this.#players.seats.size,
      maxPlayers: this.#entrance.maxPlayers,
      acceptsPlayers: this.#entrance.refusal === undefined,
      hostConnected: this.#host.buffer === undefined,
    };
  }

  /** What the host may know. */
  get snapshot(): RoomSnapshot {
    return {
      name: this.#name,
      players: this.#players.seats.ids(),
      maxPlayers: this.#entrance.maxPlayers,
      acceptsPlayers: this.#entrance.refusal === undefined,
      ...(this.#window && { disconnected: this.#players.seats.disconnectedIds() }),
      ...(this.#entrance.asking && { asking: this.#entrance.asking.ids }),
    };
  }

  /** The host's token for resuming; `undefined` without a reconnect window. */
  get resumeToken(): string | undefined {
    return this.#window?.token.text;
  }

  /** The state to save; `undefined` without a reconnect window. */
  get saved(): SavedRoom | undefined {
    if (this.#window === undefined || this.#entrance.phase === 'ended') return undefined;
    return {
      code: this.identity.code,
      name: this.#name,
      ...this.#entrance.saved,
      ...this.#window.saved,
      ...this.#players.seats.saved,
      ...this.#players.bans.saved,
      ...(this.features && { features: this.features }),
      ...this.values.saved,
      ...this.audience?.saved,
    };
  }

  /** Whether its host and players can reconnect. */
  get hasReconnectWindow(): boolean {
    return this.#window !== undefined && this.#entrance.phase !== 'ended';
  }

  /** How many players have joined so far, including those who have left. */
  get everJoined(): number {
    return this.#players.seats.everTaken - (this.#entrance.asking?.unseated ?? 0);
  }

  /** Sends what the host says to players. */
  get deliveries(): Deliveries {
    return this.#players.deliveries;
  }

  /** The buffers of disconnected peers. */
  get offlineBuffers(): OfflineBuffers {
    return { players: this.#players.seats.buffers(), host: this.#host.buffer };
  }

  /** What players say about themselves, in the order in which they joined; then those who ask. */
  get abouts(): readonly PlayerAbout[] {
    return this.#entrance.abouts;
  }

  /** The seat with this key, also one that is only asked for. */
  seatWith(key: SeatKey): Pick<Seat, 'status' | 'isAsking'> | undefined {
    return key === 'malformed' ? undefined : this.#entrance.seatWith(key);
  }

  /** Whether a player with this key, or from the address with this hash, was kicked for good. */
  keepsOut(key: SecretHash | undefined, address: SecretHash): boolean {
    return this.#players.bans.includeHash(key, address);
  }

  /** Whether a host with this token may resume the room. */
  mayResume(token: string): boolean {
    // The same work without a reconnect window, so that the time it takes does not reveal that.
    return (this.#window?.token ?? UNKNOWN_TOKEN).is(token) && this.hasReconnectWindow;
  }

  /** Changes what the host has set. Nobody has to leave, even if there are more players now. */
  change(changes: RoomChanges): void {
    if (this.#entrance.phase === 'ended') return;
    this.#name = changes.name ?? this.#name;
    this.#features = relist(this.#features, changes, this.#context);
    this.#entrance.change(changes);
    this.#context.changed(this);
  }

  /** Removes a player for good; an unknown id changes nothing. */
  kick(player: number, options: KickOptions = {}): void {
    this.#entrance.kick(player, options);
  }

  /** Gives a seat to a player about whom the host was asked; false if nobody with this id asks. */
  admit(player: number): boolean {
    return this.#entrance.admit(player);
  }

  /** Passes a message from the host to players: the payload path. Returns how many receive it. */
  send(to: 'everybody' | readonly number[], payload: Payload): number {
    return this.#players.deliveries.send(to, payload);
  }

  /**
   * Shows the room to a viewer, even if nobody else can join, or returns the reason for refusing it.
   * The viewer gets the values for the audience first. The host is not notified of single viewers.
   */
  watch(peer: ViewerPeer, request: WatchRequest = {}): WatchResult {
    return this.#entrance.watch(this.audience, peer, request);
  }

  /** Passes a message from a player to the host: the payload path. */
  receive(from: PlayerId, payload: Payload): void {
    this.#host.message(from, payload);
    count(this.traffic.toHost, payload, 1);
    count(this.totals.traffic.toHost, payload, 1);
  }

  /**
   * Gives a player a seat, or returns the reason for refusing it; the host is not notified of refused
   * players. A player with the key of a seat gets that seat, even if nobody else can join.
   */
  join(peer: PlayerPeer, request: JoinRequest = {}): JoinResult {
    return this.#entrance.join(peer, request);
  }

  playerGone(seat: Seat, isFinal: boolean): void {
    this.#entrance.connectionEnded(seat, isFinal);
  }

  notifyHost(event: RoomEvent): void {
    this.#host.event(event);
  }

  forgetMessages(player: PlayerId): void {
    this.#host.buffer?.forgetMessages(player);
  }

  changed(): void {
    this.#context.changed(this);
  }

  /** Reading from players pauses while this host does not keep up. Replaced hosts are ignored. */
  setHostKeepsUp(host: HostPeer, keepsUp: boolean): void {
    this.#host.setKeepsUp(host, keepsUp);
  }

  /** Reading from the host pauses while a link to another relay, which has players, does not keep up. */
  setLinkKeepsUp(link: object, keepsUp: boolean): void {
    this.#host.setLinkKeepsUp(link, keepsUp);
  }

  /**
   * This host's connection has ended. Without a reconnect window, the room ends too. Calls from a
   * connection that has been replaced are ignored.
   *
   * @param isFinal whether the host does not want to reconnect, or must not
   */
  hostGone(host: HostPeer, isFinal: boolean): void {
    this.#host.connectionEnded(host, isFinal);
  }

  /**
   * The host resumes the room by this connection, which replaces an earlier one. It receives
   * `hostResumed`, and then what it missed.
   *
   * @returns false if the token is wrong
   */
  resume(host: HostPeer, token: string): boolean {
    if (!this.mayResume(token)) return false;
    this.#host.resume(host, this.identity.code, token);
    return true;
  }

  /** Ends the room and closes all its connections. Ending it twice is harmless. */
  end(forPlayers: CloseReason, forHost = forPlayers): void {
    if (this.#entrance.phase === 'ended') return;
    this.#entrance.phase = 'ended';
    this.#context.ended(this, forPlayers);
    this.#times?.stop();
    this.#entrance.close(forPlayers);
    this.audience?.end(forPlayers);
    this.#host.close(forHost);
  }
}
