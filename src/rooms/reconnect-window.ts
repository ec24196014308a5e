import { HostOfflineBuffer } from './host-offline-buffer.js';
import { OfflineBuffer } from './offline-buffer.js';
import type { HostPeer } from './peer.js';
import { type ReconnectPlaces, UNKNOWN_ADDRESS } from './reconnect-places.js';
import { ResumeToken } from './resume-token.js';
import type { SavedRoom } from './saved-room.js';
import type { Timers } from './timers.js';
import type { RoomTotals } from './totals.js';

/** What reconnect windows need from their surroundings. */
export interface ReconnectContext extends Timers {
  /** The longest reconnect window that a room may have, in seconds. */
  readonly maxHold: number;
  /** How much is buffered for a disconnected player, in bytes. */
  readonly keep: number;
  /** How much is buffered for a disconnected host, in bytes. */
  readonly hostBacklog: number;
  /** Counts disconnected peers and buffered bytes of all rooms. */
  readonly totals: RoomTotals;
  /** Limits how many peers may be disconnected; no limit without it. */
  readonly places?: ReconnectPlaces | undefined;
}

/** A disconnected player who may reconnect. */
export interface DisconnectedPlayer {
  readonly buffer: OfflineBuffer;
  readonly stopTimer: () => void;
  /** The address that the player was connected from. */
  readonly address: string;
}

/**
 * How long a room waits for disconnected peers, the buffers for them, and the token with which the
 * host resumes. The room decides what happens on timeout.
 */
export class ReconnectWindow {
  readonly token: ResumeToken;
  readonly #seconds: number;
  readonly #context: ReconnectContext;
  #stopAwaitingHost: (() => void) | undefined;

  private constructor(seconds: number, token: ResumeToken, context: ReconnectContext) {
    this.#seconds = seconds;
    this.token = token;
    this.#context = context;
  }

  /** The window that a host requests, within the limit; `undefined` if it is 0. */
  static request(seconds: number, context: ReconnectContext): ReconnectWindow | undefined {
    const bounded = Math.min(seconds, context.maxHold);
    return bounded > 0 ? new ReconnectWindow(bounded, ResumeToken.draw(), context) : undefined;
  }

  /** The window of a saved room, within the current limit. */
  static restore({ hold, resume }: SavedRoom, context: ReconnectContext): ReconnectWindow {
    return new ReconnectWindow(Math.min(hold, context.maxHold), new ResumeToken(resume), context);
  }

  get saved(): Pick<SavedRoom, 'hold' | 'resume'> {
    return { hold: this.#seconds, resume: this.token.hash };
  }

  /**
   * Waits for a player who has disconnected.
   *
   * @param onTimeout is called if `stopTimer` is not called in time
   * @returns `undefined` if too many players are disconnected already
   */
  awaitPlayer(
    onTimeout: () => void,
    address: string = UNKNOWN_ADDRESS,
  ): DisconnectedPlayer | undefined {
    const { keep, totals, places } = this.#context;
    if (places?.players.take(address) === false) return undefined;
    return {
      buffer: new OfflineBuffer(keep, totals, () => places?.players.free(address)),
      stopTimer: this.#context.after(this.#seconds * 1000, onTimeout),
      address,
    };
  }

  /**
   * Waits for the host.
   *
   * @param host the peer that has disconnected; `undefined` after a restart, when the limit on
   * disconnected hosts does not apply
   * @param onFull is called when the buffer is full
   * @param onTimeout is called if the host does not resume in time
   * @returns `undefined` if too many hosts are disconnected already
   */
  awaitHost(
    host: HostPeer | undefined,
    onFull: () => void,
    onTimeout: () => void,
  ): HostOfflineBuffer | undefined {
    const { hostBacklog, totals, places } = this.#context;
    const { address = UNKNOWN_ADDRESS } = host ?? {};
    if (host === undefined) places?.hosts.add(address);
    else if (places?.hosts.take(address) === false) return undefined;
    this.token.forget();
    this.#stopAwaitingHost = this.#context.after(this.#seconds * 1000, onTimeout);
    return new HostOfflineBuffer(hostBacklog, onFull, totals, () => places?.hosts.free(address));
  }

  /** The host has resumed with this token. */
  hostResumed(token: string): void {
    this.stopAwaitingHost();
    this.token.remember(token);
  }

  /** Stops the host's timer. Each seat has a timer of its own. */
  stopAwaitingHost(): void {
    this.#stopAwaitingHost?.();
  }
}
