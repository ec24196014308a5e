import type { HostEvent } from '../protocol/messages.js';
import type { Payload } from '../protocol/payload.js';
import { KEPT_OVERHEAD } from './away-player.js';
import type { PlayerId } from './ids.js';
import type { HostPeer } from './peer.js';

type Kept = HostEvent | { readonly from: PlayerId; readonly payload: Payload };

/** Who comes, goes, or is away. */
type PresenceEvent = Extract<HostEvent, { readonly player: number }>;

/**
 * A host that is away for a moment: what it would have been told is kept, in order, but for `state`,
 * of which only the last one matters.
 *
 * When there is no more room its players are no longer read, and nobody can join, so all that still
 * happens is that players go and come back. Of that, what cancels out is forgotten: otherwise a
 * player who does nothing else would fill the memory.
 */
export class AwayHost implements HostPeer {
  /** How much is kept, in bytes. */
  bytes = 0;
  readonly #bound: number;
  readonly #onFull: () => void;
  #kept: Kept[] = [];
  readonly #late = new Map<number, PresenceEvent>();

  /**
   * @param bound how much to keep, in bytes
   * @param onFull no message must come any more
   */
  constructor(bound: number, onFull: () => void) {
    this.#bound = bound;
    this.#onFull = onFull;
  }

  event(event: HostEvent): void {
    if (event.cmd === 'state') return;
    // One that tells of a loss is told in any case; nothing more is lost while the host is away.
    const isPresence = 'player' in event && !('missed' in event);
    if (isPresence && this.bytes >= this.#bound) this.#keepLate(event);
    else this.#keep(event, 0);
  }

  changed(): void {}

  message(from: PlayerId, payload: Payload): void {
    this.#keep({ from, payload: payload.kept }, payload.bytes.length);
  }

  close(): void {
    this.#kept = [];
    this.#late.clear();
    this.bytes = 0;
  }

  /** Tells all that was kept to the host that is back. */
  handOver(to: HostPeer): void {
    for (const kept of this.#kept) {
      if ('cmd' in kept) to.event(kept);
      else to.message(kept.from, kept.payload);
    }
    for (const event of this.#late.values()) to.event(event);
    this.close();
  }

  #keep(kept: Kept, bytes: number): void {
    const before = this.bytes;
    this.#kept.push(kept);
    this.bytes += KEPT_OVERHEAD + bytes;
    if (before < this.#bound && this.bytes >= this.#bound) this.#onFull();
  }

  #keepLate(event: PresenceEvent): void {
    const { player } = event;
    const last = this.#late.get(player)?.cmd;
    const cancels =
      (last === 'player_away' && event.cmd === 'player_back') ||
      (last === 'player_back' && event.cmd === 'player_away');
    this.#late.delete(player);
    if (!cancels) this.#late.set(player, event);
  }
}
