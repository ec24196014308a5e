import { blockOf, type Directory, type Home } from '../../../cluster/directory/directory.js';
import type { RemoteSeat } from '../../../cluster/remote/remote-seat.js';
import { CLOSE_REASONS } from '../../../protocol/close-codes.js';
import type { RoomCode } from '../../../rooms/ids.js';
import type { Room } from '../../../rooms/room.js';
import type { ClusterLinks } from '../cluster-links.js';
import type { NodeAnswers, NodeQuestions } from '../node-questions.js';
import { OwnSeats } from './own-seats.js';
import type { WaitingSeats } from './waiting-seats.js';

export interface FollowersParts {
  readonly run: string;
  readonly directory: () => Directory | undefined;
  readonly links: ClusterLinks;
  readonly waiting: WaitingSeats;
  /** A room of this relay. */
  readonly find: (code: RoomCode) => Room | undefined;
}

/** Sends the clients of this relay after their rooms, when these move from one relay to another. */
export class Followers implements Pick<NodeAnswers, 'follow'> {
  readonly #parts: FollowersParts;
  readonly #ownSeats: OwnSeats;

  constructor(parts: FollowersParts) {
    this.#parts = parts;
    this.#ownSeats = new OwnSeats(parts.find);
  }

  follow({ code, ...home }: NodeQuestions['follow']['ask']): number {
    return this.send(code as RoomCode, home);
  }

  /** A block has another owner: a relay that has restarted may have rooms again that clients wait for. */
  blockChanged(block: string): void {
    for (const code of this.#parts.waiting.codes) if (blockOf(code) === block) this.#sendHome(code);
  }

  /** A relay that had seemed to end, because it was disconnected from NATS, has its rooms as before. */
  runAppeared(run: string): void {
    const { directory, waiting } = this.#parts;
    for (const code of waiting.codes) {
      if (directory()?.home(code)?.run === run) this.#sendHome(code);
    }
  }

  /** Another relay has ended. Its clients here wait until their rooms are at another one. */
  runEnded(run: string): void {
    const { links, waiting } = this.#parts;
    const seats = links.seatsAt(run);
    waiting.add(seats);
    for (const code of new Set(seats.map(({ wants }) => wants.code))) this.#sendHome(code, run);
  }

  /**
   * Sends clients to the relay that has their room now.
   *
   * @returns how many clients of this relay have followed the room there
   */
  send(code: RoomCode, home: Home): number {
    const { links, run, waiting } = this.#parts;
    const seats = [...links.seatsIn(code), ...waiting.in(code)];
    // A relay that has restarted has its rooms with the same epochs.
    const there = new Set(home.run === run ? seats : links.seatsAt(home.run, code));
    const isElsewhere = (seat: RemoteSeat): boolean =>
      seat.epoch === home.epoch && !there.has(seat);
    const late = seats.filter(
      (seat) => seat.epoch < home.epoch || waiting.has(seat) || isElsewhere(seat),
    );
    if (home.run === run) this.#ownSeats.follow(late, home.epoch);
    else if (late.length > 0) this.#sendAll(late, home);
    return seats.filter((seat) => seat.hasFollowed && seat.epoch === home.epoch).length;
  }

  /** @param ended a run that has ended, whatever the directory says */
  #sendHome(code: RoomCode, ended?: string): void {
    const home = this.#parts.directory()?.home(code);
    if (home !== undefined && home.run !== ended) this.send(code, home);
  }

  #sendAll(seats: readonly RemoteSeat[], { run, epoch }: Home): void {
    const there = this.#parts.links.to(run);
    for (const seat of seats) {
      if (there === undefined) seat.end(CLOSE_REASONS.restarting);
      else there.follow(seat, epoch);
    }
  }
}
