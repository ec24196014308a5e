import { type ChildProcess, spawn } from 'node:child_process';
import type { OrphanGuard } from './orphan-guard.js';

export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface ChildListener {
  started(): void;
  /** Is called once, even if the process could not be started, and never synchronously. */
  ended(reason: string): void;
}

/** How long to wait for the end of a process after SIGKILL, in milliseconds. */
const KILL_TIMEOUT = 5000;

/** How long the output may stay open after the process has ended, in milliseconds. */
const OUTPUT_TIMEOUT = 1000;

/** A process in its own group, so that the processes that it starts end with it. */
export class ChildServer {
  readonly #guard: OrphanGuard;
  readonly #listener: ChildListener;
  readonly #child: ChildProcess | undefined;
  readonly #whenEnded: Promise<void>;
  #hasEnded = false;

  constructor(command: ChildCommand, guard: OrphanGuard, listener: ChildListener) {
    this.#guard = guard;
    this.#listener = listener;
    let ended = (): void => undefined;
    this.#whenEnded = new Promise((resolve) => {
      ended = resolve;
    });
    try {
      this.#child = this.#spawn(command, ended);
    } catch (error) {
      // The system does not accept the arguments, or has no memory for a process.
      queueMicrotask(() => this.#end(notStarted(error), ended));
    }
  }

  get output(): readonly NonNullable<ChildProcess['stdout']>[] {
    const { stdout, stderr } = this.#child ?? {};
    return [stdout, stderr].filter((stream) => stream !== null && stream !== undefined);
  }

  /**
   * Sends SIGTERM, and SIGKILL if the process has not ended in time.
   *
   * @param grace in milliseconds
   * @returns false if it is still running
   */
  async stop(grace: number): Promise<boolean> {
    for (const [signal, time] of [
      ['SIGTERM', grace] as const,
      ['SIGKILL', KILL_TIMEOUT] as const,
    ]) {
      if (this.#hasEnded) return true;
      this.#signal(signal);
      await waitAtMost(time, this.#whenEnded);
    }
    return this.#hasEnded;
  }

  #spawn({ program, args, directory, environment }: ChildCommand, ended: () => void): ChildProcess {
    const child = spawn(program, args, {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    if (child.pid !== undefined) this.#guard.add(child.pid);
    child.once('spawn', () => this.#listener.started());
    child.once('error', (error) => {
      // There is also an error if a signal could not be sent.
      if (child.pid === undefined) this.#end(notStarted(error), ended);
    });
    child.once('exit', (code, signal) => {
      this.#endGroup();
      const reason = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
      this.#end(reason, ended);
    });
    return child;
  }

  #end(reason: string, ended: () => void): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    ended();
    this.#listener.ended(reason);
  }

  /** Ends the other processes of the group. */
  #endGroup(): void {
    this.#signal('SIGKILL');
    const { pid } = this.#child ?? {};
    if (pid !== undefined) this.#guard.remove(pid);
    // A process that has left the group may keep the output open.
    const close = (): void => {
      for (const stream of this.output) stream.destroy();
    };
    setTimeout(close, OUTPUT_TIMEOUT).unref();
  }

  #signal(signal: NodeJS.Signals): void {
    const child = this.#child;
    if (child?.pid === undefined) return;
    try {
      if (process.platform === 'win32') child.kill(signal);
      else process.kill(-child.pid, signal);
    } catch {
      // The group has no processes any more.
    }
  }
}

function notStarted(error: unknown): string {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return `could not be started (${code})`;
}

/** Waits for a promise, but not longer than this time in milliseconds. */
async function waitAtMost(time: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, time);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
