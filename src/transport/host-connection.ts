import { TokenBucket } from '../guard/token-bucket.js';
import { cborEncoder } from '../protocol/cbor-encoder.js';
import { CLOSINGS, type Closing, isFinal } from '../protocol/close-codes.js';
import { CommandError } from '../protocol/command-error.js';
import { decodeCommand } from '../protocol/decode-command.js';
import type { HostEncoder, HostFormat } from '../protocol/host-encoder.js';
import { jsonEncoder } from '../protocol/json-encoder.js';
import type { HostCommand, HostEvent, StateEvent } from '../protocol/messages.js';
import type { Payload } from '../protocol/payload.js';
import type { PlayerId } from '../rooms/ids.js';
import type { HostPeer } from '../rooms/peer.js';
import { Room } from '../rooms/room.js';
import { Connection, HOLD, type Link } from './connection.js';

export interface HostLimits {
  /** Most that waits for the host, in bytes; with more its players are not read. */
  readonly hostBacklog: number;
  /** Error answers in `ERROR_PERIOD`; 0 for any number. */
  readonly commandErrors: number;
  /** Time to send `prepare`, in seconds; 0 for any time. */
  readonly prepareTimeout: number;
}

/** The time that `commandErrors` counts for, in seconds. */
const ERROR_PERIOD = 10;

/** A game: with a room from the start, which players can join once it is prepared. */
export class HostConnection extends Connection implements HostPeer {
  /** Why there was no room, if there was none. */
  readonly refusal: Closing | undefined;
  readonly #encoder: HostEncoder;
  readonly #limits: HostLimits;
  readonly #room: Room | undefined;
  readonly #prepareTimer: NodeJS.Timeout | undefined;
  #errors: TokenBucket | undefined;
  #keepsUp = true;
  /** How to tell the state, if the room has changed since it was told. */
  #changed: (() => StateEvent) | undefined;

  /** @param enter asks for a room for this peer, a new one or its own; gives the reason if not */
  constructor(
    link: Link,
    format: HostFormat,
    enter: (host: HostPeer) => Room | Closing,
    limits: HostLimits,
  ) {
    super(link);
    this.#encoder = format.format === 'json' ? jsonEncoder : cborEncoder(format);
    this.#limits = limits;
    const room = enter(this);
    if (!(room instanceof Room)) {
      this.refusal = room;
      this.close(room);
      return;
    }
    this.#room = room;
    if (limits.prepareTimeout > 0 && room.info === undefined) {
      const close = (): void => this.close(CLOSINGS.notPrepared);
      this.#prepareTimer = setTimeout(close, limits.prepareTimeout * 1000);
    }
  }

  event(event: HostEvent): void {
    if (event.cmd !== 'player_joined' && event.cmd !== 'player_left') this.#tellState();
    if (this.outbox.open) this.#encoder.event(this.outbox, event);
  }

  changed(state: () => StateEvent): void {
    this.#changed = state;
    this.outbox.beforeFlush(this.#tellState);
  }

  message(from: PlayerId, payload: Payload): void {
    if (this.#changed !== undefined) this.#tellState();
    if (this.outbox.open) this.#encoder.message(this.outbox, from, payload);
  }

  override close(closing: Closing): void {
    this.#changed = undefined;
    super.close(closing);
  }

  override backlogChanged(bytes: number): void {
    // Off at the bound, on again at a quarter of it: not back and forth with every message.
    const bound = this.#limits.hostBacklog;
    const keepsUp = bytes < (this.#keepsUp ? bound : bound / 4);
    if (keepsUp === this.#keepsUp) return;
    this.#keepsUp = keepsUp;
    // Its own commands are answered, too.
    if (keepsUp) this.release(HOLD.host);
    else this.hold(HOLD.host);
    this.#room?.setHostKeepsUp(this, keepsUp);
  }

  protected override receive(bytes: Buffer, binary: boolean): void {
    const command = tryDecode(bytes, binary);
    if (command instanceof CommandError) return this.#reject(command);
    if (command.cmd === 'send') return this.#room?.send(command);
    if (command.cmd === 'prepare') clearTimeout(this.#prepareTimer);
    this.#room?.command(command);
  }

  protected override failed(): void {
    this.#room?.end(CLOSINGS.internalError);
  }

  protected override ended(code: number): void {
    clearTimeout(this.#prepareTimer);
    this.#room?.hostGone(this, isFinal(code));
  }

  readonly #tellState = (): void => {
    const state = this.#changed;
    if (state === undefined) return;
    this.#changed = undefined;
    if (this.outbox.open) this.#encoder.event(this.outbox, state());
  };

  /** A game with a bug may send bad commands sixty times a second: the party goes on. */
  #reject(error: CommandError): void {
    const burst = this.#limits.commandErrors;
    if (burst > 0) {
      const now = performance.now();
      this.#errors ??= new TokenBucket({ rate: burst / ERROR_PERIOD, burst }, now);
      if (!this.#errors.tryTake(1, now)) return;
    }
    this.#room?.reject(error);
  }
}

function tryDecode(bytes: Buffer, binary: boolean): HostCommand | CommandError {
  try {
    return decodeCommand(bytes, binary);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}
