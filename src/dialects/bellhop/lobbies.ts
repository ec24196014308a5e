import { randomBytes, randomUUID } from 'node:crypto';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { HostPeer, PlayerPeer } from '../../rooms/peer.js';
import { countText, type Traffic } from '../../rooms/traffic.js';
import type { UnlistedRooms } from '../../rooms/unlisted-rooms.js';
import { Lobby, Member, type MemberOutput, NOWHERE } from './member.js';

/** The bytes of a connection id. Anybody who knows it can write to the connection, so it is random. */
const ID_BYTES = 18;

/** The result of an attempt to start a lobby. */
export type StartResult =
  | { readonly is: 'started'; readonly name: string }
  | { readonly is: 'taken' }
  | { readonly is: 'refused'; readonly reason: CloseReason };

/** The result of an attempt to join a lobby. */
export type JoinResult =
  | { readonly is: 'joined'; readonly host: Member }
  | { readonly is: 'notFound' | 'hostless' | 'own' }
  | { readonly is: 'refused'; readonly reason: CloseReason };

/** All connections of Bellhop by their ids, and all lobbies by their names. */
export class Lobbies {
  readonly rooms: UnlistedRooms;
  readonly #byName = new Map<string, Lobby>();
  readonly #byId = new Map<string, Member>();

  constructor(rooms: UnlistedRooms) {
    this.rooms = rooms;
  }

  /** The number of names, including those whose hosts have left. */
  get size(): number {
    return this.#byName.size;
  }

  connect(address: string, output: MemberOutput): Member {
    const member = new Member(randomBytes(ID_BYTES).toString('base64url'), address, output);
    this.#byId.set(member.id, member);
    return member;
  }

  /** The connection has ended. */
  disconnect(member: Member): void {
    this.#byId.delete(member.id);
    this.leave(member, CLOSE_REASONS.hostGone);
  }

  find(id: string): Member | undefined {
    return this.#byId.get(id);
  }

  /** @param name if `undefined`, a random one */
  start(member: Member, name: string = randomUUID()): StartResult {
    if (this.#byName.get(name)?.host !== undefined) return { is: 'taken' };
    const peer = this.#hostPeer(member);
    const maxPlayers = this.rooms.maxPlayers;
    const opened = this.rooms.open({ name: '', maxPlayers }, peer);
    if (opened.is === 'refused') return opened;
    this.leave(member);
    const lobby = this.#emptyLobby(name);
    lobby.host = member;
    member.place = { is: 'host', lobby, room: opened.room, peer };
    if (!member.keepsUp) member.setKeepsUp(false);
    return { is: 'started', name };
  }

  join(member: Member, name: string): JoinResult {
    const lobby = this.#byName.get(name);
    if (lobby === undefined) return { is: 'notFound' };
    const { host } = lobby;
    if (host?.place.is !== 'host') return { is: 'hostless' };
    if (host === member) return { is: 'own' };
    // A guest that joins again keeps its seat.
    if (lobby.guests.has(member)) return { is: 'joined', host };
    const peer = guestPeer(member);
    const joined = host.place.room.join(peer);
    if (joined.is === 'refused') return joined;
    this.leave(member);
    lobby.guests.add(member);
    member.place = { is: 'guest', lobby, seat: joined.seat, peer };
    return { is: 'joined', host };
  }

  /** The member leaves its lobby, if it is in one. As in Bellhop, the others get no event. */
  leave(member: Member, reason: CloseReason = CLOSE_REASONS.gameOver): void {
    const { place } = member;
    // The room then closes its host's peer, which calls #roomEnded.
    if (place.is === 'host') place.room.end(reason);
    if (place.is !== 'guest') return;
    member.place = NOWHERE;
    place.lobby.guests.delete(member);
    place.seat.leave(place.peer, true);
    member.output.setReading(true);
    this.#forgetIfEmpty(place.lobby);
  }

  /** Serving the member has thrown an exception, so the state of its room may be inconsistent. */
  fail({ place }: Member): void {
    if (place.is === 'host') place.room.end(CLOSE_REASONS.internalError);
    if (place.is === 'guest') place.seat.fail();
  }

  /**
   * Whether one member may send to another now. A host and its guests always may: reading from the
   * guests pauses when the host does not keep up. Others are never paused, so they may write only to
   * a member with a small backlog: they cannot fill its send buffer, or pause its guests.
   */
  mayWrite(from: Member, to: Member): boolean {
    return to.output.hasSmallBacklog || isHostOf(from, to) || isHostOf(to, from);
  }

  /** Counts a message of `bytes` bytes that one member has sent to another. */
  count(from: Member, to: Member, bytes: number): void {
    const direction = to.place.is === 'host' ? 'toHost' : 'toPlayers';
    countText(this.rooms.totals.traffic[direction], bytes);
    const traffic = trafficBetween(from, to);
    if (traffic !== undefined) countText(traffic[direction], bytes);
  }

  /** Creates a lobby with this name. The guests of an earlier host leave theirs. */
  #emptyLobby(name: string): Lobby {
    const stale = this.#byName.get(name);
    for (const guest of stale?.guests ?? []) this.leave(guest);
    const lobby = new Lobby(name);
    this.#byName.set(name, lobby);
    return lobby;
  }

  /** No message goes through the room, so its host only gets the end of it. */
  #hostPeer(member: Member): HostPeer {
    return {
      address: member.address,
      event() {},
      message() {},
      close: () => this.#roomEnded(member),
    };
  }

  #roomEnded(member: Member): void {
    const { place } = member;
    if (place.is !== 'host') return;
    member.place = NOWHERE;
    place.lobby.host = undefined;
    this.#forgetIfEmpty(place.lobby);
  }

  #forgetIfEmpty(lobby: Lobby): void {
    if (lobby.isEmpty) this.#byName.delete(lobby.name);
  }
}

/** A guest stays in its lobby when the room ends. Reading from it resumes. */
function guestPeer({ address, output }: Member): PlayerPeer {
  return {
    address,
    send() {},
    setReading: (reading) => output.setReading(reading),
    close: () => output.setReading(true),
  };
}

function isHostOf(host: Member, { place }: Member): boolean {
  return place.is === 'guest' && place.lobby.host === host;
}

/** The traffic of the room that both are in. */
function trafficBetween(from: Member, to: Member): Traffic | undefined {
  const [one, other] = [from.place, to.place];
  if (one.is === 'nowhere' || other.is === 'nowhere' || one.lobby !== other.lobby) return undefined;
  const host = one.lobby.host?.place;
  return host?.is === 'host' ? host.room.traffic : undefined;
}
