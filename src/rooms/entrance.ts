import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import { Asking, type AskingContext } from './asking.js';
import type { Audience } from './audience.js';
import { orderOf } from './connected.js';
import type { Features } from './features.js';
import { isUsableAbout, type JoinRequest } from './join-request.js';
import { type JoinResult, refused, seated } from './join-result.js';
import { isPassword } from './password.js';
import type { PlayerPeer } from './peer.js';
import { type KickOptions, kickReason, type Players } from './players.js';
import type { RoomHost } from './room-host.js';
import type { PlayerAbout, RoomChanges } from './room-info.js';
import type { SavedRoom } from './saved-room.js';
import type { Seat } from './seat.js';
import type { SecretHash } from './secret.js';
import type { ViewerPeer, WatchRequest, WatchResult } from './viewer.js';

/** Whether players can join: `started` and `ended` rooms take nobody. */
export type RoomPhase = 'open' | 'started' | 'ended';

export interface EntranceParts {
  readonly players: Players;
  readonly host: Pick<RoomHost, 'keepsUp' | 'refusal'>;
  readonly features: Features | undefined;
  /** The most players that any room may have. */
  readonly mostPlayers: number;
  /** Whether seat keys have an effect. */
  readonly hasReconnectWindow: boolean;
  readonly room: AskingContext;
}

/** Decides who gets a seat in a room, and gives it. */
export class Entrance {
  phase: RoomPhase;
  maxPlayers: number;
  /** The players about whom the host is asked; `undefined` in a room that all can join. */
  readonly asking: Asking | undefined;
  readonly #parts: EntranceParts;

  constructor(
    { started, maxPlayers }: Pick<SavedRoom, 'started' | 'maxPlayers'>,
    parts: EntranceParts,
  ) {
    this.phase = started ? 'started' : 'open';
    this.maxPlayers = Math.min(maxPlayers, parts.mostPlayers);
    this.asking = parts.features?.ask ? new Asking(parts.room) : undefined;
    this.#parts = parts;
  }

  /** Why nobody can join now; `undefined` if players can join. */
  get refusal(): CloseReason | undefined {
    const { host } = this.#parts;
    if (this.phase === 'ended') return CLOSE_REASONS.noSuchRoom;
    if (this.phase === 'started') return CLOSE_REASONS.alreadyStarted;
    // Every join is an event for the host, and a host that does not read would let events accumulate.
    if (host.refusal !== undefined) return host.refusal;
    if (this.#isFull) return CLOSE_REASONS.roomFull;
    return this.asking?.isFull ? CLOSE_REASONS.tooManyAsking : undefined;
  }

  /** The state to save. */
  get saved(): Pick<SavedRoom, 'started' | 'maxPlayers' | 'asking'> {
    const { maxPlayers, phase, asking } = this;
    return { maxPlayers, started: phase === 'started', ...asking?.saved };
  }

  /** What players say about themselves, in the order in which they joined; then those who ask. */
  get abouts(): PlayerAbout[] {
    const seats = [...this.#parts.players.seats.all(), ...(this.asking?.seats ?? [])];
    return seats.flatMap(({ id, about }) => (about === undefined ? [] : { player: id, about }));
  }

  /**
   * Stops joining, or allows it again, or sets the size; nobody has to leave, even if there are more
   * players now. Players who ask when nobody can join any more are refused.
   */
  change({ started = this.phase === 'started', maxPlayers = this.maxPlayers }: RoomChanges): void {
    this.phase = started ? 'started' : 'open';
    this.maxPlayers = Math.min(maxPlayers, this.#parts.mostPlayers);
    if (started) this.asking?.refuseAll(CLOSE_REASONS.alreadyStarted);
    else if (this.#isFull) this.asking?.refuseAll(CLOSE_REASONS.roomFull);
  }

  /** Gives a seat to a player who asks; false if nobody with this id asks. */
  admit(id: number): boolean {
    const seat = this.asking?.take(id);
    if (seat === undefined) return false;
    const { host, players } = this.#parts;
    players.admit(seat);
    seat.peer?.setReading(host.keepsUp);
    if (this.#isFull) this.asking?.refuseAll(CLOSE_REASONS.roomFull);
    return true;
  }

  /** Removes a player for good, or refuses one who asks; an unknown id changes nothing. */
  kick(id: number, options: KickOptions): void {
    const { players } = this.#parts;
    const asker = this.asking?.get(id);
    if (asker === undefined) return players.kick(id, options);
    players.ban(asker, options);
    this.asking?.refuse(asker, kickReason(options));
  }

  /** The connection of this player has ended; `isFinal` if the player will not reconnect. */
  connectionEnded(seat: Seat, isFinal: boolean): void {
    if (this.asking?.has(seat)) this.asking.left(seat);
    else this.#parts.players.connectionEnded(seat, isFinal);
  }

  /** The seat of the player with this key, also if the player asks for it. */
  seatWith(key: SecretHash): Seat | undefined {
    return this.#parts.players.seats.withKey(key) ?? this.asking?.withKey(key);
  }

  /** Shows the room to a viewer, even if nobody else can join, or refuses it. */
  watch(audience: Audience | undefined, peer: ViewerPeer, request: WatchRequest): WatchResult {
    if (audience === undefined) return { is: 'refused', reason: CLOSE_REASONS.noSuchRoom };
    const { password, allValues } = request;
    if (!this.#isOpenTo(password)) return { is: 'refused', reason: CLOSE_REASONS.wrongPassword };
    const result = audience.admit(peer);
    const { deliveries } = this.#parts.players;
    if (result.is === 'watching') deliveries.sendValuesToViewer(peer, allValues);
    return result;
  }

  /** Whether this is the password of the room, or the room has none. */
  #isOpenTo(password: string | undefined): boolean {
    const hash = this.#parts.features?.password;
    return hash === undefined || isPassword(password, hash);
  }

  /** The room has ended. */
  close(reason: CloseReason): void {
    this.asking?.closeAll(reason);
    this.#parts.players.closeAll(reason);
  }

  /**
   * Gives a player a seat, or returns the reason for refusing it; the host is not notified of refused
   * players. A player with the key of a seat gets that seat, even if nobody else can join. Where the
   * host is asked first, the seat is pending until it has answered.
   */
  join(peer: PlayerPeer, request: JoinRequest): JoinResult {
    const { features, hasReconnectWindow, players } = this.#parts;
    const about = features?.about ? request.about : undefined;
    if (about !== undefined && !isUsableAbout(about)) return refused(CLOSE_REASONS.badAbout);
    const usesKeys = hasReconnectWindow && this.phase !== 'ended';
    const key = usesKeys ? request.key : undefined;
    if (key === 'malformed') return refused(CLOSE_REASONS.badSeatKey);
    const seat = key && players.seats.withKey(key);
    const asked = key && this.asking?.withKey(key);
    const late = refuseLate(seat ?? asked, peer, request);
    if (late !== undefined) return refused(late);
    if (seat !== undefined) return this.#rejoin(seat, peer, { ...request, about });
    if (asked !== undefined) return this.#askAgain(asked, peer, { ...request, about });
    const reason = this.#refuseNew(request, key, peer.address);
    if (reason !== undefined) return refused(reason);
    return this.#take(players.newSeat(key, request.allValues), peer, about);
  }

  get #isFull(): boolean {
    return this.#parts.players.seats.size >= this.maxPlayers;
  }

  #take(seat: Seat, peer: PlayerPeer, about: string | undefined): JoinResult {
    if (this.asking !== undefined) this.asking.add(seat, peer, about);
    else this.#parts.players.add(seat, peer, about);
    return seated(seat);
  }

  #askAgain(seat: Seat, peer: PlayerPeer, { about, allValues = false }: JoinRequest): JoinResult {
    seat.allValues = allValues;
    this.asking?.askAgain(seat, peer, about);
    return seated(seat);
  }

  /** Why a player who has no seat in the room cannot get one. */
  #refuseNew(
    { password }: JoinRequest,
    key: SecretHash | undefined,
    address: string | undefined,
  ): CloseReason | undefined {
    // First, so that every attempt with a wrong password counts as one, whatever the room is like.
    if (!this.#isOpenTo(password)) return CLOSE_REASONS.wrongPassword;
    return this.#parts.players.bans.include(key, address) ? CLOSE_REASONS.kicked : this.refusal;
  }

  #rejoin(seat: Seat, peer: PlayerPeer, request: JoinRequest): JoinResult {
    const { host, players } = this.#parts;
    if (!host.keepsUp) peer.setReading(false);
    players.rejoin(seat, peer, request);
    return seated(seat);
  }
}

/**
 * Why a connection of another relay does not get the seat: it has followed the room, and the player has had a
 * later connection; or it was on its way for so long that the player has connected again meanwhile. If that
 * is not certain, the player tries again if this was its latest connection.
 */
function refuseLate(
  seat: Seat | undefined,
  { connected }: PlayerPeer,
  { connection }: JoinRequest,
): CloseReason | undefined {
  if (seat === undefined) return undefined;
  if (connection !== undefined) return refuseFollower(seat, connection);
  if (seat.connected === undefined || connected === undefined) return undefined;
  const order = orderOf(connected, seat.connected);
  if (order === 'later') return undefined;
  return order === 'earlier' ? CLOSE_REASONS.replaced : CLOSE_REASONS.restarting;
}

function refuseFollower(seat: Seat, connection: number): CloseReason | undefined {
  if (connection < seat.connection) return CLOSE_REASONS.replaced;
  // Two relays may have given the same number, because the first one has ended before it was saved.
  const isTaken = connection === seat.connection && seat.peer !== undefined;
  return isTaken ? CLOSE_REASONS.restarting : undefined;
}
