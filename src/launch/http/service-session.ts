import type { LaunchListener, ServerHandle } from '../launcher.js';
import type { LaunchError } from '../matchmaker.js';
import type { Timers } from '../timers.js';
import { type SessionApi, SessionError } from './session-api.js';

export interface ServiceSessionContext {
  readonly timers: Timers;
  /** How often the state of a session that is not ready is requested, in milliseconds. */
  readonly pollInterval: number;
  /** Is called with failures that the operator should know. */
  failed(reason: string): void;
}

/** How often the state of a ready session is requested, to detect its end, in milliseconds. */
const WATCH_INTERVAL = 10_000;

/** A session that is not ready is abandoned after this number of failed requests in a row. */
const MAX_FAILURES = 10;

/** The pauses between attempts to delete a session, in milliseconds: they double up to the longest one. */
const MIN_PAUSE = 500;
const MAX_PAUSE = 60_000;

/** The maximum number of attempts to delete a session, in about half an hour. */
const MAX_ATTEMPTS = 36;

/** A server in a session of the service, from the request for the session to its deletion. */
export class ServiceSession implements ServerHandle {
  readonly #api: SessionApi;
  readonly #listener: LaunchListener;
  readonly #context: ServiceSessionContext;
  readonly #whenEnded: Promise<void>;
  #markEnded = (): void => undefined;
  #isStopping = false;
  #endPause: (() => void) | undefined;
  #wasRunning = false;
  #status = '';
  #deleting: Promise<void> | undefined;

  constructor(api: SessionApi, listener: LaunchListener, context: ServiceSessionContext) {
    this.#api = api;
    this.#listener = listener;
    this.#context = context;
    this.#whenEnded = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
  }

  /** Runs the session from its creation to its end. Never rejects. */
  async run(app: string, clientAddress: string): Promise<void> {
    try {
      const id = await this.#api.create(app, clientAddress);
      const end = await this.#poll(id);
      this.#listener.ended(...end);
    } catch (error) {
      if (!(error instanceof SessionError)) this.#context.failed(String(error));
      const playerError = error instanceof SessionError ? error.playerError : undefined;
      this.#listener.ended((error as Error).message, playerError);
    }
    await this.#deleting;
    this.#markEnded();
  }

  stop(): Promise<void> {
    this.#isStopping = true;
    this.#endPause?.();
    return this.#whenEnded;
  }

  /** Polls the session until it has ended or is deleted. Returns the reason of the end. */
  async #poll(id: string): Promise<readonly [string, LaunchError?]> {
    let failures = 0;
    while (!this.#isStopping) {
      await this.#pause(this.#wasRunning ? WATCH_INTERVAL : this.#context.pollInterval);
      if (this.#isStopping) break;
      try {
        const end = this.#handleState(await this.#api.get(id));
        failures = 0;
        if (end !== undefined) return this.#abandon(id, end);
      } catch (error) {
        failures++;
        // A running server is not affected by a service that does not answer.
        if (this.#wasRunning || failures < MAX_FAILURES) continue;
        const { message, playerError } = error as SessionError;
        return this.#abandon(id, [message, playerError]);
      }
    }
    await this.#delete(id);
    return ['stopped'];
  }

  /** Reports changes of the state. Returns the reason if the session has ended. */
  #handleState(
    state: Awaited<ReturnType<SessionApi['get']>>,
  ): readonly [string, LaunchError?] | undefined {
    if (state === undefined) return ['the service has ended the session'];
    if (state.hasFailed) return [`the session has failed: ${state.status}`];
    if (this.#wasRunning) return undefined;
    if (state.status !== this.#status) {
      this.#status = state.status;
      this.#listener.progress(state.status);
    }
    if (!state.isReady) return undefined;
    if (state.address === undefined) return ['the session is ready, but its address is unusable'];
    this.#wasRunning = true;
    this.#listener.running(state.address);
    return undefined;
  }

  #abandon(id: string, end: readonly [string, LaunchError?]): readonly [string, LaunchError?] {
    // Players who wait get the error before the session is deleted.
    this.#deleting = this.#delete(id);
    return end;
  }

  /** Deletes the session, with several attempts if needed. */
  async #delete(id: string): Promise<void> {
    let pause = MIN_PAUSE;
    let last = '';
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        return await this.#api.remove(id);
      } catch (error) {
        last = (error as Error).message;
      }
      await new Promise<void>((resolve) => void this.#context.timers.after(pause, resolve));
      pause = Math.min(2 * pause, MAX_PAUSE);
    }
    this.#context.failed(`session ${id} could not be deleted: ${last}`);
  }

  /** Waits for this time, or until `stop` is called. */
  async #pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = this.#context.timers.after(milliseconds, resolve);
      this.#endPause = () => {
        stop();
        resolve();
      };
    });
    this.#endPause = undefined;
  }
}
