import { randomUUID } from 'node:crypto';
import type { PlayerRates } from '../../limits/player-throttle.js';
import { TokenBucket } from '../../limits/token-bucket.js';
import { type EventText, failure } from '../../protocol/bellhop/events.js';
import { readAction } from '../../protocol/bellhop/read-action.js';
import { CLOSE_REASONS } from '../../protocol/close-codes.js';
import { TEXT } from '../../protocol/frame.js';
import { reserveFrame } from '../../protocol/frame-sink.js';
import type { Link } from '../../transport/connection.js';
import { PauseReason } from '../../transport/pause-reason.js';
import { ThrottledConnection } from '../../transport/throttled-connection.js';
import type { ActionHandler } from './action-handler.js';
import type { Lobbies } from './lobbies.js';
import type { Member, MemberOutput } from './member.js';

export interface BellhopLimits extends PlayerRates {
  /** How much may be unsent to the connection, in bytes; with more, it is closed. */
  readonly playerBacklog: number;
  /** How much may be unsent to a host, in bytes; with more, reading from its guests pauses. */
  readonly hostBacklog: number;
  /** Failures that are answered in 10 s; 0 for any number. */
  readonly commandErrors: number;
}

/** A backlog is small below this fraction of `hostBacklog`. */
const SMALL = 1 / 4;

/** The time that `commandErrors` counts for, in seconds. */
const ERROR_PERIOD = 10;

/** The bytes of an action that count as one unit of work, as a power of two: 0.8 to 1.5 µs. */
const WORK_BITS = 8;

/** The WebSocket of a Bellhop client, which is a host, a guest, or neither. */
export class BellhopConnection extends ThrottledConnection implements MemberOutput {
  readonly #lobbies: Lobbies;
  readonly #handler: ActionHandler;
  readonly #limits: BellhopLimits;
  readonly #mayCreate: boolean;
  readonly #member: Member;
  #errors: TokenBucket | undefined;

  /** @param mayCreate whether the client has sent the token for opening rooms */
  constructor(
    link: Link,
    parts: {
      readonly lobbies: Lobbies;
      readonly handler: ActionHandler;
      readonly limits: BellhopLimits;
    },
    mayCreate: boolean,
  ) {
    super(link, parts.limits);
    this.#lobbies = parts.lobbies;
    this.#handler = parts.handler;
    this.#limits = parts.limits;
    this.#mayCreate = mayCreate;
    this.#member = parts.lobbies.connect(this.address, this);
  }

  get hasSmallBacklog(): boolean {
    return this.outbox.unsent < this.#limits.hostBacklog * SMALL;
  }

  send(event: EventText): number {
    const { length } = event;
    if (!this.outbox.open) return length;
    const at = reserveFrame(this.outbox, TEXT, length);
    this.outbox.buffer.write(event, at, 'latin1');
    if (this.outbox.bulk) this.backlogChanged();
    return length;
  }

  setReading(reading: boolean): void {
    if (reading) this.resumeReading(PauseReason.hostBacklog);
    else this.pauseReading(PauseReason.hostBacklog);
  }

  override backlogChanged(): void {
    const bytes = this.outbox.unsent;
    if (bytes > this.#limits.playerBacklog) return this.closeAndDrop(CLOSE_REASONS.tooSlow);
    // Pauses at the limit and resumes at a quarter of it, so as not to switch with every message.
    const keepsUp = this.#member.keepsUp ? bytes < this.#limits.hostBacklog : this.hasSmallBacklog;
    if (keepsUp !== this.#member.keepsUp) this.#member.setKeepsUp(keepsUp);
  }

  protected override receive(bytes: Uint8Array, binary: boolean): void {
    if (binary) return this.close(CLOSE_REASONS.textOnly);
    const now = performance.now();
    const action = readAction(bytes);
    const isDone =
      action !== undefined && this.#handler.perform(this.#member, action, this.#mayCreate, now);
    if (!isDone) this.#answerFailure(now);
    this.use(bytes.length >>> WORK_BITS);
  }

  protected override failed(): void {
    this.#lobbies.fail(this.#member);
  }

  protected override ended(code: number): void {
    super.ended(code);
    this.#lobbies.disconnect(this.#member);
  }

  /** Answers a failure, unless there are too many: a game with a bug may cause sixty a second. */
  #answerFailure(now: number): void {
    const { commandErrors: burst } = this.#limits;
    if (burst > 0) {
      this.#errors ??= new TokenBucket({ rate: burst / ERROR_PERIOD, burst }, now);
      if (!this.#errors.tryTake(1, now)) return;
    }
    this.send(failure(this.#member.id, randomUUID()));
  }
}
