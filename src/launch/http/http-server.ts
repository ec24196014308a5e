import type { LaunchError } from '../ask.js';
import type { Launched, LaunchListener } from '../launcher.js';
import type { Timers } from '../timers.js';
import { type SessionApi, SessionError } from './session-api.js';

export interface HttpServerContext {
  readonly timers: Timers;
  /** How often a session that is not ready is asked for, in milliseconds. */
  readonly pollInterval: number;
  /** Is told what the operator should know. */
  failed(why: string): void;
}

/** How often a session that is ready is asked for, in milliseconds: it may have ended. */
const WATCH_INTERVAL = 10_000;

/** How many answers in a row may be missing until a session that is not ready is given up. */
const MAX_FAILURES = 10;

/** The pauses between attempts to end a session, in milliseconds: half a second, doubled to a minute. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;

/** After so many attempts, half an hour, ending a session is given up. */
const MAX_ATTEMPTS = 36;

/** A session of a service, from the request for it until it is deleted. */
export class HttpServer implements Launched {
  readonly #api: SessionApi;
  readonly #listener: LaunchListener;
  readonly #context: HttpServerContext;
  readonly #whenEnded: Promise<void>;
  #markEnded = (): void => undefined;
  #isStopping = false;
  #wake: (() => void) | undefined;
  #wasRunning = false;
  #status = '';
  #deleting: Promise<void> | undefined;

  constructor(api: SessionApi, listener: LaunchListener, context: HttpServerContext) {
    this.#api = api;
    this.#listener = listener;
    this.#context = context;
    this.#whenEnded = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
  }

  /** From the request to the end. Never rejects. */
  async run(app: string, clientAddress: string): Promise<void> {
    try {
      const id = await this.#api.create(app, clientAddress);
      const why = await this.#follow(id);
      this.#listener.ended(...why);
    } catch (error) {
      if (!(error instanceof SessionError)) this.#context.failed(String(error));
      const forPlayers = error instanceof SessionError ? error.forPlayers : undefined;
      this.#listener.ended((error as Error).message, forPlayers);
    }
    await this.#deleting;
    this.#markEnded();
  }

  stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake?.();
    return this.#whenEnded;
  }

  /** Asks for the session again and again, until it has ended or is deleted. Returns why. */
  async #follow(id: string): Promise<readonly [string, LaunchError?]> {
    let failures = 0;
    while (!this.#isStopping) {
      await this.#pause(this.#wasRunning ? WATCH_INTERVAL : this.#context.pollInterval);
      if (this.#isStopping) break;
      try {
        const end = this.#look(await this.#api.get(id));
        failures = 0;
        if (end !== undefined) return this.#giveUp(id, end);
      } catch (error) {
        failures++;
        // A server that runs goes on, whether its service answers or not.
        if (this.#wasRunning || failures < MAX_FAILURES) continue;
        const { message, forPlayers } = error as SessionError;
        return this.#giveUp(id, [message, forPlayers]);
      }
    }
    await this.#delete(id);
    return ['stopped'];
  }

  /** Tells what has changed. Returns why the session has ended, if it has. */
  #look(
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

  #giveUp(id: string, end: readonly [string, LaunchError?]): readonly [string, LaunchError?] {
    // Players who wait are told at once; deleting goes on.
    this.#deleting = this.#delete(id);
    return end;
  }

  /** Deletes the session, as often as it takes. */
  async #delete(id: string): Promise<void> {
    let pause = FIRST_PAUSE;
    let last = '';
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        return await this.#api.remove(id);
      } catch (error) {
        last = (error as Error).message;
      }
      await new Promise<void>((resolve) => void this.#context.timers.after(pause, resolve));
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
    this.#context.failed(`session ${id} could not be deleted: ${last}`);
  }

  /** Waits, but not longer than until the server is to be stopped. */
  async #pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = this.#context.timers.after(milliseconds, resolve);
      this.#wake = () => {
        stop();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
