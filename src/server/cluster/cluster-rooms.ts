import type { Directory, Home } from '../../cluster/directory/directory.js';
import type { Nodes } from '../../cluster/nodes/nodes.js';
import type { ListedRoomJson } from '../../dialects/wmbp/room-list-json.js';
import type { Described } from '../../http/elsewhere.js';
import { readOn } from '../../http/hold-input.js';
import type { ListRoute } from '../../http/list-route.js';
import { ListsOfAll, type RoomPlace } from '../../http/lists-of-all.js';
import type { RoomAnswers } from '../../http/room-questions.js';
import { codeOf, type RoomRoute, type Route } from '../../http/route.js';
import { CLOSE_REASONS } from '../../protocol/close-codes.js';
import type { RoomCode } from '../../rooms/ids.js';
import { parseRoomCode } from '../../rooms/room-code.js';
import type { Rooms } from '../../rooms/rooms.js';
import type { SeatKey } from '../../rooms/seat-key.js';
import type { Upgrade } from '../../transport/acceptor.js';
import type { Takeover } from './moves/takeover.js';
import type { NodeRequests } from './node-requests.js';
import type { RemoteClients, SendableRoute } from './remote-clients.js';

type CreateRoute = Extract<Route, { readonly kind: 'create' }>;

export interface ClusterRoomsParts {
  readonly run: string;
  readonly rooms: Rooms;
  readonly directory: Directory;
  readonly nodes: Nodes;
  readonly requests: NodeRequests;
  /** Answers about the rooms of this relay. */
  readonly answers: RoomAnswers;
  readonly clients: RemoteClients;
  readonly takeover: Takeover;
  /** Whether a room has ended for certain, of which the relay does not run. Never rejects. */
  readonly hasEnded: (code: RoomCode) => Promise<boolean>;
  /** Whether this relay is taking the room over: another one may be quicker. */
  readonly isArriving: (code: RoomCode) => boolean;
  /** Whether this relay has given the room away, and does not know yet to which relay. */
  readonly isAway: (code: RoomCode) => boolean;
  /** Whether rooms of this run cannot come back any more. */
  readonly isExpired: (run: string) => boolean;
  /** An exception in the relay's own code. */
  readonly fault: (error: unknown) => void;
}

/** Where rooms are in a running cluster. */
export class ClusterRooms {
  readonly #parts: ClusterRoomsParts;
  readonly #lists: ListsOfAll<RoomPlace>;

  constructor(parts: ClusterRoomsParts) {
    this.#parts = parts;
    const { answers, nodes, requests } = parts;
    const own: RoomPlace = {
      isResponding: true,
      ask: async (question, ask) => answers[question](ask as never) as never,
    };
    this.#lists = new ListsOfAll(() => [
      own,
      ...nodes.others
        .filter((beat) => !nodes.isSilent(beat.run))
        .map((beat) => requests.place(beat.run)),
    ]);
  }

  /** Serves a client whose room is at another relay. Returns whether it is. */
  take(target: Route, upgrade: Upgrade): boolean | Promise<boolean> {
    const code = codeOf(target);
    if (code !== undefined && this.#isUnknown(code))
      return this.#takeUnknown(code, target, upgrade);
    return this.#takeKnown(target, upgrade);
  }

  #takeKnown(target: Route, upgrade: Upgrade): boolean | Promise<boolean> {
    if (target.kind === 'quickJoin') {
      this.#quickJoin(target, upgrade).catch((error: unknown) => {
        this.#parts.fault(error);
        upgrade.socket.destroy();
      });
      return true;
    }
    if (target.kind === 'room') {
      const { code } = target;
      if (code === undefined) return false;
      const home = this.#remoteHome(code);
      if (home === undefined)
        return this.#parts.isAway(code) && this.#refuse(code, target, upgrade);
      if (!this.#isAlive(home)) return this.#refuse(code, target, upgrade);
      readOn(upgrade.socket);
      if (!this.#sendsTo(home, target, upgrade)) {
        this.#parts.clients.join(code, () => this.#runningHome(code), target, upgrade);
      }
      return true;
    }
    return target.kind === 'create' && this.#resumes(target, upgrade);
  }

  async describe(code: RoomCode, seat: SeatKey | undefined): Promise<Described> {
    if (this.#isUnknown(code) && !(await this.#canLookUp(code))) return 'noAnswer';
    const home = this.#remoteHome(code);
    if (home === undefined) return this.#parts.isAway(code) ? 'noAnswer' : undefined;
    if (!this.#isAlive(home)) return (await this.#parts.hasEnded(code)) ? undefined : 'noAnswer';
    try {
      return (await this.#parts.requests.ask(home.run, 'describe', { code, seat })) ?? undefined;
    } catch {
      return 'noAnswer';
    }
  }

  list(
    name: string,
    most: number,
    after: RoomCode | undefined,
  ): Promise<readonly ListedRoomJson[]> {
    return this.#lists.page(name, most, after);
  }

  /** Whether no relay has the code, as far as this one knows, nor a block for it. */
  #isUnknown(code: RoomCode): boolean {
    const { directory, isAway, rooms } = this.#parts;
    return directory.home(code) === undefined && rooms.find(code) === undefined && !isAway(code);
  }

  /** Looks a code up that is not known. Returns false if NATS does not answer. */
  async #canLookUp(code: RoomCode): Promise<boolean> {
    try {
      await this.#parts.directory.lookUp(code);
      return true;
    } catch {
      return false;
    }
  }

  /** A client wants a code that no relay has, as far as this one knows. */
  async #takeUnknown(code: RoomCode, target: Route, upgrade: Upgrade): Promise<boolean> {
    const { clients } = this.#parts;
    // One that has guessed too much is refused anyway.
    if (clients.refusal(upgrade.address) !== undefined) return false;
    if (!(await this.#canLookUp(code))) {
      readOn(upgrade.socket);
      clients.refuse(CLOSE_REASONS.restarting, upgrade);
      return true;
    }
    return this.#takeKnown(target, upgrade);
  }

  /** The relay that had the room does not have it any more. Another one may take the room over, unless it has ended. */
  async #refuse(code: RoomCode, request: RoomRoute, upgrade: Upgrade): Promise<true> {
    const { clients, hasEnded } = this.#parts;
    const { address } = upgrade;
    const isOver = clients.refusal(address) === undefined && (await hasEnded(code));
    const reason = isOver ? CLOSE_REASONS.noSuchRoom : CLOSE_REASONS.restarting;
    if (isOver) clients.closed({ code, address, reason, request });
    readOn(upgrade.socket);
    clients.refuse(reason, upgrade);
    return true;
  }

  /** A host resumes its room, which comes to this relay if it is not here. */
  #resumes(target: CreateRoute, upgrade: Upgrade): boolean | Promise<boolean> {
    const { code, token } = target.resume ?? {};
    const { clients, directory, isArriving, isExpired, rooms } = this.#parts;
    if (code === undefined || token === undefined) return false;
    if (rooms.find(code) !== undefined && !isArriving(code)) return false;
    const home = directory.home(code);
    if (home === undefined || isExpired(home.run)) return false;
    if (this.#sendsTo(home, target, upgrade)) {
      readOn(upgrade.socket);
      return true;
    }
    const take = (isWanted: () => boolean) =>
      this.#parts.takeover.take(code, home, token, isWanted);
    return clients.takeOver(upgrade, take, () => rooms.find(code) !== undefined);
  }

  async #quickJoin(
    target: Extract<ListRoute, { readonly kind: 'quickJoin' }>,
    upgrade: Upgrade,
  ): Promise<void> {
    const { clients, rooms } = this.#parts;
    const { list, seat } = target;
    // Before all relays search.
    const reason = clients.refusal(upgrade.address);
    if (reason !== undefined) {
      readOn(upgrade.socket);
      return clients.refuse(reason, upgrade);
    }
    const found = await this.#lists.forPlayer(list, seat, upgrade.address);
    readOn(upgrade.socket);
    const code = parseRoomCode(found?.answer.code ?? '');
    if (code === undefined) return clients.refuse(CLOSE_REASONS.noSuchRoom, upgrade);
    const request = { ...target, password: undefined };
    const room = rooms.find(code);
    if (room !== undefined) return clients.joinOwn(room, request, upgrade);
    const home = this.#runningHome(code);
    if (home === undefined) return clients.refuse(CLOSE_REASONS.noSuchRoom, upgrade);
    if (this.#sendsTo(home, target, upgrade)) return;
    clients.join(code, () => this.#runningHome(code), request, upgrade);
  }

  /**
   * The other relay that has this code; `undefined` if this one has it, or nobody. It may have ended, and
   * come back with the rooms that wait.
   */
  #remoteHome(code: RoomCode | undefined): Home | undefined {
    const { directory, isExpired, rooms, run } = this.#parts;
    if (code === undefined || rooms.find(code) !== undefined) return undefined;
    const home = directory.home(code);
    return home === undefined || home.run === run || isExpired(home.run) ? undefined : home;
  }

  #runningHome(code: RoomCode): Home | undefined {
    const home = this.#remoteHome(code);
    return home !== undefined && this.#isAlive(home) ? home : undefined;
  }

  /** Closes a client that goes to the relay with its room by itself, if it can. Returns whether it does. */
  #sendsTo({ run }: Home, target: SendableRoute, upgrade: Upgrade): boolean {
    const { clients, nodes } = this.#parts;
    const home = target.go && nodes.get(run);
    // One that is silent or about to stop would not serve the client.
    if (!home || home.url === '' || home.isDraining || nodes.isSilent(run)) return false;
    return clients.send(home.url, target, upgrade);
  }

  #isAlive({ run }: Home): boolean {
    return this.#parts.nodes.get(run) !== undefined;
  }
}
