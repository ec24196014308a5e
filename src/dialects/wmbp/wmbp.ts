import type { LaunchedServerApi } from '../../launch/launched-server-api.js';
import type { ClientAdmission } from '../../limits/admission.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import { MAX_CODE_LENGTH } from '../../protocol/room-code.js';
import type { HostFormat } from '../../protocol/wmbp/host-encoder.js';
import type { JoinRequest } from '../../rooms/join-request.js';
import { triedPassword } from '../../rooms/password.js';
import type { Room } from '../../rooms/room.js';
import type { Rooms } from '../../rooms/rooms.js';
import type { SeatKey } from '../../rooms/seat-key.js';
import { hashSecret } from '../../rooms/secret.js';
import { type Admittance, refused } from '../admittance.js';
import {
  type ClaimCode,
  HostConnection,
  type HostLimits,
  type RoomOpener,
} from './host-connection.js';
import { LaunchedRooms } from './launched-rooms.js';
import { PlayerConnection, type PlayerLimits } from './player-connection.js';
import { ViewerConnection } from './viewer-connection.js';

export interface WmbpParts {
  readonly rooms: Rooms;
  readonly admission: Omit<ClientAdmission, 'isOverLimit'>;
  readonly limits: HostLimits & PlayerLimits;
  readonly mayCreate: (token: string | undefined) => boolean;
  /** Knows the servers that may open rooms; `undefined` if none are started. */
  readonly serverApi: LaunchedServerApi | undefined;
  /** Asks for a code that another process draws; `undefined` if there is none. */
  readonly claimCode?: ClaimCode | undefined;
}

/** What a host requests with the URL that it connects to. */
export interface HostRequest {
  readonly format: HostFormat;
  /** The create token. */
  readonly token: string | undefined;
  /** The code, as it was typed, and the token of the room that the host resumes. */
  readonly resume: { readonly room: string; readonly token: string } | undefined;
  /** The launched server that the host is. */
  readonly launch: { readonly id: string; readonly token: string } | undefined;
}

/** What a player requests with the URL that it connects to. */
export interface PlayerRequest {
  /** The code as it was typed. */
  readonly path: string;
  readonly seat: SeatKey | undefined;
  /** What the player says about itself. */
  readonly about: string | undefined;
  /** The password of the room. */
  readonly password: string | undefined;
  /** Whether it gets all values of the room. */
  readonly allValues: boolean;
  /** Whether it wants to be a viewer, if the room has an audience. */
  readonly watches?: true;
}

/** What a player requests that joins any room of a public list. */
export interface QuickJoinRequest extends Pick<PlayerRequest, 'seat' | 'about' | 'allValues'> {
  /** The name of the list. */
  readonly list: string;
}

/** How much of a wrong id is counted, in characters. */
const MAX_COUNTED_ID = 64;

/**
 * Decides which WMBP hosts and players are admitted, and serves them. The caller has located the
 * room, so all checks are synchronous; cheap checks come first. Times are in milliseconds.
 */
export class Wmbp {
  readonly #parts: WmbpParts;

  constructor(parts: WmbpParts) {
    this.#parts = parts;
  }

  /** @param room the room to resume; `undefined` if there is no room with the requested code */
  host(request: HostRequest, room: Room | undefined, address: string, now: number): Admittance {
    const { resume, launch } = request;
    if (resume === undefined && launch !== undefined && this.#parts.serverApi !== undefined) {
      return this.#launchedHost(request.format, launch, this.#parts.serverApi, address, now);
    }
    if (resume === undefined) {
      const reason = this.#refuseNewHost(request.token, address, now);
      return reason === undefined ? this.#admitNewHost(request.format) : refused(reason);
    }
    const mayResume = this.#parts.rooms.mayResume(room, resume.token);
    if (room === undefined || !mayResume)
      return refused(this.#missedResume(resume.room, address, now));
    const reason = this.#refuseReturning(address);
    if (reason !== undefined) return refused(reason);
    return this.#admitHost(request.format, (host) => host.resume(room, resume.token));
  }

  /** @param room the room to join; `undefined` if there is no room with the requested code */
  player(request: PlayerRequest, room: Room | undefined, address: string, now: number): Admittance {
    const { seat } = request;
    if (request.watches && room?.audience !== undefined) {
      return this.#viewer(request, room, address, now);
    }
    const isReturning = seat !== undefined && room?.seatWith(seat) !== undefined;
    const reason = isReturning
      ? this.#refuseReturning(address)
      : this.#refuseNewPlayer(request.path, room, address, now);
    if (reason !== undefined) return refused(reason);
    // Without a room, the player has already been refused.
    if (room === undefined) return refused(CLOSE_REASONS.noSuchRoom);
    const { seat: key, about, password, allValues } = request;
    return this.#admitPlayer(room, { key, about, password, allValues }, (refusal) => {
      if (refusal === CLOSE_REASONS.wrongPassword)
        this.#missedPassword(room, password, address, now);
    });
  }

  /** A player joins the fullest room of a list that it can join, or the room where it has a seat. */
  quickJoin(request: QuickJoinRequest, address: string, now: number): Admittance {
    const { seat, about, allValues } = request;
    const { rooms, admission } = this.#parts;
    const full = this.#refuseReturning(address);
    if (full !== undefined) return refused(full);
    const list = rooms.lists.find(request.list);
    const key = seat === 'malformed' ? undefined : seat;
    const last = list && key && rooms.lists.withSeat(list, key)?.room;
    const reason =
      last === undefined
        ? (admission.connect(address) ?? admission.tryCode(address, now))
        : undefined;
    if (reason !== undefined) return refused(reason);
    const addressHash = hashSecret(address);
    const room = last ?? list?.fullest((each) => each.keepsOut(key, addressHash))?.room;
    if (room === undefined) return refused(CLOSE_REASONS.noSuchRoom);
    return this.#admitPlayer(room, { key: seat, about, allValues });
  }

  #viewer(
    { password, allValues }: PlayerRequest,
    room: Room,
    address: string,
    now: number,
  ): Admittance {
    const { admission, limits } = this.#parts;
    const reason = admission.connectViewer(address) ?? admission.tryCode(address, now);
    if (reason !== undefined) return refused(reason);
    return {
      is: 'admitted',
      role: 'viewer',
      serve: (link) => {
        const connection = new ViewerConnection(link, limits);
        const refusal = connection.watch(room, { password, allValues });
        if (refusal === CLOSE_REASONS.wrongPassword)
          this.#missedPassword(room, password, address, now);
        return { connection, refusal };
      },
    };
  }

  /** Neither the create token nor the rate of new rooms applies to a launched server. */
  #launchedHost(
    format: HostFormat,
    { id, token }: { readonly id: string; readonly token: string },
    api: LaunchedServerApi,
    address: string,
    now: number,
  ): Admittance {
    const { rooms, admission } = this.#parts;
    const full = admission.connect(address);
    if (full !== undefined) return refused(full);
    if (admission.isGuessLimited(address, now)) return refused(CLOSE_REASONS.tooManyAttempts);
    const server = api.allowed(id, 'create', token);
    if (server === undefined) {
      admission.missed(address, `launch ${id.slice(0, MAX_COUNTED_ID)}`, now);
      return refused(CLOSE_REASONS.badToken);
    }
    return this.#admitNewHost(format, new LaunchedRooms(rooms, server));
  }

  #refuseNewHost(token: string | undefined, address: string, now: number): CloseReason | undefined {
    const { rooms, admission, mayCreate } = this.#parts;
    const full = admission.connect(address);
    if (full !== undefined) return full;
    if (rooms.draining) return CLOSE_REASONS.restarting;
    const reason = admission.openRoom(address, now);
    if (reason !== undefined) return reason;
    return mayCreate(token) ? undefined : CLOSE_REASONS.badToken;
  }

  #refuseNewPlayer(
    tried: string,
    room: Room | undefined,
    address: string,
    now: number,
  ): CloseReason | undefined {
    const { admission } = this.#parts;
    const reason = admission.connect(address) ?? admission.tryCode(address, now);
    if (reason !== undefined) return reason;
    if (room !== undefined) return undefined;
    admission.missed(address, tried, now);
    return CLOSE_REASONS.noSuchRoom;
  }

  /** Rate limits and overload do not refuse a client that already has a seat or a room. */
  #refuseReturning(address: string): CloseReason | undefined {
    const { admission } = this.#parts;
    return admission.connect(address) && admission.reconnect(address);
  }

  #missedResume(room: string, address: string, now: number): CloseReason {
    const { admission } = this.#parts;
    const full = admission.connect(address);
    if (full !== undefined) return full;
    if (admission.isGuessLimited(address, now)) return CLOSE_REASONS.tooManyAttempts;
    // A wrong token counts separately from a wrong code, because the room may exist.
    admission.missed(address, `resume ${room.slice(0, MAX_CODE_LENGTH)}`, now);
    return CLOSE_REASONS.noSuchRoom;
  }

  /** Every wrong password counts, and the same one once a minute. */
  #missedPassword(room: Room, password: string | undefined, address: string, now: number): void {
    const tried = `password ${room.identity.code} ${triedPassword(password)}`;
    this.#parts.admission.missed(address, tried, now);
  }

  #admitNewHost(format: HostFormat, opener: RoomOpener = this.#parts.rooms): Admittance {
    const { rooms } = this.#parts;
    const begin = (host: HostConnection): CloseReason | undefined => {
      const { refusal } = rooms;
      if (refusal === undefined) host.begin();
      else host.close(refusal);
      return refusal;
    };
    return this.#admitHost(format, begin, opener);
  }

  #admitHost(
    format: HostFormat,
    begin: (host: HostConnection) => CloseReason | undefined,
    opener: RoomOpener = this.#parts.rooms,
  ): Admittance {
    const { limits, claimCode } = this.#parts;
    return {
      is: 'admitted',
      role: 'host',
      serve(link) {
        const connection = new HostConnection(link, format, { opener, limits, claimCode });
        return { connection, refusal: begin(connection) };
      },
    };
  }

  #admitPlayer(
    room: Room,
    request: JoinRequest,
    tried?: (refusal: CloseReason | undefined) => void,
  ): Admittance {
    const { limits } = this.#parts;
    return {
      is: 'admitted',
      role: 'player',
      serve(link) {
        const connection = new PlayerConnection(link, limits);
        const refusal = connection.join(room, request);
        tried?.(refusal);
        return { connection, refusal };
      },
    };
  }
}
