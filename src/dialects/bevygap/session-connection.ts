import { LaunchError } from '../../launch/matchmaker.js';
import type { PlayerRates } from '../../limits/player-throttle.js';
import { GOODBYE } from '../../protocol/bevygap/goodbye.js';
import { REQUEST_ERRORS, RequestError, readRequest } from '../../protocol/bevygap/read-request.js';
import { progressValue } from '../../protocol/bevygap/values.js';
import type { CloseReason } from '../../protocol/close-codes.js';
import { TEXT } from '../../protocol/frame.js';
import { reserveFrame } from '../../protocol/frame-sink.js';
import type { Progress } from '../../protocol/matchmaking.js';
import type { Link } from '../../transport/connection.js';
import { ThrottledConnection } from '../../transport/throttled-connection.js';
import type { PlayRequest } from './play-request.js';
import { type Caller, launchErrorOf, type PlayRequests, refusalError } from './play-requests.js';

export interface SessionLimits extends PlayerRates {
  /** How long a client may take to send its request, in seconds. */
  readonly requestTimeout: number;
}

/**
 * The WebSocket of a Bevygap client: one request, then its progress. It always sends a last value before
 * it closes, because without one a client would wait for ever.
 */
export class SessionConnection extends ThrottledConnection {
  readonly #requests: PlayRequests;
  readonly #caller: Caller;
  readonly #timer: NodeJS.Timeout;
  #state: 'new' | 'waiting' | 'over' = 'new';
  #request: PlayRequest | undefined;

  constructor(link: Link, requests: PlayRequests, caller: Caller, limits: SessionLimits) {
    super(link, limits);
    this.#requests = requests;
    this.#caller = caller;
    this.#timer = setTimeout(() => this.#requestTimedOut(), limits.requestTimeout * 1000);
  }

  /** Sends an error if the request was not answered, and closes. */
  override close(reason: CloseReason): void {
    if (this.#state !== 'over') this.#send(failed(refusalError(reason)));
    super.close(reason);
  }

  /** Ignores everything after the first message. */
  protected override receive(bytes: Buffer, binary: boolean): void {
    if (this.#state !== 'new') return;
    this.#state = 'waiting';
    clearTimeout(this.#timer);
    try {
      if (binary) throw new RequestError('notRequest');
      const query = { ...readRequest(bytes), accepts: 'server' } as const;
      const request = this.#requests.check(query, this.#caller, performance.now());
      this.#request = this.#requests.begin(request, (progress) => this.#report(progress));
    } catch (error) {
      this.#report(failed(launchErrorOf(error)));
    }
  }

  protected override ended(code: number): void {
    super.ended(code);
    clearTimeout(this.#timer);
    this.#state = 'over';
    this.#request?.cancel();
  }

  #requestTimedOut(): void {
    this.#report(failed(new LaunchError(400, REQUEST_ERRORS.noRequest)));
  }

  #report(progress: Progress): void {
    this.#send(progress);
    if (this.#state === 'over') this.close(GOODBYE);
  }

  #send(progress: Progress): void {
    if (progress.is === 'ready' || progress.is === 'failed') this.#state = 'over';
    if (!this.outbox.open) return;
    const value = progressValue(progress);
    const at = reserveFrame(this.outbox, TEXT, Buffer.byteLength(value));
    this.outbox.buffer.write(value, at);
  }
}

function failed({ status, message }: LaunchError): Progress {
  return { is: 'failed', status, reason: message };
}
