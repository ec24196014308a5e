import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { Features } from './features.js';
import { isUsableAbout, type JoinRequest } from './join-request.js';
import { type JoinResult, refused, seated } from './join-result.js';
import type { PlayerPeer } from './peer.js';
import type { Players } from './players.js';
import { isPassword } from './password.js';
import type { RoomHost } from './room-host.js';
import type { Seat } from './seat.js';
import type { SecretHash } from './secret.js';

/** Whether players can join: `started` and `ended` rooms take nobody. */
export type RoomPhase = 'open' | 'started' | 'ended';

export interface EntranceParts {
  readonly players: Players;
  readonly host: Pick<RoomHost, 'keepsUp' | 'refusal'>;
  readonly features: Features | undefined;
  /** Whether seat keys have an effect. */
  readonly hasReconnectWindow: boolean;
}

/** Decides who gets a seat in a room, and gives it. */
export class Entrance {
  phase: RoomPhase;
  maxPlayers: number;
  readonly #parts: EntranceParts;

  constructor(phase: RoomPhase, maxPlayers: number, parts: EntranceParts) {
    this.phase = phase;
    this.maxPlayers = maxPlayers;
    this.#parts = parts;
  }

  /** Why nobody can join now; `undefined` if players can join. */
  get refusal(): CloseReason | undefined {
    const { host, players } = this.#parts;
    if (this.phase === 'ended') return CLOSE_REASONS.noSuchRoom;
    if (this.phase === 'started') return CLOSE_REASONS.alreadyStarted;
    // Every join is an event for the host, and a host that does not read would let events accumulate.
    if (host.refusal !== undefined) return host.refusal;
    return players.seats.size < this.maxPlayers ? undefined : CLOSE_REASONS.roomFull;
  }

  /**
   * Gives a player a seat, or returns the reason for refusing it; the host is not notified of refused
   * players. A player with the key of a seat gets that seat, even if nobody else can join.
   */
  join(peer: PlayerPeer, request: JoinRequest): JoinResult {
    const { features, hasReconnectWindow, players } = this.#parts;
    const about = features?.about ? request.about : undefined;
    if (about !== undefined && !isUsableAbout(about)) return refused(CLOSE_REASONS.badAbout);
    const usesKeys = hasReconnectWindow && this.phase !== 'ended';
    const key = usesKeys ? request.key : undefined;
    if (key === 'malformed') return refused(CLOSE_REASONS.badSeatKey);
    const seat = key && players.seats.withKey(key);
    if (seat !== undefined) return this.#rejoin(seat, peer, about);
    const reason = this.#refuseNew(request, key);
    return reason ? refused(reason) : seated(players.add(peer, key, about));
  }

  /** Why a player who has no seat in the room cannot get one. */
  #refuseNew(
    { password }: JoinRequest,
    key: SecretHash | undefined,
  ): CloseReason | undefined {
    const { features, players } = this.#parts;
    // First, so that every attempt with a wrong password counts as one, whatever the room is like.
    const isRight = features?.password === undefined || isPassword(password, features.password);
    if (!isRight) return CLOSE_REASONS.wrongPassword;
    return key !== undefined && players.seats.isBanned(key) ? CLOSE_REASONS.kicked : this.refusal;
  }

  #rejoin(seat: Seat, peer: PlayerPeer, about: string | undefined): JoinResult {
    const { host, players } = this.#parts;
    if (!host.keepsUp) peer.setReading(false);
    players.rejoin(seat, peer, about);
    return seated(seat);
  }
}
