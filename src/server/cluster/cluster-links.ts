import type { Link } from '../../cluster/link/link.js';
import { Links, type LinksParts } from '../../cluster/link/links.js';
import {
  type FindRoom,
  type Followed,
  RemotePlayers,
} from '../../cluster/remote/remote-players.js';
import type { RemoteSeat } from '../../cluster/remote/remote-seat.js';
import { type ClientClosed, RemoteSeats } from '../../cluster/remote/remote-seats.js';
import type { FrameHandler } from '../../cluster/wire/frames.js';
import type { TimeRange } from '../../rooms/connected.js';
import type { RoomCode } from '../../rooms/ids.js';
import type { Room } from '../../rooms/room.js';

export interface ClusterLinksParts extends Omit<LinksParts, 'observer'> {
  readonly findRoom: FindRoom;
  readonly followed: Followed;
  /** A time of a run's clock in that of this relay; `undefined` if that is not known. */
  readonly ownTime: (run: string, at: number) => TimeRange | undefined;
  /** A client of this relay was closed by the relay with its room. */
  readonly clientClosed: ClientClosed;
  /** Whether there are clients that use the link to a run has changed. */
  readonly usedChanged: (run: string, isUsed: boolean) => void;
  readonly broken: (run: string, reason: string) => void;
}

/** Both halves of a link: the clients of this relay in rooms of the other one, and the reverse. */
interface Halves {
  readonly run: string;
  readonly seats: RemoteSeats;
  readonly players: RemotePlayers;
}

/** The links of this relay, with the clients that use them. */
export class ClusterLinks {
  readonly #links: Links;
  readonly #halves = new Map<Link, Halves>();

  constructor(parts: ClusterLinksParts) {
    this.#links = new Links({
      ...parts,
      observer: {
        opened: (link, run) => {
          this.#opened(link, run, parts);
          parts.usedChanged(run, true);
        },
        paceChanged: (link, _run, keepsUp) => {
          const { seats, players } = this.#halves.get(link) ?? {};
          seats?.setLinkKeepsUp(keepsUp);
          players?.setLinkKeepsUp(keepsUp);
        },
        broken: (link, run, reason) => {
          const { seats, players } = this.#halves.get(link) ?? {};
          this.#halves.delete(link);
          seats?.broken();
          players?.broken();
          parts.usedChanged(run, false);
          parts.broken(run, reason);
        },
      },
    });
  }

  get bufferedBytes(): number {
    return this.#links.bufferedBytes;
  }

  get size(): number {
    return this.#links.size;
  }

  /** Clients of this relay in rooms of others, and clients of others in rooms of this relay. */
  get clients(): { readonly edge: number; readonly home: number } {
    let edge = 0;
    let home = 0;
    for (const { seats, players } of this.#halves.values()) {
      edge += seats.size;
      home += players.size;
    }
    return { edge, home };
  }

  /** The clients of this relay in rooms of this run; `undefined` if there are too many links. */
  to(run: string): RemoteSeats | undefined {
    const link = this.#links.to(run);
    return link && this.#halves.get(link)?.seats;
  }

  /** The clients of this relay in rooms of a run, in all of them or in one that has moved. */
  seatsAt(run: string, code?: RoomCode): RemoteSeat[] {
    return this.#of(run)?.seats.seatsIn(code) ?? [];
  }

  /** The clients of this relay in a room, wherever it was. */
  seatsIn(code: RoomCode): RemoteSeat[] {
    return [...this.#halves.values()].flatMap(({ seats }) => seats.seatsIn(code));
  }

  /** The runs that have clients in a room of this relay. */
  edgesOf(room: Room): string[] {
    return [...this.#halves.values()].flatMap(({ run, players }) => (players.has(room) ? run : []));
  }

  /**
   * A room of this relay goes to another one, and the clients of others follow it.
   *
   * @returns closes those that have not followed it
   */
  release(room: Room): () => void {
    const closes = [...this.#halves.values()].map(({ players }) => players.release(room));
    return () => {
      for (const close of closes) close();
    };
  }

  runEnded(run: string): void {
    this.#links.runEnded(run);
  }

  #of(run: string): Halves | undefined {
    return [...this.#halves.values()].find((halves) => halves.run === run);
  }

  close(): void {
    this.#links.close();
  }

  #opened(link: Link, run: string, parts: ClusterLinksParts): void {
    const { findRoom, followed, clientClosed, timers } = parts;
    const seats = new RemoteSeats(link, () => timers.now(), clientClosed);
    const ownTime = (at: number): TimeRange | undefined => parts.ownTime(run, at);
    const players = new RemotePlayers(link, { findRoom, followed, ownTime });
    this.#halves.set(link, { run, seats, players });
    link.handler = handlerOf(seats, players);
  }
}

function handlerOf(seats: RemoteSeats, players: RemotePlayers): FrameHandler {
  return {
    join: (handle, join) => players.join(handle, join),
    from: (handle, payload) => players.from(handle, payload),
    disconnected: (handle, isFinal) => players.disconnected(handle, isFinal),
    measured: (handle, time) => players.measured(handle, time),
    seated: (...which) => seats.seated(...which),
    to: (handles, payload) => seats.to(handles, payload),
    close: (handles, reason) => seats.close(handles, reason),
    setReading: (handles, reading) => seats.setReading(handles, reading),
    measure: (handles) => seats.measure(handles),
  };
}
