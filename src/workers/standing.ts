import type { Admission, ClientAdmission } from '../limits/admission.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import type { Standing } from './messages.js';

/** The reasons that `Admission` has for refusing a client. */
const REASONS = [CLOSE_REASONS.relayFull, CLOSE_REASONS.tooManyAttempts];

/**
 * What the relay knows about the client of a WebSocket before another process decides about it.
 *
 * @param opensRoom whether the client opens a room, which is counted now
 */
export function standingOf(
  admission: Admission,
  address: string,
  opensRoom: boolean,
  now: number,
): Standing {
  const connect = admission.connect(address);
  const openRoom =
    opensRoom && connect === undefined ? admission.openRoom(address, now) : undefined;
  return {
    connect: codeOf(connect),
    connectViewer: codeOf(admission.connectViewer(address)),
    reconnect: codeOf(admission.reconnect(address)),
    openRoom: codeOf(openRoom),
    tryCode: codeOf(admission.tryCode(address, now)),
    isGuessLimited: admission.isGuessLimited(address, now),
  };
}

/**
 * Decides what the client of a WebSocket may do by what the primary knows about its address, and by the
 * load of this process.
 */
export class HandedAdmission implements ClientAdmission {
  readonly #own: Admission;
  /** Of the client that is decided about now. */
  #standing: Standing | undefined;
  #last = Promise.resolve();
  readonly #onMiss: (address: string, tried: string) => void;

  /**
   * @param own the limits of this process
   * @param onMiss is told of wrong codes, tokens and passwords
   */
  constructor(own: Admission, onMiss: (address: string, tried: string) => void) {
    this.#own = own;
    this.#onMiss = onMiss;
  }

  /** Decides about a client with this standing. One client is decided about after the other. */
  decide(standing: Standing, decide: () => Promise<void>): Promise<void> {
    const decided = this.#last.then(async () => {
      this.#standing = standing;
      await decide();
      this.#standing = undefined;
    });
    this.#last = decided.catch(() => {});
    return decided;
  }

  connect(address: string): CloseReason | undefined {
    return this.#reason('connect') ?? this.#own.connect(address);
  }

  connectViewer(address: string): CloseReason | undefined {
    return this.#reason('connectViewer') ?? this.#own.connectViewer(address);
  }

  reconnect(address: string): CloseReason | undefined {
    return this.#reason('reconnect') ?? this.#own.reconnect(address);
  }

  openRoom(): CloseReason | undefined {
    return this.#reason('openRoom') ?? this.#own.overload;
  }

  tryCode(): CloseReason | undefined {
    return this.#reason('tryCode') ?? this.#own.overload;
  }

  isGuessLimited(): boolean {
    return this.#standing?.isGuessLimited ?? false;
  }

  missed(address: string, tried: string): void {
    this.#onMiss(address, tried);
  }

  /** The primary has closing connections of an address that is over its limit terminated. */
  isOverLimit(): boolean {
    return false;
  }

  #reason(check: Exclude<keyof Standing, 'isGuessLimited'>): CloseReason | undefined {
    const code = this.#standing?.[check] ?? 0;
    return REASONS.find((reason) => reason.code === code);
  }
}

function codeOf(reason: CloseReason | undefined): number {
  return reason?.code ?? 0;
}
