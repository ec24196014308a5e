import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { Payload } from '../protocol/payload.js';
import type { HostOfflineBuffer } from './host-offline-buffer.js';
import { HostSeat } from './host-seat.js';
import type { PlayerId, RoomCode } from './ids.js';
import type { HostPeer } from './peer.js';
import type { ReconnectWindow } from './reconnect-window.js';
import type { RoomEvent } from './room-event.js';

/** What the host's side of a room needs from the room. */
export interface RoomHostContext {
  disconnected(): void;
  resumed(): void;
  /** The host keeps up again, or no more. */
  paceChanged(): void;
  /** Pauses or resumes reading from all players. */
  setReading(reading: boolean): void;
  end(reason: CloseReason): void;
}

/**
 * The host of one room: it disconnects, resumes, and may not keep up with its players. Calls from a
 * connection that has been replaced are ignored.
 */
export class RoomHost {
  readonly #seat = new HostSeat();
  /** Links that do not keep up with what the host sends. */
  readonly #slowLinks = new Set<object>();
  readonly #window: ReconnectWindow | undefined;
  readonly #context: RoomHostContext;

  /** @param window without it, the room ends with the host's connection */
  constructor(window: ReconnectWindow | undefined, context: RoomHostContext) {
    this.#window = window;
    this.#context = context;
  }

  /** The buffer of what the host misses, if the host is disconnected. */
  get buffer(): HostOfflineBuffer | undefined {
    return this.#seat.buffer;
  }

  /** Whether the host is connected and keeps up. */
  get isPresent(): boolean {
    return this.buffer === undefined && this.keepsUp;
  }

  get keepsUp(): boolean {
    return this.#seat.keepsUp;
  }

  /** Why nobody can join while the host does not keep up. */
  get refusal(): CloseReason | undefined {
    return this.#seat.refusal;
  }

  /** The host opens the room by this connection. */
  open(peer: HostPeer): void {
    this.#seat.occupy(peer);
  }

  event(event: RoomEvent): void {
    this.#seat.receiver.event(event);
  }

  message(from: PlayerId, payload: Payload): void {
    this.#seat.receiver.message(from, payload);
  }

  setKeepsUp(peer: HostPeer, keepsUp: boolean): void {
    if (this.#seat.isOccupiedBy(peer)) this.#setKeepsUp(keepsUp);
  }

  /** A link to another relay, which has players of the room, keeps up with the host or not. */
  setLinkKeepsUp(link: object, keepsUp: boolean): void {
    const wasFast = this.#slowLinks.size === 0;
    if (keepsUp) this.#slowLinks.delete(link);
    else this.#slowLinks.add(link);
    const isFast = this.#slowLinks.size === 0;
    if (isFast !== wasFast) this.#seat.peer?.setReading?.(isFast);
  }

  /**
   * This connection has ended. Without a reconnect window, the room ends too.
   *
   * @param isFinal whether the host does not want to reconnect, or must not
   */
  connectionEnded(peer: HostPeer, isFinal: boolean): void {
    if (!this.#seat.isOccupiedBy(peer)) return;
    if (isFinal || this.#window === undefined) this.#context.end(CLOSE_REASONS.hostGone);
    else this.await(peer);
  }

  /**
   * Waits for the host to resume. If too many hosts are disconnected already, the room ends.
   *
   * @param peer the connection that has ended; `undefined` after a restart
   */
  await(peer: HostPeer | undefined): void {
    const buffer = this.#window?.awaitHost(
      peer,
      () => this.#setKeepsUp(false),
      () => this.#context.end(CLOSE_REASONS.hostGone),
    );
    if (buffer === undefined) return this.#context.end(CLOSE_REASONS.hostGone);
    this.#seat.disconnect(buffer);
    this.#context.disconnected();
    this.#setKeepsUp(true);
  }

  /**
   * The host resumes the room by this connection, which replaces an earlier one. It receives
   * `hostResumed`, and then what it missed. The caller has checked the token.
   */
  resume(peer: HostPeer, code: RoomCode, token: string): void {
    this.#window?.hostResumed(token);
    const { replaced, missed } = this.#seat.occupy(peer);
    peer.event({ type: 'hostResumed', code, token });
    missed?.drainTo(peer);
    if (missed !== undefined) this.#context.resumed();
    replaced?.close(CLOSE_REASONS.replaced);
    if (this.#slowLinks.size > 0) peer.setReading?.(false);
    this.#setKeepsUp(true);
  }

  /** The room has ended. */
  close(reason: CloseReason): void {
    this.#window?.stopAwaitingHost();
    this.#seat.close(reason);
  }

  #setKeepsUp(keepsUp: boolean): void {
    if (keepsUp === this.#seat.keepsUp) return;
    this.#seat.keepsUp = keepsUp;
    this.#context.setReading(keepsUp);
    this.#context.paceChanged();
  }
}
