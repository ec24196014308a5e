import type { Clock, HostStatus } from '../api.js';
import { ENVELOPE_BYTES } from '../session/envelope.js';
import type { SendQueue } from '../session/send-queue.js';

/** The relay is asked at most once in this time, in milliseconds. */
const ASK_EVERY = 5_000;

/** How long the relay may take to answer, in milliseconds. */
const ASK_TIMEOUT = 2_000;

/** A host that has not acknowledged a message in this time may be disconnected. In milliseconds. */
const ACKNOWLEDGED_BY = 5_000;

/** What the relay tells over HTTP about a room and one seat in it. Anything may be missing. */
interface RoomInfo {
  readonly host?: unknown;
  /** Whether the seat has a connection; missing if the room has no reconnect window. */
  readonly seat?: unknown;
  /** The largest message of a player, in bytes. */
  readonly max_message?: number;
}

type AckedQueue = Pick<SendQueue, 'acked' | 'last'>;

/** Finds out what the relay does not tell players by itself: the host's status, and limits. */
export class RoomWatch {
  /** The largest message that the relay accepts from this player, in bytes; 0 if unknown. */
  mostBytes = 0;
  readonly #clock: Clock;
  readonly #url: string;
  readonly #changed: (host: HostStatus) => void;
  #host: HostStatus = 'connected';
  #answer = Promise.resolve<RoomInfo>({});
  #askedAt = Number.NEGATIVE_INFINITY;
  /** When the last message was sent. */
  #sentAt = 0;
  #expectsAck = false;

  /**
   * @param url where the relay answers
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

  /** A message was sent: if it is not acknowledged in time, the relay is asked for the host's status. */
  expectAck(queue: AckedQueue, connection: { readonly open: boolean }): void {
    this.#sentAt = this.#clock.now();
    if (!this.#expectsAck) this.#expect(queue, connection);
  }

  #expect(queue: AckedQueue, connection: { readonly open: boolean }): void {
    this.#expectsAck = true;
    const { last } = queue;
    this.#clock.after(this.#sentAt + ACKNOWLEDGED_BY - this.#clock.now(), () => {
      this.#expectsAck = false;
      // Messages sent in the meantime have their own time.
      if (queue.acked >= last && queue.acked < queue.last) return this.#expect(queue, connection);
      // A host that has reconnected greets by itself.
      if (this.#host === 'connected' && queue.acked < last && connection.open) void this.ask();
    });
  }

  /** Asks the relay, or returns the last answer if that is recent; an empty one without an answer. */
  ask(): Promise<RoomInfo> {
    const now = this.#clock.now();
    if (now - this.#askedAt >= ASK_EVERY) {
      this.#askedAt = now;
      this.#answer = this.#ask().catch(() => ({}));
    }
    return this.#answer;
  }

  /**
   * Whether the relay still has this seat's connection, on which the host is silent; `undefined` if
   * unknown.
   *
   * @param asked whether the host was asked to answer: a plain one never does
   */
  async hasConnection(asked: boolean): Promise<boolean | undefined> {
    const { seat, host } = await this.ask();
    if (seat === 'disconnected' || (asked && host === 'connected')) return false;
    return seat === 'connected' || undefined;
  }

  async #ask(): Promise<RoomInfo> {
    const answer = await fetch(this.#url, { signal: AbortSignal.timeout(ASK_TIMEOUT) });
    // The room has ended, and its seats with it.
    if (answer.status === 404) return { seat: 'disconnected' };
    const info: RoomInfo = Object(await answer.json());
    const { host, max_message = 0 } = info;
    if (host === 'connected' || host === 'disconnected') this.host = host;
    // A host with this SDK announces the same.
    if (max_message > ENVELOPE_BYTES) this.mostBytes = max_message - ENVELOPE_BYTES;
    return info;
  }
}
