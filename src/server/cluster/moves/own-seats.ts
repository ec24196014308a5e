import { mayFollow } from '../../../cluster/remote/remote-players.js';
import type { RemoteSeat, SeatLine } from '../../../cluster/remote/remote-seat.js';
import { CLOSE_REASONS } from '../../../protocol/close-codes.js';
import type { RoomCode } from '../../../rooms/ids.js';
import { type JoinResult, refused } from '../../../rooms/join-result.js';
import type { PlayerSeat } from '../../../rooms/player-seat.js';
import type { Room } from '../../../rooms/room.js';

/** Clients of this relay whose rooms have moved from other relays to this one. */
export class OwnSeats {
  readonly #find: (code: RoomCode) => Room | undefined;

  constructor(find: (code: RoomCode) => Room | undefined) {
    this.#find = find;
  }

  /** The room of these seats is at this relay now. */
  follow(seats: readonly RemoteSeat[], epoch: number): void {
    for (const seat of seats) {
      const result = this.#enter(seat, epoch);
      if (result.is === 'refused') seat.end(result.reason);
      else seat.connect(lineTo(result.seat, seat), epoch, () => {});
    }
  }

  #enter(seat: RemoteSeat, epoch: number): JoinResult {
    const { peer, wants } = seat;
    const room = this.#find(wants.code);
    if (room === undefined) return refused(CLOSE_REASONS.restarting);
    const { about, allValues, connection, key, password } = seat.join(epoch, true);
    // A viewer reconnects, because it would be another kind of peer.
    if (wants.role === 'viewer' || !mayFollow(room, { connection, key, role: wants.role }))
      return refused(CLOSE_REASONS.restarting);
    return room.join(peer, { key, about, password, allValues, connection });
  }
}

function lineTo(own: PlayerSeat, { peer }: RemoteSeat): SeatLine {
  return {
    from: (payload) => own.receive(payload, peer),
    measured: (time) => own.measured(time, peer),
    disconnected: (isFinal) => own.leave(peer, isFinal),
  };
}
