import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { HostOfflineBuffer } from './host-offline-buffer.js';
import type { HostPeer } from './peer.js';

type State =
  | { readonly is: 'present'; readonly peer: HostPeer }
  | { readonly is: 'disconnected'; readonly buffer: HostOfflineBuffer }
  /** Not yet occupied, or the room has ended. */
  | { readonly is: 'empty' };

const EMPTY: State = { is: 'empty' };
/** Drops everything. */
const NO_RECEIVER: Pick<HostPeer, 'event' | 'message'> = { event() {}, message() {} };

/** The host's seat in a room. Like a player's seat, it outlives connections. */
export class HostSeat {
  /** Where events and messages for the host go: the connection, or the offline buffer. */
  receiver = NO_RECEIVER;
  /**
   * Whether the host reads as fast as its players write, or its offline buffer has space; otherwise
   * reading from the players pauses.
   */
  keepsUp = true;
  #state: State = EMPTY;

  /** Why nobody can join while this host does not keep up. */
  get refusal(): CloseReason | undefined {
    if (this.keepsUp) return undefined;
    return this.#state.is === 'disconnected'
      ? CLOSE_REASONS.hostDisconnected
      : CLOSE_REASONS.hostBusy;
  }

  get peer(): HostPeer | undefined {
    return this.#state.is === 'present' ? this.#state.peer : undefined;
  }

  get buffer(): HostOfflineBuffer | undefined {
    return this.#state.is === 'disconnected' ? this.#state.buffer : undefined;
  }

  isOccupiedBy(peer: HostPeer): boolean {
    return this.#state.is === 'present' && this.#state.peer === peer;
  }

  /**
   * The host connects: for the first time, after a disconnect, or by another connection.
   *
   * @returns the connection that was replaced, or the buffer of what the host has missed
   */
  occupy(peer: HostPeer): { readonly replaced?: HostPeer; readonly missed?: HostOfflineBuffer } {
    const state = this.#state;
    this.#state = { is: 'present', peer };
    this.receiver = peer;
    if (state.is === 'present') return { replaced: state.peer };
    return state.is === 'disconnected' ? { missed: state.buffer } : {};
  }

  /** The host's connection is lost, and events and messages are buffered. */
  disconnect(buffer: HostOfflineBuffer): void {
    this.#state = { is: 'disconnected', buffer };
    this.receiver = buffer;
  }

  /** The room has ended. */
  close(reason: CloseReason): void {
    const state = this.#state;
    this.#state = EMPTY;
    this.receiver = NO_RECEIVER;
    if (state.is === 'present') state.peer.close(reason);
    else if (state.is === 'disconnected') state.buffer.close();
  }
}
