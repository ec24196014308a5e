import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { CommandError } from '../protocol/command-error.js';
import type {
  MembershipCommand,
  PrepareCommand,
  SendCommand,
  StateEvent,
} from '../protocol/messages.js';
import type { Payload } from '../protocol/payload.js';
import { AwayHost } from './away-host.js';
import { AwayPlayer } from './away-player.js';
import { Hold, type HoldKeeper } from './hold.js';
import type { RoomCode } from './ids.js';
import type { HostPeer, PlayerPeer } from './peer.js';
import type { SavedRoom, SavedSeat } from './saved-room.js';
import { Seat, type SeatKeeper } from './seat.js';
import type { SeatKey } from './seat-key.js';
import { Seats } from './seats.js';
import { count, noTraffic } from './traffic.js';

type Status =
  | { readonly is: 'unprepared' }
  | {
      readonly is: 'prepared';
      readonly code: RoomCode;
      readonly name: string;
      readonly maxPlayers: number;
      readonly started: boolean;
      /** How those who are away are waited for; `undefined` if they are not. */
      readonly hold: Hold | undefined;
    }
  | { readonly is: 'ended' };

/** What a room needs of the place that keeps all rooms. */
export interface RoomKeeper extends HoldKeeper {
  /** The most players that a room may ask for. */
  readonly maxPlayers: number;
  /** Makes the room joinable, or says why not. */
  register(room: Room): RoomCode | Closing;
  /** What would be written down of the room has changed. */
  changed(room: Room): void;
  /** The room's host is away, or back. */
  hostAway(code: RoomCode, away: boolean): void;
  /** Forgets a room that has ended. */
  release(room: Room, code: RoomCode | undefined, why: Closing): void;
}

/** What anybody may know of a room who knows its code. */
export interface RoomInfo {
  readonly code: RoomCode;
  readonly name: string;
  readonly players: number;
  readonly maxPlayers: number;
  readonly acceptsPlayers: boolean;
}

/**
 * One game and its players.
 *
 * A room lives as long as its host's connection, and if the host has asked for it, for a while
 * without one. It is told what happened and tells its peers; it knows neither sockets nor encodings.
 */
export class Room implements SeatKeeper {
  #host: HostPeer;
  readonly #keeper: RoomKeeper;
  readonly #seats = new Seats();
  #status: Status = { is: 'unprepared' };
  #deliveries = 0;
  #hostKeepsUp = true;
  readonly traffic = noTraffic();

  constructor(host: HostPeer, keeper: RoomKeeper) {
    this.#host = host;
    this.#keeper = keeper;
    this.#tellState();
  }

  /** A room as it was written down: everybody is away. */
  static restore(saved: SavedRoom, keeper: RoomKeeper): Room {
    const { code, name, started, seats } = saved;
    const nobody = new AwayHost(0, () => {});
    const room = new Room(nobody, keeper);
    const hold = Hold.restore(saved, keeper);
    // The relay may have been started anew with other limits.
    const maxPlayers = Math.min(saved.maxPlayers, keeper.maxPlayers);
    room.#status = { is: 'prepared', code, name, maxPlayers, started, hold };
    room.#awaitHost(code, hold);
    room.#seats.restore(saved);
    for (const seat of seats) room.#restoreSeat(seat, hold);
    return room;
  }

  /** `undefined` before `prepare` and after the end. */
  get info(): RoomInfo | undefined {
    const status = this.#status;
    if (status.is !== 'prepared') return undefined;
    return {
      code: status.code,
      name: status.name,
      players: this.#seats.size,
      maxPlayers: status.maxPlayers,
      acceptsPlayers: this.#refusal() === undefined,
    };
  }

  /** Whether it outlives the connections of its host and players. */
  get waits(): boolean {
    return this.#hold !== undefined;
  }

  /** What is written down of it, to be there after a restart; `undefined` if it does not wait. */
  get saved(): SavedRoom | undefined {
    const status = this.#status;
    if (status.is !== 'prepared' || status.hold === undefined) return undefined;
    const { code, name, maxPlayers, started, hold } = status;
    return { code, name, maxPlayers, started, ...hold.saved, ...this.#seats.saved };
  }

  /** How many players have joined so far, those who left included. */
  get everJoined(): number {
    return this.#seats.everTaken;
  }

  /** Who is kept for: players who are away, and the host if it is. */
  get away(): { readonly players: AwayPlayer[]; readonly host: AwayHost | undefined } {
    const players = [...this.#seats.all()].flatMap(({ away }) => away ?? []);
    return { players, host: this.#host instanceof AwayHost ? this.#host : undefined };
  }

  /** Whether this key is one of a player's who may sit down again. */
  hasSeat(key: SeatKey): boolean {
    return key !== 'malformed' && this.#seats.withKey(key) !== undefined;
  }

  /** Whether a host that brings this may take the room over. */
  mayResume(token: string): boolean {
    return this.#hold?.token.is(token) ?? false;
  }

  /** Does what the host asked for; after the end, nothing. */
  command(command: MembershipCommand): void {
    if (this.#status.is === 'ended') return;
    switch (command.cmd) {
      case 'prepare':
        return this.#prepare(command);
      case 'start':
        return this.#setStarted(true);
      case 'open':
        return this.#setStarted(false);
      case 'kick':
        return this.#kick(command.player);
      case 'stop':
        return this.end(CLOSINGS.gameOver, CLOSINGS.stopped);
      default:
        command satisfies never;
    }
  }

  /** Tells the host that what it sent cannot be used. */
  reject({ code, message }: CommandError): void {
    if (this.#status.is === 'ended') return;
    this.#host.event({ cmd: 'error', reason: message, code });
  }

  /** Passes the host's message on: the payload path, one way. */
  send({ to, payload }: SendCommand): void {
    if (to === 'everybody') {
      for (const seat of this.#seats.all()) seat.peer.send(payload);
      count(this.traffic.toPlayers, payload, this.#seats.size);
      return;
    }
    const delivery = ++this.#deliveries;
    let receivers = 0;
    for (const id of to) {
      const seat = this.#seats.get(id);
      if (seat === undefined || seat.delivery === delivery) continue;
      seat.delivery = delivery;
      seat.peer.send(payload);
      receivers++;
    }
    count(this.traffic.toPlayers, payload, receivers);
  }

  /** Passes a player's message on: the payload path, the other way. */
  receive(from: Seat, payload: Payload): void {
    this.#host.message(from.id, payload);
    count(this.traffic.toHost, payload, 1);
  }

  /**
   * Seats a player, or says why not; a refused player causes no event at the host. Who brings the
   * key of a seat sits down in it again, whether or not others may join.
   */
  join(peer: PlayerPeer, key?: SeatKey): Seat | Closing {
    // In a room that does not wait a key means nothing.
    if (key === undefined || this.#hold === undefined) return this.#seat(peer);
    if (key === 'malformed') return CLOSINGS.badSeatKey;
    const seat = this.#seats.withKey(key);
    if (seat !== undefined) return this.#sitDownAgain(seat, peer);
    return this.#seats.isBanned(key) ? CLOSINGS.kicked : this.#seat(peer, key);
  }

  /** This seat's player has left it, for good unless the room waits for who sits there. */
  leave(seat: Seat, forGood: boolean): void {
    const hold = this.#hold;
    if (forGood || hold === undefined || seat.key === undefined) return this.#leave(seat);
    hold.awaitPlayer(seat, () => this.#leave(seat));
    this.#host.event({ cmd: 'player_away', player: seat.id });
    this.#changed();
  }

  /** Whether this host reads as fast as its players write; if not, they are not read for a while. */
  setHostKeepsUp(host: HostPeer, keepsUp: boolean): void {
    if (host !== this.#host || keepsUp === this.#hostKeepsUp) return;
    this.#hostKeepsUp = keepsUp;
    for (const { peer } of this.#seats.all()) peer.setReading(keepsUp);
  }

  /**
   * This host's connection has ended, and with it the game, unless the room waits for it. One that
   * was replaced changes nothing.
   *
   * @param forGood whether it does not want to come back, or must not
   */
  hostGone(host: HostPeer, forGood: boolean): void {
    if (host !== this.#host) return;
    const status = this.#status;
    if (forGood || status.is !== 'prepared' || status.hold === undefined) {
      return this.end(CLOSINGS.hostGone);
    }
    this.#awaitHost(status.code, status.hold);
  }

  /** Puts this host in the place of the one before, which is away or about to be replaced. */
  resume(host: HostPeer, token: string): void {
    const status = this.#status;
    if (status.is !== 'prepared' || status.hold === undefined) return host.close(CLOSINGS.hostGone);
    const before = this.#host;
    this.#host = host;
    status.hold.hostIsBack(token);
    host.event({ cmd: 'prepare_reply', key: status.code, resume: token, resumed: true });
    if (before instanceof AwayHost) {
      before.handOver(host);
      this.#keeper.hostAway(status.code, false);
    } else {
      before.close(CLOSINGS.replaced);
    }
    this.setHostKeepsUp(host, true);
    this.#tellState();
  }

  /** Ends the room and closes everybody in it; ending it twice is harmless. */
  end(forPlayers: Closing, forHost = forPlayers): void {
    const status = this.#status;
    if (status.is === 'ended') return;
    this.#status = { is: 'ended' };
    const prepared = status.is === 'prepared' ? status : undefined;
    this.#keeper.release(this, prepared?.code, forPlayers);
    prepared?.hold?.stop();
    for (const seat of this.#seats.all()) {
      this.#seats.remove(seat);
      seat.peer.close(forPlayers);
    }
    this.#host.close(forHost);
  }

  get #hold(): Hold | undefined {
    return this.#status.is === 'prepared' ? this.#status.hold : undefined;
  }

  #prepare({ maxPlayers, name, hold = 0 }: PrepareCommand): void {
    if (this.#status.is === 'unprepared') {
      const code = this.#keeper.register(this);
      if (typeof code !== 'string') return this.end(code);
      this.#status = {
        is: 'prepared',
        code,
        name,
        maxPlayers: Math.min(maxPlayers, this.#keeper.maxPlayers),
        started: false,
        hold: Hold.ask(hold, this.#keeper),
      };
      this.#keeper.changed(this);
      this.#tellState();
    }
    if (this.#status.is === 'prepared') {
      const resume = this.#status.hold?.token.text;
      const key = this.#status.code;
      this.#host.event({ cmd: 'prepare_reply', key, ...(resume !== undefined && { resume }) });
    }
  }

  #setStarted(started: boolean): void {
    if (this.#status.is === 'prepared') {
      this.#status = { ...this.#status, started };
      this.#keeper.changed(this);
    }
    this.#tellState();
  }

  #kick(player: number): void {
    const seat = this.#seats.get(player);
    if (seat !== undefined) {
      if (seat.key !== undefined) this.#seats.ban(seat.key);
      this.#remove(seat);
      seat.peer.close(CLOSINGS.kicked);
      this.#keeper.changed(this);
    }
    this.#tellState();
  }

  #seat(peer: PlayerPeer, key?: Exclude<SeatKey, 'malformed'>): Seat | Closing {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    const seat = new Seat(this.#seats.nextId(), peer, this, key);
    this.#seats.add(seat);
    this.#host.event({ cmd: 'player_joined', player: seat.id });
    this.#changed();
    return seat;
  }

  #sitDownAgain(seat: Seat, peer: PlayerPeer): Seat {
    const { peer: before, away } = seat;
    seat.peer = peer;
    if (!this.#hostKeepsUp) peer.setReading(false);
    if (away === undefined) {
      before.close(CLOSINGS.replaced);
      return seat;
    }
    seat.stopWaiting?.();
    const { missed } = away;
    away.handOver(peer);
    const player = seat.id;
    this.#host.event({ cmd: 'player_back', player, ...(missed > 0 && { missed }) });
    this.#changed();
    return seat;
  }

  #refusal(): Closing | undefined {
    const status = this.#status;
    if (status.is !== 'prepared') return CLOSINGS.noSuchRoom;
    if (status.started) return CLOSINGS.alreadyStarted;
    // Every join is an event for the host: one that does not read would let them pile up.
    if (!this.#hostKeepsUp) return CLOSINGS.relayFull;
    return this.#seats.size < status.maxPlayers ? undefined : CLOSINGS.roomFull;
  }

  #leave(seat: Seat): void {
    this.#remove(seat);
    this.#changed();
  }

  #remove(seat: Seat): void {
    this.#seats.remove(seat);
    this.#host.event({ cmd: 'player_left', player: seat.id });
  }

  /** A seat as it was written down. Who sat there then has gone by now, and the host is told. */
  #restoreSeat({ id, key, away }: SavedSeat, hold: Hold): void {
    const nobody = new AwayPlayer(0);
    const seat = new Seat(id, nobody, this, key ?? undefined);
    this.#seats.add(seat);
    if (away && key !== null) hold.awaitPlayer(seat, () => this.#leave(seat));
    else this.leave(seat, false);
  }

  #awaitHost(code: RoomCode, hold: Hold): void {
    this.#keeper.hostAway(code, true);
    const away = hold.awaitHost(
      () => this.setHostKeepsUp(away, false),
      () => this.end(CLOSINGS.hostGone),
    );
    this.#host = away;
    // It is not the one that did not keep up.
    this.setHostKeepsUp(away, true);
  }

  readonly #state = (): StateEvent => {
    const { name, maxPlayers } =
      this.#status.is === 'prepared' ? this.#status : { name: '', maxPlayers: 0 };
    return {
      cmd: 'state',
      name,
      players: this.#seats.ids(),
      max_players: maxPlayers,
      accept_conns: this.#refusal() === undefined,
      ...(this.#hold && { away: this.#seats.ids(({ away }) => away !== undefined) }),
    };
  };

  /** What the host sees has changed by itself. */
  #changed(): void {
    this.#keeper.changed(this);
    this.#host.changed(this.#state);
  }

  #tellState(): void {
    this.#host.event(this.#state());
  }
}
