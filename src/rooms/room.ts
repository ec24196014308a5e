import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import type { CommandError } from '../protocol/command-error.js';
import type {
  MembershipCommand,
  PrepareCommand,
  SendCommand,
  StateEvent,
} from '../protocol/messages.js';
import type { Payload } from '../protocol/payload.js';
import { nextPlayerId, type PlayerId, type RoomCode } from './ids.js';
import type { HostPeer, PlayerPeer } from './peer.js';
import { Seat, type SeatKeeper } from './seat.js';
import { count, noTraffic } from './traffic.js';

type Status =
  | { readonly is: 'unprepared' }
  | {
      readonly is: 'prepared';
      readonly code: RoomCode;
      readonly name: string;
      readonly maxPlayers: number;
      readonly started: boolean;
    }
  | { readonly is: 'ended' };

/** What a room needs of the place that keeps all rooms. */
export interface RoomKeeper {
  /** The most players that a room may ask for. */
  readonly maxPlayers: number;
  /** Makes the room joinable, or says why not. */
  register(room: Room): RoomCode | Closing;
  /** Forgets a room that has ended; its code, if it has one, is free at once. */
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
 * A room lives as long as its host's connection. It is told what happened and tells its peers; it
 * knows neither sockets nor encodings.
 */
export class Room implements SeatKeeper {
  readonly #host: HostPeer;
  readonly #keeper: RoomKeeper;
  readonly #seats = new Map<number, Seat>();
  #status: Status = { is: 'unprepared' };
  #lastId: PlayerId | undefined;
  #deliveries = 0;
  #hostKeepsUp = true;
  readonly traffic = noTraffic();

  constructor(host: HostPeer, keeper: RoomKeeper) {
    this.#host = host;
    this.#keeper = keeper;
    this.#tellState();
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

  /** How many players have joined so far, those who left included. */
  get everJoined(): number {
    return this.#lastId ?? 0;
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

  /** Passes the host's message on: the payload path. */
  send({ to, payload }: SendCommand): void {
    if (to === 'everybody') {
      for (const seat of this.#seats.values()) seat.peer.send(payload);
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

  /** Whether the host reads as fast as its players write; if not, they are not read for a while. */
  setHostKeepsUp(keepsUp: boolean): void {
    this.#hostKeepsUp = keepsUp;
    for (const { peer } of this.#seats.values()) peer.setReading(keepsUp);
  }

  /** Tells the host that what it sent cannot be used. */
  reject({ code, message }: CommandError): void {
    if (this.#status.is === 'ended') return;
    this.#host.event({ cmd: 'error', reason: message, code });
  }

  /** Seats a player, or says why not; a refused player causes no event at the host. */
  join(peer: PlayerPeer): Seat | Closing {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    this.#lastId = nextPlayerId(this.#lastId);
    const seat = new Seat(this.#lastId, peer, this);
    this.#seats.set(seat.id, seat);
    this.#host.event({ cmd: 'player_joined', player: seat.id });
    this.#host.changed(this.#state);
    return seat;
  }

  receive(from: Seat, payload: Payload): void {
    if (!from.taken) return;
    this.#host.message(from.id, payload);
    count(this.traffic.toHost, payload, 1);
  }

  leave(seat: Seat): void {
    if (!seat.taken) return;
    this.#remove(seat);
    this.#host.changed(this.#state);
  }

  /** The host's connection has ended: so has the game. */
  hostGone(): void {
    this.end(CLOSINGS.hostGone);
  }

  /** Ends the room and closes everybody in it; ending it twice is harmless. */
  end(forPlayers: Closing, forHost = forPlayers): void {
    const status = this.#status;
    if (status.is === 'ended') return;
    this.#status = { is: 'ended' };
    this.#keeper.release(this, status.is === 'prepared' ? status.code : undefined, forPlayers);
    for (const seat of this.#seats.values()) {
      seat.taken = false;
      seat.peer.close(forPlayers);
    }
    this.#seats.clear();
    this.#host.close(forHost);
  }

  #prepare({ maxPlayers, name }: PrepareCommand): void {
    if (this.#status.is === 'unprepared') {
      const code = this.#keeper.register(this);
      if (typeof code !== 'string') return this.end(code);
      this.#status = {
        is: 'prepared',
        code,
        name,
        maxPlayers: Math.min(maxPlayers, this.#keeper.maxPlayers),
        started: false,
      };
      this.#tellState();
    }
    if (this.#status.is === 'prepared') {
      this.#host.event({ cmd: 'prepare_reply', key: this.#status.code });
    }
  }

  #setStarted(started: boolean): void {
    if (this.#status.is === 'prepared') this.#status = { ...this.#status, started };
    this.#tellState();
  }

  #kick(player: number): void {
    const seat = this.#seats.get(player);
    if (seat !== undefined) {
      this.#remove(seat);
      seat.peer.close(CLOSINGS.kicked);
    }
    this.#tellState();
  }

  #remove(seat: Seat): void {
    seat.taken = false;
    this.#seats.delete(seat.id);
    this.#host.event({ cmd: 'player_left', player: seat.id });
  }

  #refusal(): Closing | undefined {
    const status = this.#status;
    if (status.is !== 'prepared') return CLOSINGS.noSuchRoom;
    if (status.started) return CLOSINGS.alreadyStarted;
    // Every join is an event for the host: one that does not read would let them pile up.
    if (!this.#hostKeepsUp) return CLOSINGS.relayFull;
    return this.#seats.size < status.maxPlayers ? undefined : CLOSINGS.roomFull;
  }

  readonly #state = (): StateEvent => {
    const { name, maxPlayers } =
      this.#status.is === 'prepared' ? this.#status : { name: '', maxPlayers: 0 };
    return {
      cmd: 'state',
      name,
      players: [...this.#seats.keys()],
      max_players: maxPlayers,
      accept_conns: this.#refusal() === undefined,
    };
  };

  #tellState(): void {
    this.#host.event(this.#state());
  }
}
