import type { Payload } from '../protocol/payload.js';
import type { PlayerId } from './ids.js';
import { aboutBytes } from './join-request.js';
import { MESSAGE_OVERHEAD } from './offline-buffer.js';
import type { HostPeer } from './peer.js';
import type { AudienceEvent, PresenceEvent, RoomEvent } from './room-event.js';
import { noTotals, type RoomTotals } from './totals.js';

type Item = RoomEvent | { readonly from: PlayerId; readonly payload: Payload };

/**
 * Buffers events and messages for a disconnected host, in order.
 *
 * When it is full, the room stops reading from its players and nobody can join: players can only
 * disconnect, reconnect and leave. Of these events, pairs that cancel out are dropped, so that a
 * player who reconnects in a loop does not fill the memory. What players say about themselves then is
 * dropped, too: a host that resumes gets the latest of it.
 */
export class HostOfflineBuffer {
  readonly #capacity: number;
  readonly #onFull: () => void;
  readonly #totals: RoomTotals;
  readonly #onClose: () => void;
  #bytes = 0;
  #closed = false;
  /** Stays so, even if messages are dropped: events of a player must not overtake earlier ones. */
  #isFull = false;
  #items: Item[] = [];
  /** The last event of each player since the buffer was full. */
  readonly #overflow = new Map<PlayerId, PresenceEvent>();

  /**
   * @param capacity how much to buffer, in bytes
   * @param onFull is called once, when the buffer is full: no more messages must be added
   * @param totals counts this host as disconnected until the buffer is closed
   */
  constructor(
    capacity: number,
    onFull: () => void,
    totals: RoomTotals = noTotals(),
    onClose = (): void => {},
  ) {
    this.#capacity = capacity;
    this.#onFull = onFull;
    this.#totals = totals;
    this.#onClose = onClose;
    totals.disconnectedHosts++;
  }

  /** How much is buffered, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  event(event: RoomEvent): void {
    // A host that resumes gets the latest of these.
    if (event.type === 'audienceChanged' || event.type === 'tallied') return;
    if (this.#isFull && event.type === 'aboutChanged') return;
    if (this.#isFull && mayCancel(event)) this.#addToOverflow(event);
    else this.#add(event, 'about' in event ? aboutBytes(event.about) : 0);
  }

  message(from: PlayerId, payload: Payload): void {
    this.#add({ from, payload: payload.retained }, payload.bytes.length);
  }

  /** Drops the messages of this player. */
  forgetMessages(player: PlayerId): void {
    this.#items = this.#items.filter((item) => {
      if ('type' in item || item.from !== player) return true;
      this.#grow(-(MESSAGE_OVERHEAD + item.payload.bytes.length));
      return false;
    });
  }

  /** Delivers everything to the host, which is connected again, and closes the buffer. */
  drainTo(host: HostPeer): void {
    for (const item of this.#items) {
      if ('type' in item) host.event(item);
      else host.message(item.from, item.payload);
    }
    for (const event of this.#overflow.values()) host.event(event);
    this.close();
  }

  /**
   * Drops everything: the host is connected again, or the room has ended. Closing twice is
   * harmless.
   */
  close(): void {
    this.#items = [];
    this.#overflow.clear();
    this.#grow(-this.#bytes);
    if (this.#closed) return;
    this.#closed = true;
    this.#totals.disconnectedHosts--;
    this.#onClose();
  }

  #add(item: Item, bytes: number): void {
    if (this.#closed) return;
    this.#items.push(item);
    this.#grow(MESSAGE_OVERHEAD + bytes);
    if (this.#isFull || this.#bytes < this.#capacity) return;
    this.#isFull = true;
    this.#onFull();
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    this.#totals.bufferedBytes += bytes;
  }

  #addToOverflow(event: PresenceEvent): void {
    const { player } = event;
    const last = this.#overflow.get(player)?.type;
    const cancels =
      (last === 'playerDisconnected' && event.type === 'playerReconnected') ||
      (last === 'playerReconnected' && event.type === 'playerDisconnected');
    this.#overflow.delete(player);
    if (!cancels) this.#overflow.set(player, event);
  }
}

/**
 * Whether a later event of the same player may cancel this one. An event that reports missed messages
 * is always delivered: no more are missed while the host is disconnected, so there is at most one for
 * each player.
 */
function mayCancel(event: Exclude<RoomEvent, AudienceEvent>): event is PresenceEvent {
  const { type } = event;
  if (type === 'hostResumed' || type === 'timesMeasured') return false;
  if (type === 'aboutChanged' || type === 'playerAsks') return false;
  return !('missed' in event && event.missed > 0);
}
