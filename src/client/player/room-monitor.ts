import type { Clock, HostStatus } from '../api.js';
import { ENVELOPE_BYTES } from '../session/envelope.js';
import type { SendQueue } from '../session/send-queue.js';

/** The shortest time between two requests to the relay, in milliseconds. */
export const POLL_INTERVAL = 5_000;

/** How long the relay may take to answer, in milliseconds. */
const POLL_TIMEOUT = 2_000;

/** A host that has not acknowledged a message in this time may be disconnected. In milliseconds. */
const ACK_TIMEOUT = 5_000;

/** The relay's information on a room and one seat in it. Any field may be missing. */
interface RoomInfo {
  readonly host?: unknown;
  /** Whether the seat has a connection; missing if the room has no reconnect window. */
  readonly seat?: unknown;
  /** True if the host is asked about this player, and has not answered. */
  readonly asking?: unknown;
  /** The largest message of a player, in bytes. */
  readonly max_message?: number;
}

type AckedQueue = Pick<SendQueue, 'acked' | 'last'>;

/** Requests what the relay does not send to players: the host's status, and limits. */
export class RoomMonitor {
  /** The largest message that the relay accepts from this player, in bytes; 0 if unknown. */
  maxBytes = 0;
  readonly #clock: Clock;
  readonly #url: string;
  readonly #changed: (host: HostStatus) => void;
  #host: HostStatus = 'connected';
  #response = Promise.resolve<RoomInfo>({});
  #polledAt = Number.NEGATIVE_INFINITY;
  /** When the last message was sent. */
  #sentAt = 0;
  #cancelAckTimer: (() => void) | undefined;

  /**
   * @param url the URL of the room's information at the relay
   * @param changed is called with a new status of the host
   */
  constructor(clock: Clock, url: string, changed: (host: HostStatus) => void) {
    this.#clock = clock;
    this.#url = url;
    this.#changed = changed;
  }

  get host(): HostStatus {
    return this.#host;
  }

  set host(status: HostStatus) {
    if (this.#host === status) return;
    this.#host = status;
    this.#changed(status);
  }

  /** A message was sent. If it is not acknowledged in time, requests the host's status from the relay. */
  expectAck(queue: AckedQueue, connection: { readonly open: boolean }): void {
    this.#sentAt = this.#clock.now();
    if (this.#cancelAckTimer === undefined) this.#startAckTimer(queue, connection);
  }

  /** The seat has ended. */
  stop(): void {
    this.#cancelAckTimer?.();
  }

  #startAckTimer(queue: AckedQueue, connection: { readonly open: boolean }): void {
    const { last } = queue;
    const timeout = this.#sentAt + ACK_TIMEOUT - this.#clock.now();
    this.#cancelAckTimer = this.#clock.after(timeout, () => {
      this.#cancelAckTimer = undefined;
      // Messages that were sent meanwhile have a timeout of their own.
      if (queue.acked >= last && queue.acked < queue.last)
        return this.#startAckTimer(queue, connection);
      // A host that reconnects sends a greeting, which updates its status.
      if (this.#host === 'connected' && queue.acked < last && connection.open) void this.poll();
    });
  }

  /** Requests the information, or returns the last one if it is recent. Empty if the request fails. */
  poll(): Promise<RoomInfo> {
    const now = this.#clock.now();
    if (now - this.#polledAt >= POLL_INTERVAL) {
      this.#polledAt = now;
      this.#response = this.#request().catch(() => ({}));
    }
    return this.#response;
  }

  /**
   * Whether the relay still has this seat's connection, on which nothing arrives; `undefined` if
   * unknown.
   *
   * @param isPinged whether the host was pinged: a connected host with this SDK would have answered
   */
  async hasConnection(isPinged: boolean): Promise<boolean | undefined> {
    const { seat, host } = await this.poll();
    if (seat === 'disconnected' || (isPinged && host === 'connected')) return false;
    return seat === 'connected' || undefined;
  }

  async #request(): Promise<RoomInfo> {
    const response = await fetch(this.#url, { signal: AbortSignal.timeout(POLL_TIMEOUT) });
    // The room has ended, and so have its seats.
    if (response.status === 404) return { seat: 'disconnected' };
    const info: RoomInfo = Object(await response.json());
    const { host, max_message = 0 } = info;
    if (host === 'connected' || host === 'disconnected') this.host = host;
    // A host with this SDK announces the same limit.
    if (max_message > ENVELOPE_BYTES) this.maxBytes = max_message - ENVELOPE_BYTES;
    return info;
  }
}
