import type { Clock, GivenRoom, Player } from '../api.js';
import type { Message } from '../session/envelope.js';
import { toSignal } from '../session/message.js';
import type { RoomPlayer } from './room-player.js';
import type { RoomStore } from './room-store.js';

/** How often the heir gets what it needs again when that has changed, in milliseconds. */
const UPDATE_INTERVAL = 1_000;

/** The parts of a room with which it is handed over. */
export interface InheritanceContext {
  readonly clock: Clock;
  readonly store: RoomStore;
  /** The players in the room whose ids these are. */
  find(receivers: readonly Player[]): readonly RoomPlayer[];
  /** Sends a message to these players, unless they do not use this SDK. */
  send(ids: readonly number[], message: Message): void;
  /** Acknowledges all messages that have arrived, then leaves the room. */
  leave(): void;
}

/** Whom the room is given to: now, or if this host disappears. */
export class Inheritance {
  readonly #room: InheritanceContext;
  #heir: RoomPlayer | undefined;
  #isUpdateDue = false;
  /** Whether another page has taken the room. */
  #isTaken = false;

  constructor(room: InheritanceContext) {
    this.#room = room;
    room.store.changed = () => this.#updateLater();
  }

  /** `undefined` if there is none, or it has left. */
  get heir(): Player | undefined {
    return this.#heir && this.#room.find([this.#heir])[0];
  }

  set heir(player: Player | undefined) {
    const given = this.#given();
    this.#heir = player && this.#room.find([player])[0];
    if (this.#heir === undefined) return;
    this.#room.store.isGiven = true;
    this.#room.send([this.#heir.id], given);
  }

  /** Returns whether the player has got the room. */
  async handOver(receiver: Player): Promise<boolean> {
    const given = this.#given();
    const [player] = this.#room.find([receiver]);
    if (player === undefined) return false;
    if (!player.exact) throw new TypeError('handOver: the player does not use this SDK');
    this.#room.store.isGiven = true;
    const isReceived = await player.deliver(given);
    if (isReceived) this.#room.leave();
    return isReceived || this.#isTaken;
  }

  /** Another page has taken the room. */
  taken(): void {
    this.#isTaken = true;
  }

  /** @throws TypeError if the room cannot be resumed */
  #given(): Message {
    const heir: GivenRoom | undefined = this.#room.store.toJson();
    if (heir === undefined) throw new TypeError('the room ends with its host: it has no `hold`');
    return toSignal({ heir });
  }

  /** The heir has to know the players with this SDK. After a reload of its page, it knows nothing. */
  #updateLater(): void {
    if (this.#heir === undefined || this.#isUpdateDue) return;
    this.#isUpdateDue = true;
    this.#room.clock.after(UPDATE_INTERVAL, () => {
      this.#isUpdateDue = false;
      const { heir } = this;
      if (heir !== undefined) this.heir = heir;
    });
  }
}
