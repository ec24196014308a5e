import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchListener, ServerAddress, ServerHandle } from '../launcher.js';
import type { ServerOutput } from '../server-output.js';
import type { ContainerState } from './docker-engine.js';
import { type ContainerOptions, type DockerEngine, engineMessage } from './docker-engine.js';

export interface ContainerServerParts {
  readonly engine: DockerEngine;
  readonly options: ContainerOptions;
  /** How long the container may take to end after SIGTERM, in seconds. */
  readonly stopGrace: number;
  /** Whether players can connect only when the health check of the image, if it has one, succeeds. */
  readonly awaitsHealth: boolean;
  readonly output: ServerOutput;
  /** Resolves when a container may be started. */
  readonly mayStart: Promise<void>;
  /** The address for players; `none` if they need none, `undefined` if the port is missing. */
  addressOf(state: ContainerState): ServerAddress | 'none' | undefined;
  failed(reason: string): void;
}

/** How often the health of a container is checked, in milliseconds. */
const HEALTH_INTERVAL = 500;

/** How many attempts to make if the engine does not answer, and the pause between them in milliseconds. */
const MAX_ATTEMPTS = 10;
const RETRY_PAUSE = 1000;

/** A container, from its creation to its removal. */
export class ContainerServer implements ServerHandle {
  readonly #parts: ContainerServerParts;
  readonly #listener: LaunchListener;
  readonly #stopping = new AbortController();
  readonly #whenEnded: Promise<void>;

  constructor(listener: LaunchListener, parts: ContainerServerParts) {
    this.#listener = listener;
    this.#parts = parts;
    this.#whenEnded = this.#run();
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#whenEnded;
  }

  /** Runs the container from its creation to its removal. Never rejects. */
  async #run(): Promise<void> {
    const { engine, options, mayStart } = this.#parts;
    let id: string | undefined;
    let reason = 'stopped';
    try {
      await mayStart;
      if (!this.#stopping.signal.aborted) {
        id = await engine.create(options);
        reason = await this.#runContainer(id);
      }
    } catch (error) {
      reason = engineMessage(error);
    }
    // Before `ended`, which frees the port.
    if (id !== undefined) await this.#remove(id);
    this.#listener.ended(reason);
  }

  /** Starts the container, and waits for its end. Returns the reason of the end. */
  async #runContainer(id: string): Promise<string> {
    const { engine } = this.#parts;
    const { signal } = this.#stopping;
    if (signal.aborted) return 'stopped';
    this.#listener.progress('Starting');
    await engine.start(id);
    void this.#readOutput(id);
    const ended = this.#waitForEnd(id);
    const unusable = await Promise.race([ended, this.#reportRunning(id)]);
    return unusable ?? (await Promise.race([ended, this.#stopOnRequest(id)]));
  }

  /** Reports the address when players can connect. Returns the reason if the container is unusable. */
  async #reportRunning(id: string): Promise<string | undefined> {
    const { engine, awaitsHealth, addressOf } = this.#parts;
    while (!this.#stopping.signal.aborted) {
      const state = await engine.inspect(id);
      const health = state.State.Health?.Status;
      if (!awaitsHealth || health === undefined || health === 'none' || health === 'healthy') {
        const address = addressOf(state);
        if (address === undefined) return 'its port is not published';
        if (!this.#stopping.signal.aborted) {
          this.#listener.running(address === 'none' ? undefined : address);
        }
        return undefined;
      }
      if (health === 'unhealthy') return 'its health check fails';
      await this.#pause(HEALTH_INTERVAL);
    }
    return undefined;
  }

  /** Waits for the end, also if the connection to the engine breaks meanwhile. */
  async #waitForEnd(id: string): Promise<string> {
    const { engine } = this.#parts;
    let last: unknown;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        return `exited with code ${await engine.wait(id, new AbortController().signal)}`;
      } catch (error) {
        last = error;
      }
      if ((last as { statusCode?: number }).statusCode === 404) return 'was removed';
      await sleep(RETRY_PAUSE);
    }
    return `the engine does not report its state: ${engineMessage(last)}`;
  }

  async #stopOnRequest(id: string): Promise<string> {
    const { engine, stopGrace } = this.#parts;
    const { signal } = this.#stopping;
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    // If stopping fails, the container is removed by force.
    await engine.stop(id, stopGrace).catch(() => undefined);
    return 'stopped';
  }

  async #remove(id: string): Promise<void> {
    let last: unknown;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        return await this.#parts.engine.remove(id);
      } catch (error) {
        last = error;
      }
      await sleep(RETRY_PAUSE);
    }
    this.#parts.failed(`container ${id.slice(0, 12)} could not be removed: ${engineMessage(last)}`);
  }

  async #readOutput(id: string): Promise<void> {
    const lines = new PassThrough();
    this.#parts.output.read(lines);
    try {
      const stream = await this.#parts.engine.output(id, lines, new AbortController().signal);
      stream.once('close', () => lines.end());
      stream.once('error', () => lines.end());
    } catch {
      // The container runs, but its output is not logged.
      lines.end();
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
